// Webhooks sent by examples/worker, to a receiver that verifies, fails, hangs, redirects, is gone,
// is killed and comes back. Everything arrives at it once by id and in order, whatever becomes of
// workers. PGHOST, PGPORT: a database crm with logins for alice and bob, admin and member of the
// first organization, and carol, admin of the second one. PGUSER: a superuser, who also makes pauses
// and leases end early. WORKER: a role with the rights of a worker. ORG1, ORG2: the organizations.
// EVENTS: how many, by default 200; with it, the times are printed:
//
//   EVENTS=10000 PG_TEST_TIMEOUT_DEFAULT=900 make installcheck REGRESS= ISOLATION= PROVE_TESTS=test/t/060_gateway.pl
import { spawn } from 'node:child_process';
import http from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { addressCheck, checkedLookup } from '../../examples/worker/address.js';
import { retryAfter, sender } from '../../examples/worker/send.js';
import { is, ok } from './harness.mjs';

const script = fileURLToPath(new URL('../../examples/worker/worker.js', import.meta.url));
const { Client } = createRequire(script)('pg');
const { ORG1, ORG2, WORKER } = process.env;
const EVENTS = Number(process.env.EVENTS || 200);

async function until(condition, name) {
  for (let i = 0; i < 9000 + 10 * EVENTS; i++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(`waited in vain: ${name}`);
}

// --- the database ---

async function connect(user) {
  const client = new Client({ database: 'crm', ...(user && { user }) });
  await client.connect();
  return async (text, ...values) => (await client.query(text, values)).rows;
}

const admin = await connect();
const alice = await connect('alice');
const carol = await connect('carol');

const create = (tasks, as = alice) => as('SELECT taskcrm.tc_create_tasks($1)', JSON.stringify(tasks));
const titles = (word, count) => Array.from({ length: count }, (_, i) => ({ title: `${word} ${i}` }));

// The webhook as tc_list_webhooks() shows it.
async function show(hook, as = alice) {
  const [{ list }] = await as('SELECT taskcrm.tc_list_webhooks() AS list');
  return list.results.find(({ id }) => id === hook.id);
}

// Lets the next attempt begin now.
const hurry = (...waiting) => admin('UPDATE taskcrm_internal.webhook SET next_attempt = NULL WHERE id = ANY ($1) AND next_attempt IS NOT NULL', waiting.map(({ id }) => id));

// --- the receiver ---

// What arrives, by path. answer: status and headers for a request, or a promise of them.
const hooks = new Map();
let problems = [];

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const hook = hooks.get(request.url);
  if (!hook) {
    problems.push(`a request for ${request.url}`);
    return response.writeHead(404).end();
  }
  const { 'webhook-id': id } = request.headers;
  response.on('close', () => hook.atOnce--);
  if (hook.atOnce++ > 0) problems.push(`two requests at once for ${request.url}`);
  try {
    new Webhook(hook.secret).verify(Buffer.concat(chunks).toString(), request.headers);
    const body = JSON.parse(Buffer.concat(chunks));
    hook.requests.push({ id, body });
    const [status, headers] = await hook.answer(id, body);
    if (status === 200) hook.accepted.set(id, body);
    response.writeHead(status, headers).end();
  } catch (error) {
    problems.push(`${request.url}: ${error.message}`);
    response.writeHead(400).end();
  }
}

// The receiver, which can be killed and started again at the same address.
const receiver = {
  port: 0,
  async start() {
    this.server = http.createServer((request, response) => receive(request, response).catch(() => {}));
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    ({ port: this.port } = this.server.address());
  },
  async kill() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  },
};
await receiver.start();

const good = async () => [200, {}];

async function createHook(name, { as = alice, types = null, answer = good } = {}) {
  const [{ made }] = await as('SELECT taskcrm.tc_create_webhook($1, $2) AS made', `http://127.0.0.1:${receiver.port}/${name}`, types);
  const hook = { id: made.id, secret: made.secret, answer, requests: [], accepted: new Map(), atOnce: 0 };
  hooks.set(`/${name}`, hook);
  return hook;
}

async function remove(...removed) {
  for (const hook of removed) await alice('SELECT taskcrm.tc_delete_webhook($1)', hook.id);
}

// --- workers ---

const running = new Set();

