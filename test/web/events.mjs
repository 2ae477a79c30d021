// Server-Sent Events of examples/gateway: clients of two tenants are told of changes of their own
// organization, and keep copies with /api/sync/. TOKEN_ALICE, TOKEN_BOB, ORG1: the first
// organization; TOKEN_CAROL, ORG2: the second one; TOKEN_ERIN: a member of both. BOB: an id.
// SECRET: that of the tokens. PGHOST, PGPORT, PGUSER: for a superuser of the database. The gateway
// checks every second who reads, and accepts three streams of a caller.
import { createHmac } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Streams } from '../../examples/gateway/events.js';
import { ask, base, is, ok } from './harness.mjs';

const { Client } = createRequire(new URL('../../examples/gateway/', import.meta.url))('pg');
const { TOKEN_ALICE: alice, TOKEN_BOB: bob, TOKEN_CAROL: carol, TOKEN_ERIN: erin, ORG1, ORG2, BOB, SECRET } = process.env;

async function until(condition, name) {
  for (let i = 0; i < 9000; i++) {
    if (await condition()) return;
    await sleep(20);
  }
  throw new Error(`waited in vain: ${name}`);
}

// What EventSource does, with a header for the token.
class Events {
  messages = [];
  comments = 0;
  isOpen = true;
  #abort = new AbortController();

  static async open(token, headers = {}) {
    const events = new Events();
    const response = await fetch(`${base}/api/events/`,
      { headers: { authorization: `Bearer ${token}`, ...headers }, signal: events.#abort.signal });
    events.status = response.status;
    events.type = response.headers.get('content-type');
    if (response.status !== 200) {
      events.isOpen = false;
      events.json = await response.json();
    } else events.#read(response.body).catch(() => {}).finally(() => { events.isOpen = false; });
    return events;
  }

  async #read(body) {
    let text = '';
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) this.#add(text.slice(0, end));
    }
  }

  #add(block) {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
    if ('' in fields) this.comments++;
    else if (fields.event) this.messages.push(fields);
    else this.retry = fields.retry;
  }

  get last() {
    return this.messages.at(-1);
  }

  // The number of changes since the first stream of the organization.
  get version() {
    return Number(this.last?.id.match(/-(\d+)$/)[1] ?? -1);
  }

  close() {
    this.#abort.abort();
  }
}

// A copy of the tasks that follows what it is told.
async function follow(events, token, headers) {
  const copy = { titles: new Map(), seen: null };
  const sync = async () => {
    let more = true;
    for (copy.seen = events.last.id; more;) {
      const query = new URLSearchParams({ resources: 'tasks', ...(copy.token && { token: copy.token }) });
      const { json } = await ask(token, 'GET', `/api/sync/?${query}`, undefined, headers);
      for (const task of json.changed.tasks ?? []) copy.titles.set(task.id, task.title);
      for (const id of json.deleted.tasks ?? []) copy.titles.delete(id);
      ({ token: copy.token, more } = json);
    }
  };
  copy.run = (async () => {
    while (events.isOpen) {
      if (events.last && events.last.id !== copy.seen) await sync();
      else await sleep(20);
    }
  })();
  return copy;
}

const create = (token, title, headers) => ask(token, 'POST', '/api/tasks/', { title }, headers);

async function isRefused() {
  const answers = [await Events.open(''), await Events.open('x.y.z'), await Events.open(process.env.TOKEN_EXPIRED),
    await Events.open(erin), await Events.open(alice, { 'organization-id': ORG2 })];
  is(answers.map(({ status, json }) => [status, json.code]),
    [[401, 'PT401'], [401, 'PT401'], [401, 'PT401'], [400, 'PT400'], [403, 'PT403']], 'the database says who may be told');
  const inAddress = await fetch(`${base}/api/events/?token=${alice}&access_token=${alice}`);
  is(inAddress.status, 401, 'a token in the address is none');
}

