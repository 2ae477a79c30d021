// Holds answers against the OpenAPI document that the server has of itself: each status is
// documented, and each body is what its JSON Schema says, without a key more.  What is not
// there without npm ci is left out.

async function load() {
  try {
    const [{ default: Ajv }, { default: addFormats }] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')]);
    return { Ajv, addFormats };
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return null;
  }
}

// The schemas of a document, compiled in ajv's strict mode.  Returns a function that tells
// what is wrong with a value of a schema, null if nothing is.
export function compile(document, { Ajv, addFormats }) {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
  addFormats(ajv);
  const $defs = JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'));
  ajv.addSchema({ $id: 'api', $defs });
  const schemas = Object.fromEntries(Object.keys($defs).map((name) => [name, ajv.getSchema(`api#/$defs/${name}`)]));
  return (name, value) => (schemas[name](value) ? null : JSON.stringify(schemas[name].errors));
}

// One that names what is wrong with an answer, or null; null without ajv.
export async function openChecker(base) {
  const modules = await load();
  if (!modules) return null;
  const document = await (await fetch(`${base}/api/openapi.json`)).json();
  const problemOf = compile(document, modules);
  const paths = Object.keys(document.paths).map((path) =>
    [new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replace('{id}', '[^/]+')}$`), path]);
  // Those without {id} first: comment/ is no id.
  paths.sort(([, a], [, b]) => b.replace('{id}', '').length - a.replace('{id}', '').length);

  const schemaOf = (content) => content?.['application/json']?.schema.$ref.split('/').pop();
  return function check(method, target, answer) {
    const { pathname } = new URL(target, 'http://x');
    const path = paths.find(([pattern]) => pattern.test(pathname))?.[1];
    const operation = document.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (!operation) return answer.json && answer.status >= 400 ? problemOf('Error', answer.json) : null;
    const documented = operation.responses[answer.status] ?? (answer.status >= 500 ? operation.responses.default : undefined);
    if (!documented) return `status ${answer.status} is not documented`;
    if (method === 'HEAD' || !documented.content) return answer.bytes.length > 0 ? 'a body that is not documented' : null;
    const schema = schemaOf(documented.content);
    if (!schema) return null;
    return answer.json === undefined ? 'no JSON' : problemOf(schema, answer.json);
  };
}