function startWorker(settings = {}) {
  const child = spawn('node', [script], {
    env: { ...process.env, PGUSER: WORKER, PGDATABASE: 'crm', ALLOW_ADDRESSES: '127.0.0.0/8', POLL_SECONDS: '0.2',
      TIMEOUT_SECONDS: '50', LEASE_SECONDS: '110', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const worker = { child, log: '' };
  child.stdout.on('data', (data) => { worker.log += data; });
  worker.ended = new Promise((resolve) => child.on('close', (code, signal) => {
    running.delete(child);
    resolve(code ?? signal);
  }));
  running.add(child);
  return worker;
}

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

// --- without a database ---

function addresses() {
  const isAllowed = addressCheck();
  const refused = ['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.0.0.1', '100.64.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1',
    '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1', '::ffff:a00:1', '::127.0.0.1', 'fe80::1', 'fe80::1%1', 'fd00::1', 'ff02::1',
    '64:ff9b::a00:1', '2001::1', '2002:7f00:1::', '2001:db8::1', 'localhost', ''];
  is(refused.filter(isAllowed), [], 'addresses that are not public are refused');
  const allowed = ['1.1.1.1', '100.63.255.255', '172.32.0.1', '192.167.0.1', '223.255.255.255', '2606:4700::1', '2a00::1'];
  is(allowed.filter((address) => !isAllowed(address)), [], 'and public ones are not');
  const withExceptions = addressCheck('10.1.0.0/16, ::1');
  is(['10.1.2.3', '::1', '::ffff:10.1.2.3', '10.2.0.1', '::2'].map(withExceptions), [true, true, true, false, false], 'but for exceptions');
}

async function names() {
  const resolve = (found) => (name, options, done) => done(null, found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  const find = (found, options = {}) => new Promise((done) => {
    checkedLookup(addressCheck(), resolve(found))('x.example', options, (error, ...answer) => done(error ? error.code : answer));
  });
  is(await find(['10.0.0.1', '::1']), 'ADDRESS', 'a name of private addresses is refused');
  is(await find(['10.0.0.1', '1.1.1.1']), ['1.1.1.1', 4], 'of several addresses, a public one is used');
  is(await find(['::1', '2a00::1', '1.1.1.1'], { all: true }), [[{ address: '2a00::1', family: 6 }, { address: '1.1.1.1', family: 4 }]],
    'or all public ones');
}

function pauses() {
  const now = Date.parse('2026-01-01T00:00:00Z');
  is(['120', '0', 'Thu, 01 Jan 2026 00:02:00 GMT', 'Wed, 31 Dec 2025 00:00:00 GMT', 'soon', '-1', undefined, '99999999999'].map((value) => retryAfter(value, now)),
    [120, 0, 120, 0, null, null, null, 30 * 24 * 3600], 'Retry-After is a number or a date');
}

async function requests() {
  let arrived = 0;
  let isLeft = false;
  const server = http.createServer((request, response) => {
    arrived++;
    if (request.url === '/hang') return;
    if (request.url === '/away') return response.writeHead(302, { location: '/here' }).end();
    if (request.url === '/slowly') {
      response.writeHead(200);
      return response.write('...');
    }
    if (request.url !== '/large') return response.end();
    response.on('close', () => { isLeft = true; });
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const message = (url) => ({ url, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') });

  const guarded = sender({ isAllowed: addressCheck(), timeoutMs: 60_000 });
  const hidden = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0.0.0.0', '[::1]', '[::ffff:127.0.0.1]', '[::]'];
  const answers = await Promise.all(hidden.map((host) => guarded(message(`http://${host}:${port}/`))));
  is(answers.map(({ status, error }) => [status, error]), hidden.map(() => [null, 'the address of the host is not public']),
    'no message goes to a host that is not public');
  const rebound = sender({ isAllowed: addressCheck(), timeoutMs: 60_000,
    resolve: (name, options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
  is((await rebound(message(`http://public.example:${port}/`))).error, 'the address of the host is not public', 'whatever its name');
  is(arrived, 0, 'and none arrives');

  const open = sender({ isAllowed: addressCheck('127.0.0.0/8'), timeoutMs: 60_000 });
  is((await open(message(`http://127.0.0.1:${port}/away`))).status, 302, 'a redirect is an answer');
  is(arrived, 1, 'and not followed');
  is((await open(message(`http://127.0.0.1:${port}/large`))).status, 200, 'an answer without an end');
  await until(() => isLeft, 'the end of its connection');
  ok(true, 'is not read for ever');
  is((await open(message('ftp://127.0.0.1/'))).error, 'not an HTTP address', 'other protocols are refused');
  const hasty = sender({ isAllowed: addressCheck('127.0.0.0/8'), timeoutMs: 300 });
  is(await hasty(message(`http://127.0.0.1:${port}/hang`)), { status: null, error: 'timeout' }, 'a receiver that hangs is left');
  is((await hasty(message(`http://127.0.0.1:${port}/slowly`))).status, 200, 'one that answers without an end has answered');
  for (const send of [guarded, rebound, open, hasty]) send.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const closed = await sender({ isAllowed: addressCheck('127.0.0.0/8'), timeoutMs: 60_000 })(message(`http://127.0.0.1:${port}/`));
  is(closed, { status: null, error: 'ECONNREFUSED' }, 'no receiver');
}

// --- with the database ---

// The ids of the events of a webhook's organization from its first one on, in their order.
async function eventsSince(hook, org, first) {
  const rows = await admin(`SELECT e.id FROM taskcrm_internal.event e WHERE e.org_id = $1 AND e.type LIKE 'task.%'
    AND e.seq >= (SELECT f.seq FROM taskcrm_internal.event f WHERE f.org_id = $1 AND f.id = $2) ORDER BY e.seq`, org, first);
  return rows.map(({ id }) => id);
}

// For each task, the versions as they were accepted.
function versionsInOrder(hook) {
  const last = new Map();
  for (const { data } of hook.accepted.values()) {
    if (!(data.version > (last.get(data.task) ?? 0))) return false;
    last.set(data.task, data.version);
  }
  return true;
}

async function allArrive() {
  const first = await createHook('first', { types: ['task.*'] });
  const second = await createHook('second', { types: ['task.*'] });
  const other = await createHook('other', { types: ['task.*'], as: carol });
  const workers = [startWorker(), startWorker()];
  const began = performance.now();
  for (let i = 0; i < EVENTS; i += 100) {
    await create(titles(`many ${i}`, Math.min(100, EVENTS - i)));
    await alice(`SELECT count(taskcrm.tc_update_task(t.id, '{"status": "In Progress"}'))
      FROM (SELECT id FROM taskcrm.task WHERE title LIKE $1 ORDER BY id LIMIT 20) t`, `many ${i} %`);
  }
  await create(titles('CANARY', 3), carol);
  const wanted = EVENTS + 20 * Math.ceil(EVENTS / 100);
  await until(async () => {
    await hurry(first, second);
    return first.accepted.size >= wanted && second.accepted.size >= wanted && other.accepted.size >= 3;
  }, 'all events');
  const seconds = (performance.now() - began) / 1000;
  for (const hook of [first, second]) {
    const ids = await eventsSince(hook, ORG1, [...hook.accepted.keys()][0]);
    is([...hook.accepted.keys()].sort(), ids.sort(), 'two workers deliver all events, and no other');
    is(hook.requests.length, wanted, 'each once');
    ok(versionsInOrder(hook), 'those of a task in their order');
  }
  is([...other.accepted.values()].map(({ data }) => data.organization), [ORG2, ORG2, ORG2], 'a webhook sees its organization only');
  ok([...first.accepted.values()].every((body) => body.data.organization === ORG1 && !JSON.stringify(body).includes('CANARY')),
    'and the other one sees nothing of it');
  if (process.env.EVENTS) console.error(`${2 * wanted} messages in ${seconds.toFixed(1)} s, with what makes the events`);
  await carol('SELECT taskcrm.tc_delete_webhook($1)', other.id);
  await remove(second);
  return { first, workers };
}

// What one worker sends in a second, when everything is there already.
async function speed() {
  const hook = await createHook('speed', { types: ['task.*'] });
  for (let i = 0; i < EVENTS; i += 1000) await create(titles('speed', Math.min(1000, EVENTS - i)));
  const began = performance.now();
  const worker = startWorker({ POLL_SECONDS: '3600' });
  await until(() => hook.accepted.size === EVENTS, 'all events');
  if (process.env.EVENTS) console.error(`one worker, one webhook: ${EVENTS} events in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await create(titles('told', 1));
  await until(() => hook.accepted.size > EVENTS, 'the last event');
  worker.child.kill('SIGTERM');
  is(await worker.ended, 0, 'a worker sends what has happened before it began, and a notification wakes it');
  await remove(hook);
}

// One event each; the others of the webhook wait for it.
async function failures() {
  let status = 500;
  const failing = await createHook('failing', { types: ['task.*'], answer: async () => [status, {}] });
  const busy = await createHook('busy', { types: ['task.*'], answer: async () => [503, { 'retry-after': '3600' }] });
  const dated = await createHook('dated', { types: ['task.*'], answer: async () => [429, { 'retry-after': new Date(Date.now() + 7_200_000).toUTCString() }] });
  const away = await createHook('away', { types: ['task.*'], answer: async () => [302, { location: '/secret' }] });
  const gone = await createHook('gone', { types: ['task.*'], answer: async () => [410, {}] });
  await create(titles('fails', 2));
  for (const hook of [failing, busy, dated, away, gone]) await until(async () => (await show(hook)).last_attempt, 'an attempt');
  is((await show(gone)).disabled_reason, 'gone', '410 disables a webhook');
  const [{ pause }] = await admin(`SELECT (next_attempt - last_attempt)::text AS pause FROM taskcrm_internal.webhook WHERE id = $1`, busy.id);
  is(pause, '01:00:00', 'Retry-After of 503 is honoured');
  const [{ between }] = await admin(`SELECT next_attempt - last_attempt BETWEEN '1 hour' AND '2 hours' AS between FROM taskcrm_internal.webhook WHERE id = $1`, dated.id);
  is(between, true, 'and a date of 429');
  is([(await show(away)).last_status, (await show(failing)).last_status], [302, 500], 'a redirect is a failure, and so is 500');

  await until(async () => (await hurry(failing), failing.requests.length > 2), 'attempts');
  is([new Set(failing.requests.map(({ id }) => id)).size, (await show(failing)).state], [1, 'retrying'],
    'an event that fails is sent again with the same id, and the next one waits');
  status = 200;
  away.answer = good;
  await until(async () => {
    await hurry(failing, away);
    return failing.accepted.size === 2 && away.accepted.size === 2;
  }, 'both events');
  is([(await show(failing)).state, gone.requests.length], ['active', 1], 'after a success it goes on; a disabled one gets nothing');
  await remove(failing, busy, dated, away, gone);
}

// The receiver is killed with a request, and comes back.
async function killedReceiver(first) {
  const before = first.accepted.size;
  let arrived;
  first.answer = (id) => new Promise(() => { arrived = id; });
  await create(titles('to a dead receiver', 5));
  await until(() => arrived, 'a request');
  await receiver.kill();
  await until(async () => (await hurry(first), (await show(first)).last_error === 'ECONNREFUSED'), 'an attempt');
  first.answer = good;
  await receiver.start();
  await until(async () => (await hurry(first), first.accepted.size === before + 5), 'the events');
  is([...first.accepted.keys()][before], arrived, 'a receiver that was killed gets all of it when it comes back, beginning where it was');
}

// A worker is killed while a request is open.
async function killedWorker(first, workers) {
  const before = first.accepted.size;
  const waiting = [];
  first.answer = (id) => new Promise((resolve) => { waiting.push({ id, resolve }); });
  await create(titles('from a dead worker', 5));
  await until(() => waiting.length > 0, 'a request');
  for (const { child } of workers) child.kill('SIGKILL');
  is(await Promise.all(workers.map(({ ended }) => ended)), ['SIGKILL', 'SIGKILL'], 'workers are killed');
  first.answer = good;
  waiting[0].resolve([200, {}]);
  await until(() => first.accepted.size === before + 1, 'the end of the request');
  const worker = startWorker();
  await until(() => worker.log.includes('started'), 'another worker');
  is(first.requests.filter(({ id }) => id === waiting[0].id).length, 1, 'its claim is kept');
  await admin('UPDATE taskcrm_internal.webhook SET lease_until = now() WHERE id = $1', first.id);
  await until(async () => (await hurry(first), first.accepted.size === before + 5), 'the events');
  ok(first.requests.filter(({ id }) => id === waiting[0].id).length > 1,
    'what it had sent is sent again with the same id, by which the receiver knows it');
  return worker;
}

// A receiver that hangs delays only itself; a worker that is ended finishes what is in flight.
async function hangs(worker) {
  worker.child.kill('SIGTERM');
  is(await worker.ended, 0, 'an idle worker ends on request');
  const hanging = await createHook('hanging', { types: ['task.*'], answer: () => new Promise(() => {}) });
  const hasty = startWorker({ TIMEOUT_SECONDS: '0.5', LEASE_SECONDS: '120' });
  await create(titles('hangs', 1));
  await until(async () => (await show(hanging)).last_error === 'timeout', 'a timeout');
  ok(true, 'a receiver that hangs fails');
  hasty.child.kill('SIGTERM');
  is(await hasty.ended, 0, 'and its worker ends');
  await remove(hanging);

  let open;
  const slow = await createHook('slow', { types: ['task.*'], answer: () => new Promise((resolve) => { open = resolve; }) });
  const last = startWorker({ REPORT_SECONDS: '0.1' });
  await create(titles('CANARY', 3));
  await until(() => open, 'a request');
  last.child.kill('SIGTERM');
  await until(() => last.log.includes('finishing'), 'the signal');
  open([200, {}]);
  is(await last.ended, 0, 'a worker ends when the message in flight is finished');
  const { delivered } = await show(slow);
  is([delivered, slow.requests.length], [1, 1], 'which is recorded, and the others are left to the next worker');
  ok(/\d+ delivered, 0 failed/.test(last.log) && last.log.includes('stopped'), 'its log tells what it did');
  const logs = last.log + hasty.log + worker.log;
  ok(hasty.log.includes('timeout') && ![slow.secret, '127.0.0.1', 'CANARY'].some((text) => logs.includes(text)),
    'without addresses, contents or secrets');
  await remove(slow);
}

addresses();
pauses();
await names();
await requests();
const { first, workers } = await allArrive();
await failures();
await killedReceiver(first);
await hangs(await killedWorker(first, workers));
await remove(first);
await speed();
is(problems, [], 'every message was signed, and no webhook got two at once');
process.exit();
