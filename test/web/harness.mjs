// What the clients of the tests over HTTP share: assertions that print a line each, and
// requests as somebody.
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

// A client that makes no requests over HTTP has no BASE, and nothing to hold against a document.
const check = base ? await openChecker(base) : null;
let checked = 0;
let wrong = 0;
process.on('exit', () => {
  if (check && checked > 0) ok(wrong === 0, `${checked} answers are what the OpenAPI document says`);
});

function holdAgainstDocument(method, path, answer) {
  const problem = check?.(method, path, answer);
  checked++;
  if (problem) {
    wrong++;
    console.error(`${method} ${path}, ${answer.status}: ${problem}`);
  }
}

// A request as the holder of a token; body: an object is sent as JSON, without naming its
// type, as the specification's examples do; a FormData as it is.
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
  holdAgainstDocument(method, path, answer);
  return answer;
}