async function isTold() {
  const [a, b, c, e] = await Promise.all([Events.open(alice), Events.open(bob), Events.open(carol),
    Events.open(erin, { 'organization-id': ORG2 })]);
  is([a.status, a.type], [200, 'text/event-stream'], 'a stream');
  await until(() => [a, b, c, e].every(({ version, retry }) => version === 0 && retry > 0), 'the first message');
  ok(true, 'begins with a message, after which the client asks what it has missed');

  await create(alice, 'of the first organization');
  await until(() => a.version === 1 && b.version === 1, 'the message of a change');
  ok(true, 'a change is told to all clients of the organization');
  await create(carol, 'of the second organization');
  await until(() => c.version > 0 && e.version > 0, 'the message of the other change');
  is([c.version, e.version, c.messages.length, e.messages.length], [1, 1, 2, 2], 'and to none of another organization');
  await create(alice, 'again');
  await until(() => a.version > 1 && b.version > 1, 'the next message');
  is([a.version, b.version], [2, 2], 'in both directions');
  is([...new Set([a, b, c, e].flatMap(({ messages }) => messages).map(({ event, data }) => `${event} ${data}`))], ['changed {}'],
    'a message says nothing else');
  ok(a.last.id === b.last.id && c.last.id === e.last.id && a.last.id.slice(0, 36) !== c.last.id.slice(0, 36),
    'its id is that of the organization\'s stream');

  // Nothing is missed in between, or something is.
  const next = await Events.open(bob, { 'last-event-id': b.last.id });
  await until(() => next.retry > 0, 'the stream begins');
  is(next.messages, [], 'who comes back with the last id has missed nothing');
  const { id } = next.last ?? b.last;
  await create(alice, 'once more');
  await until(() => next.version === 3, 'a change after that');
  const late = await Events.open(alice, { 'last-event-id': id });
  await until(() => late.version === 3, 'the message of what was missed');
  ok(true, 'who comes back with an older id is told at once');
  await until(() => a.comments > 0 && c.comments > 0, 'a comment');
  ok(true, 'comments keep connections alive');
  for (const one of [a, b, c, e, next, late]) one.close();
}

async function keepsCopies() {
  const headers = { 'organization-id': ORG2 };
  const streams = [await Events.open(alice), await Events.open(bob), await Events.open(carol), await Events.open(erin, headers)];
  const copies = await Promise.all([follow(streams[0], alice), follow(streams[1], bob), follow(streams[2], carol),
    follow(streams[3], erin, headers)]);
  await Promise.all(Array.from({ length: 100 }, (_, i) => create(i % 2 ? alice : carol, `${i % 2 ? 'first' : 'second'} ${i}`)));
  const counts = () => copies.map(({ titles }) =>
    ['first', 'second'].map((word) => [...titles.values()].filter((title) => title.startsWith(`${word} `)).length));
  const wanted = [[50, 0], [50, 0], [0, 50], [0, 50]];
  await until(() => JSON.stringify(counts()) === JSON.stringify(wanted), 'the copies');
  is(counts(), wanted, 'a client that syncs when it is told has all tasks of its organization, and no other');
  ok(streams.every(({ messages }) => messages.length <= 51), 'with no more messages than changes');
  return { streams, copies };
}

// The connection that listens is lost, and with it a change.
async function survives({ streams, copies }) {
  const client = new Client({ database: 'crm' });
  await client.connect();
  const before = streams.map(({ last }) => last.id);
  const { rows } = await client.query(`SELECT count(pg_terminate_backend(pid))::int AS number FROM pg_stat_activity
    WHERE application_name = 'taskcrm gateway' AND query ~ '^(LISTEN|SELECT 1)'`);
  await client.end();
  is(rows[0].number, 1, 'one connection listens');
  await until(() => streams.every(({ last }, i) => last.id !== before[i]), 'a message after the reconnection');
  ok(streams.every(({ isOpen }) => isOpen), 'after the connection is lost and made again, everybody is told');
  await create(bob, 'first after that');
  await until(() => [...copies[0].titles.values()].includes('first after that'), 'the copy');
  ok(true, 'and nothing is missed');
  for (const stream of streams) stream.close();
  await Promise.all(copies.map(({ run }) => run));
}

