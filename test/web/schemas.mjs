// Checks answers against the OpenAPI document of the server: each status is documented, each
// body conforms to its JSON Schema and has no other keys, and each header is documented.
// Without the packages of npm ci, nothing is checked.

async function load() {
  try {
    const [{ default: Ajv }, { default: addFormats }] = await Promise.all([import('ajv/dist/2020.js'), import('ajv-formats')]);
    return { Ajv, addFormats };
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return null;
  }
}

// Compiles the schemas of a document in ajv's strict mode. Returns a function that describes
// the problem of a value with a schema, or returns null if there is none.
export function compile(document, { Ajv, addFormats }) {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
  addFormats(ajv);
  const $defs = JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'));
  ajv.addSchema({ $id: 'api', $defs });
  const schemas = Object.fromEntries(Object.keys($defs).map((name) => [name, ajv.getSchema(`api#/$defs/${name}`)]));
  return (name, value) => (schemas[name](value) ? null : JSON.stringify(schemas[name].errors));
}

// Headers that a proxy adds, headers of the connection or of the body, and those that any
// answer has for pages of other origins.
const ofTheWay = new Set(['date', 'server', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'content-type']);
const isOfTheWay = (name) => ofTheWay.has(name) || name.startsWith('access-control-');

// Describes the problem with the headers of an answer; headers: the documented headers for its
// status.
function headersProblem(headers, answer, validators) {
  const documented = new Map(Object.values(headers ?? {}).map(({ $ref }) => $ref.split('/').pop()).map((name) => [name.toLowerCase(), validators[name]]));
  for (const [name, { header, validate }] of documented) {
    const value = answer.headers.get(name);
    if (value === null && header.required) return `no header ${name}`;
    if (value !== null && !validate(value)) return `header ${name}: ${value}`;
  }
  const more = [...answer.headers.keys()].filter((name) => !isOfTheWay(name) && !documented.has(name));
  return more.length > 0 ? `headers that are not documented: ${more.join(', ')}` : null;
}

// The same for answers that belong to no path and method of the document: a redirect, OPTIONS,
// a method that is not allowed, an unknown path, which behind nginx is PostgREST's.
function otherHeadersProblem(method, answer) {
  const wanted = method === 'OPTIONS' && answer.status === 204 || answer.status === 405 ? ['allow'] : answer.status === 308 ? ['location'] :
    answer.status === 401 ? ['www-authenticate'] : [];
  const missing = wanted.filter((name) => !answer.headers.has(name));
  if (missing.length > 0) return `no header ${missing.join(', ')}`;
  const more = [...answer.headers.keys()].filter((name) => !isOfTheWay(name) && !['vary', 'proxy-status'].includes(name) && !wanted.includes(name));
  return more.length > 0 ? `headers that are not documented: ${more.join(', ')}` : null;
}

// Resolves to a function that describes the problem with an answer, or returns null; resolves
// to null without ajv.
export async function openChecker(base) {
  const modules = await load();
  if (!modules) return null;
  const document = await (await fetch(`${base}/api/openapi.json`)).json();
  const problemOf = compile(document, modules);
  const ajv = new modules.Ajv({ strict: true });
  modules.addFormats(ajv);
  const validators = Object.fromEntries(Object.entries(document.components.headers).map(([name, header]) => [name, { header, validate: ajv.compile(header.schema) }]));
  const paths = Object.keys(document.paths).map((path) =>
    [new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replace('{id}', '[^/]+')}$`), path]);
  // Paths without {id} come first: comment/ is not an id.
  paths.sort(([, a], [, b]) => b.replace('{id}', '').length - a.replace('{id}', '').length);

  const schemaOf = (content) => content?.['application/json']?.schema.$ref.split('/').pop();
  function bodyProblem(method, documented, answer) {
    if (method === 'HEAD' || !documented.content) return answer.bytes.length > 0 ? 'a body that is not documented' : null;
    const schema = schemaOf(documented.content);
    if (!schema) return null;
    return answer.json === undefined ? 'no JSON' : problemOf(schema, answer.json);
  }

  return function check(method, target, answer) {
    const { pathname } = new URL(target, 'http://x');
    const path = paths.find(([pattern]) => pattern.test(pathname))?.[1];
    const operation = document.paths[path]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
    if (!operation) return otherHeadersProblem(method, answer) ?? (answer.json && answer.status >= 400 ? problemOf('Error', answer.json) : null);
    const documented = operation.responses[answer.status] ?? (answer.status >= 500 ? operation.responses.default : undefined);
    if (!documented) return `status ${answer.status} is not documented`;
    return headersProblem(documented.headers, answer, validators) ?? bodyProblem(method, documented, answer);
  };
}
