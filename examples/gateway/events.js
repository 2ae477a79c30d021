// Server-Sent Events: tells clients that something in their organization has changed. What has
// changed, they ask as themselves: a message contains nothing of it.
//
// The token comes in the header Authorization, as everywhere in the API. EventSource cannot send
// headers, and a token in an address would be in logs: clients read the stream with fetch().
import { randomUUID } from 'node:crypto';

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would keep messages back.
  'x-accel-buffering': 'no',
};

// One client that reads. However many changes there are, and however slowly it reads, one message
// at most waits for it.
class Stream {
  #response;
  #pauseMs;
  #isWaiting = false;
  #pause = null;
  #blockedSince = 0;

  constructor(response, hub, pauseMs) {
    this.#response = response;
    this.hub = hub;
    this.#pauseMs = pauseMs;
    response.on('drain', () => {
      this.#blockedSince = 0;
      if (this.#isWaiting) this.tell();
    });
  }

  #write(text) {
    if (this.#response.writableEnded) return;
    if (!this.#response.write(text)) this.#blockedSince ||= Date.now();
  }

  begin(headers, seenId) {
    this.#response.writeHead(200, headers);
    // Not all at once after a restart.
    this.#write(`retry: ${2000 + Math.floor(Math.random() * 2000)}\n\n`);
    if (seenId !== this.hub.lastId) this.tell();
  }

  tell() {
    this.#isWaiting = true;
    if (this.#pause || this.#blockedSince) return;
    this.#isWaiting = false;
    this.#write(`id: ${this.hub.lastId}\nevent: changed\ndata: {}\n\n`);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      if (this.#isWaiting) this.tell();
    }, this.#pauseMs);
  }

  // Shows that the connection is alive; ends it if the client has not read for that long.
  keepAlive(patienceMs) {
    if (!this.#blockedSince) this.#write(': keep-alive\n\n');
    else if (Date.now() - this.#blockedSince > patienceMs) this.#response.destroy();
  }

  // status: why the client may not read on; none if it may connect again.
  end(status) {
    this.#blockedSince ||= Date.now();
    this.#response.end(status ? `event: closed\ndata: ${JSON.stringify({ status })}\n\n` : undefined);
  }

  close() {
    clearTimeout(this.#pause);
    this.#response.destroy();
  }
}

// The streams of an organization. A client that comes back with the last id of its hub has missed
// nothing; a hub without streams is dropped, and the next one has other ids.
class Hub {
  #id = randomUUID();
  #version = 0;
  streams = new Set();

  get lastId() {
    return `${this.#id}-${this.#version}`;
  }

  changed() {
    this.#version++;
    for (const stream of this.streams) stream.tell();
  }
}

export class Streams {
  #identify;
  #listener;
  #options;
  #hubs = new Map();
  #streams = new Set();
  #perCaller = new Map();
  #keepAlive;
  #isClosed = false;

  // identify: a function from headers to {status, headers, body, organization, caller, isOn}, of
  // which the last three say to whom the headers belong if status is 200. listener: emits the
  // organizations that have changed.
  constructor(identify, listener, options = {}) {
    this.#identify = identify;
    this.#listener = listener;
    this.#options = {
      maxStreams: 1000, maxPerCaller: 20, keepAliveMs: 15_000, checkMs: 30_000, pauseMs: 200, ...options,
    };
    listener.on('notification', (organization) => this.#hubs.get(organization)?.changed());
    // What was sent while nobody listened is lost.
    listener.on('up', () => this.#hubs.forEach((hub) => hub.changed()));
    this.#keepAlive = setInterval(() => {
      for (const stream of this.#streams) stream.keepAlive(2 * this.#options.keepAliveMs);
    }, this.#options.keepAliveMs);
  }

  // Answers a request of Fastify with a stream, or with an error.
  async open(request, reply) {
    const refuse = (message) => reply.code(503).header('retry-after', '30')
      .send({ code: 'PT503', message, details: null, hint: 'Ask tc_sync() from time to time instead.' });

    if (this.#streams.size >= this.#options.maxStreams) return refuse('too many clients wait for events');
    const who = await this.#identify(request.headers);
    if (who.status !== 200) return reply.code(who.status).headers(who.headers).send(who.body ?? undefined);
    if (!who.isOn) return refuse('taskcrm.notify is off');
    if (!this.#listener.up || this.#isClosed) return refuse('events are not available');
    // The database has been asked meanwhile.
    if (this.#streams.size >= this.#options.maxStreams) return refuse('too many clients wait for events');
    if (this.#perCaller.get(who.caller) >= this.#options.maxPerCaller) return refuse('too many clients of this user wait for events');
    reply.hijack();
    if (!request.raw.socket.destroyed) this.#begin(request, reply.raw, who);
  }

  #begin(request, response, who) {
    const hub = this.#hubs.get(who.organization) ?? new Hub();
    const stream = new Stream(response, hub, this.#options.pauseMs);
    const check = setInterval(() => this.#check(request.headers, stream, who), this.#options.checkMs);
    const count = (change) => {
      const number = (this.#perCaller.get(who.caller) ?? 0) + change;
      if (number) this.#perCaller.set(who.caller, number);
      else this.#perCaller.delete(who.caller);
    };

    this.#hubs.set(who.organization, hub);
    hub.streams.add(stream);
    this.#streams.add(stream);
    count(1);
    response.on('close', () => {
      clearInterval(check);
      stream.close();
      count(-1);
      this.#streams.delete(stream);
      hub.streams.delete(stream);
      if (hub.streams.size === 0) this.#hubs.delete(who.organization);
    });
    response.on('error', () => response.destroy());
    const isCors = ([name]) => name.startsWith('access-control-') || name === 'vary';
    stream.begin({ ...HEADERS, ...Object.fromEntries(Object.entries(who.headers).filter(isCors)) }, request.headers['last-event-id']);
  }

  // Tokens expire and rights end, which only the database knows.
  async #check(headers, stream, who) {
    const now = await this.#identify(headers).catch(() => null);
    // While the database does not answer, nothing is told either.
    if (now === null || now.status >= 500) return;
    if (now.status !== 200) stream.end(now.status);
    else if (now.organization !== who.organization || now.caller !== who.caller) stream.end();
  }

  // Ends all streams, whose clients connect again.
  close() {
    this.#isClosed = true;
    clearInterval(this.#keepAlive);
    for (const stream of this.#streams) stream.end();
    setTimeout(() => this.#streams.forEach((stream) => stream.close()), 2000).unref();
  }
}
