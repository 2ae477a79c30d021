// The REST API, used from a page of another origin in a real browser: which requests the page
// can send, what it can read, and which preflight requests the browser sends. BASE: the address
// of the API; the others as in api.mjs. CHROMIUM: the browser; MODULES: the folder of
// playwright-core; TOO_LARGE: the number of bytes of a body that is refused; EVENTS: whether
// there is a stream of events.
import { mkdtempSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base, is, ok } from './harness.mjs';

const { chromium } = createRequire(`${process.env.MODULES}/`)('playwright-core');

// A page of another origin, without contents.
const site = http.createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>another origin</title>');
});
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'browser-')), {
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage();
await page.goto(`http://localhost:${site.address().port}/`);

// A request by the page. Resolves to status, final address, readable headers and body, or to
// the name of the error that the page gets from the browser.
function request(token, method, path, body, headers = {}) {
  const init = { method, headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) } };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (body !== undefined) init.headers['content-type'] = 'application/json';
  return page.evaluate(async ([url, options]) => {
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      return { status: response.status, url: response.url, headers: Object.fromEntries(response.headers), text };
    } catch (error) {
      return { error: error.name };
    }
  }, [base + path, init]);
}

const alice = process.env.TOKEN_ALICE;
const erin = process.env.TOKEN_ERIN;

async function readsAndWrites() {
  const created = await request(alice, 'POST', '/api/tasks/', { title: 'from a browser' }, { 'idempotency-key': 'browser-1' });
  is(created.status, 201, 'POST with a token and an idempotency key');
  const task = JSON.parse(created.text);
  is([created.headers.location, created.headers.etag], [`/api/tasks/${task.id}/`, '"1"'], 'Location and ETag can be read');
  const again = await request(alice, 'POST', '/api/tasks/', { title: 'from a browser' }, { 'idempotency-key': 'browser-1' });
  is([JSON.parse(again.text).id, again.headers['idempotency-replayed']], [task.id, 'true'],
    'a replayed answer can be recognized');
  const path = `/api/tasks/${task.id}/`;
  const put = await request(alice, 'PUT', path, { priority: 'High' }, { 'if-match': created.headers.etag });
  is([put.status, put.headers.etag], [200, '"2"'], 'PUT with If-Match');
  is((await request(alice, 'PATCH', path, { priority: 'Low' }, { 'if-match': '"1"' })).status, 412,
    'PATCH with an old version');
  const got = await request(alice, 'GET', path);
  is((await request(alice, 'GET', path, undefined, { 'if-none-match': got.headers.etag })).status, 304, 'GET with If-None-Match');
  ok(!('content-range' in got.headers), 'the headers contain no count of rows');
  const selected = await request(erin, 'GET', '/api/tasks/?limit=1', undefined, { 'organization-id': process.env.ORG2 });
  is([selected.status, JSON.parse(selected.text).results[0].org], [200, process.env.ORG2],
    'organization-id selects the organization');
  is((await request(alice, 'DELETE', path)).status, 204, 'DELETE');
}

async function errorsAreReadable() {
  const nobody = await request(undefined, 'GET', '/api/tasks/');
  is([nobody.status, /^Bearer/.test(nobody.headers['www-authenticate'])], [401, true], '401 and WWW-Authenticate');
  const method = await request(alice, 'PUT', '/api/tasks/', { title: 'x' });
  is([method.status, method.headers.allow], [405, 'GET, HEAD, POST, PATCH, DELETE, OPTIONS'], '405 and Allow');
  const large = await page.evaluate(async ([url, token, size]) => {
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: new Uint8Array(size) });
    return [response.status, (await response.json()).code];
  }, [`${base}/api/tasks/`, alice, Number(process.env.TOO_LARGE)]).catch((error) => error.name);
  is(large, [413, 'PT413'], 'a body that is too large gets 413 as JSON');
}

async function withoutSlash() {
  const created = await request(alice, 'POST', '/api/tasks?x', { title: 'without a slash' });
  is([created.status, created.url], [201, `${base}/api/tasks/?x`], 'POST without the trailing slash is still a POST');
  const list = await request(alice, 'GET', '/api/tasks?title=without%20a%20slash');
  is([list.status, JSON.parse(list.text).count], [200, 1], 'and GET keeps its query');
}

async function files() {
  const { id } = JSON.parse((await request(alice, 'POST', '/api/tasks/', { title: 'with a file' })).text);
  const sent = await page.evaluate(async ([url, token]) => {
    const form = new FormData();
    form.append('attachment', new Blob(['bytes'], { type: 'text/plain' }), 'näme.txt');
    const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form });
    return [response.status, await response.json()];
  }, [`${base}/api/tasks/${id}/`, alice]);
  is(sent[0], 201, 'a form with a file');
  const file = await request(alice, 'GET', sent[1].attachment.attachment);
  is([file.status, file.text, /filename\*=UTF-8''n%C3%A4me\.txt/.test(file.headers['content-disposition'])], [200, 'bytes', true],
    'Content-Disposition with its name can be read');
}

// Reads a stream until a message says that something has changed.
async function events() {
  const first = await page.evaluate(async ([url, token]) => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      text += (await reader.read()).value;
      if (/^event: changed$/m.test(text)) return (await reader.cancel(), response.status);
    }
  }, [`${base}/api/events/`, alice]);
  is(first, 200, 'a page of another origin reads the stream of events');
}

try {
  if (process.env.EVENTS) await events();
  await readsAndWrites();
  await errorsAreReadable();
  await withoutSlash();
  await files();
} finally {
  await browser.close();
  site.close();
}