// A token that is valid for some seconds, which the leeway of the database prolongs.
async function openBriefly() {
  const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  for (let seconds = 3; ; seconds *= 2) {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: BOB, role: 'web_user', exp: Math.floor(Date.now() / 1000) - 30 + seconds })}`;
    const events = await Events.open(`${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`);
    if (events.status === 200 || seconds > 100) return events;
  }
}

async function ends() {
  const brief = await openBriefly();
  is(brief.status, 200, 'a token that is valid for some seconds');
  await until(() => !brief.isOpen, 'the end of the stream');
  is([brief.last.event, JSON.parse(brief.last.data)], ['closed', { status: 401 }], 'the stream ends when the token expires');
  const streams = await Promise.all([Events.open(bob), Events.open(alice)]);
  await ask(alice, 'PATCH', `/api/users/${BOB}/`, { is_active: false });
  await until(() => !streams[0].isOpen, 'the end of the stream');
  is([streams[0].last.event, streams[1].isOpen], ['closed', true], 'or the member is removed, but not that of others');
  await ask(alice, 'PATCH', `/api/users/${BOB}/`, { is_active: true });
  streams[1].close();
}

// Streams that were closed a moment ago may still count.
async function openWhenFree(token) {
  let events;
  await until(async () => (events = await Events.open(token)).status === 200, 'a place');
  return events;
}

async function areBounded() {
  const streams = [await openWhenFree(alice), await openWhenFree(alice), await openWhenFree(alice)];
  const fourth = await Events.open(alice);
  is([fourth.status, fourth.json.code], [503, 'PT503'], 'a caller has a limited number of streams');
  streams.push(await openWhenFree(bob));
  ok(true, 'and others have theirs');
  for (const one of streams) one.close();
  (await openWhenFree(alice)).close();
  ok(true, 'a place is free when one ends');
}

// --- without a server ---

class Response extends EventEmitter {
  written = [];
  isFull = false;
  writeHead(status) { this.status = status; }
  write(text) { this.written.push(text); return !this.isFull; }
  end(text) { this.writableEnded = true; if (text) this.written.push(text); }
  destroy() { if (!this.destroyed) this.emit('close', this.destroyed = true); }
  get told() { return this.written.filter((text) => text.includes('event: changed')).length; }
}

const reply = (raw) => ({
  raw,
  hijack() {},
  code(status) { raw.status = status; return this; },
  header() { return this; },
  headers() { return this; },
  send(body) { raw.body = body; return this; },
});

// Streams of one caller; open() resolves to what a client gets.
function makeStreams(options) {
  const listener = Object.assign(new EventEmitter(), { up: true });
  const who = { status: 200, headers: {}, organization: 'o', caller: 'c', isOn: true };
  const streams = new Streams(async () => ({ ...who }), listener, { maxStreams: 2, pauseMs: 0, ...options });
  const open = async () => {
    const response = new Response();
    await streams.open({ headers: {}, raw: { socket: {} } }, reply(response));
    return response;
  };
  return { listener, who, streams, open };
}

async function slowReaders() {
  const { listener, streams, open } = makeStreams({});
  const slow = await open();
  slow.isFull = true;
  listener.emit('notification', 'o');
  await until(() => slow.told === 2, 'the message that fills the buffer');
  for (let i = 0; i < 1000; i++) listener.emit('notification', 'o');
  is(slow.told, 2, 'nothing is kept for a client that does not read');
  slow.isFull = false;
  slow.emit('drain');
  await until(() => slow.told === 3, 'the message that waited');
  listener.emit('notification', 'p');
  await sleep(20);
  is(slow.told, 3, 'but one message, when it reads again');
  streams.close();
  ok(slow.writableEnded, 'all streams end with the server');
  slow.destroy();

  const impatient = makeStreams({ keepAliveMs: 5 });
  const deaf = await impatient.open();
  deaf.isFull = true;
  impatient.listener.emit('notification', 'o');
  await until(() => deaf.destroyed, 'the end');
  ok(true, 'a connection ends if its client does not read for long');
  impatient.streams.close();
}

async function noPlace() {
  const { listener, who, streams, open } = makeStreams({});
  const [first, second, third] = [await open(), await open(), await open()];
  is([first.status, second.status, third.status, third.body.code], [200, 200, 503, 'PT503'], 'the number of streams is limited');
  first.destroy();
  who.isOn = false;
  const off = await open();
  is([off.status, off.body.message], [503, 'taskcrm.notify is off'], 'no stream while nothing is told');
  who.isOn = true;
  listener.up = false;
  is((await open()).status, 503, 'or nobody listens');
  streams.close();
  second.destroy();
}

await slowReaders();
await noPlace();
await isRefused();
await isTold();
await survives(await keepsCopies());
await ends();
await areBounded();
