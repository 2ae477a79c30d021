// Shared by the clients of the tests over HTTP: assertions that print one line each, and
// requests as a user.
import { isDeepStrictEqual } from 'node:util';
import { openChecker } from './schemas.mjs';

export const base = process.env.BASE;

export function ok(condition, name) {
  console.log(`${condition ? 'ok' : 'not ok'} - ${name}`);
  return condition;
}

export function is(got, wanted, name) {
  if (!ok(isDeepStrictEqual(got, wanted), name)) {
    console.error(`${name}: got ${JSON.stringify(got)}, wanted ${JSON.stringify(wanted)}`);
  }
}

// A client that makes no requests over HTTP has no BASE. PATHS=postgrest: the paths are
// PostgREST's own, which the document does not contain.
const check = base && process.env.PATHS !== 'postgrest' ? await openChecker(base) : null;
let checked = 0;
let wrong = 0;
process.on('exit', () => {
  if (check && checked > 0) ok(wrong === 0, `${checked} answers conform to the OpenAPI document`);
});

function holdAgainstDocument(method, path, answer) {
  const problem = check(method, path, answer);
  checked++;
  if (problem) {
    wrong++;
    console.error(`${method} ${path}, ${answer.status}: ${problem}`);
  }
}

// A request with a token. body: an object is sent as JSON, without a content type, like in the
// examples of the specification; a FormData is sent unchanged.
export async function ask(token, method, path, body, headers = {}) {
  const init = { method, headers: { ...headers } };
  if (token) init.headers.authorization = `Bearer ${token}`;
  if (body instanceof FormData || Buffer.isBuffer(body) || typeof body === 'string') init.body = body;
  else if (body !== undefined) init.body = Buffer.from(JSON.stringify(body));
  const response = await fetch(base + path, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const answer = { status: response.status, headers: response.headers, bytes };
  if ((response.headers.get('content-type') ?? '').startsWith('application/json') && bytes.length > 0) {
    answer.json = JSON.parse(bytes.toString());
  }
  if (check) holdAgainstDocument(method, path, answer);
  return answer;
}
