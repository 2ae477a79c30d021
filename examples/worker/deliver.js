// Claims messages and sends them: those of one webhook in order, those of several at once.
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const CLAIM = 'SELECT claim, webhook_id, event_id, url, headers, body FROM taskcrm.tc_claim_deliveries($1, $2, $3 * interval \'1 ms\')';
const FINISH = 'SELECT taskcrm.tc_finish_delivery($1, $2, $3, $4 * interval \'1 s\', $5) AS result';

// Errors of the database after which a statement can succeed when it is run again.
const TRANSIENT = /^(08|40|53|57|E[A-Z])/;

// Many notifications make one claim.
const GATHER_MS = 20;

export class Deliveries {
  #query;
  #send;
  #options;
  #log;
  #running = new Set();
  #wake = new EventEmitter();
  #isWanted = false;
  #soon = null;
  #isStopped = false;
  counts = { delivered: 0, failed: 0 };

  // query: a function from a statement and its parameters to rows. send: see sender(). log: a
  // function from a text, for what fails. concurrency: how many webhooks are sent to at once;
  // maxEvents: of one claim; leaseMs: for how long the database keeps a claim for this worker after
  // the last message; timeoutMs: that of send().
  constructor({ query, send, log, concurrency, maxEvents, leaseMs, pollMs, timeoutMs }) {
    if (leaseMs < 2 * timeoutMs) throw new Error('the lease must be at least twice as long as the timeout');
    this.#query = query;
    this.#send = send;
    this.#log = log;
    this.#options = { concurrency, maxEvents, leaseMs, pollMs, timeoutMs };
  }

  get inFlight() {
    return this.#running.size;
  }

  // Looks for messages before the next poll.
  wake() {
    this.#isWanted = true;
    this.#wake.emit('wake');
  }

  // The same, after others of many callers.
  wakeSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.wake();
    }, GATHER_MS);
  }

  // Ends run() as soon as the messages in flight are finished.
  stop() {
    this.#isStopped = true;
    this.wake();
  }

  async run() {
    while (!this.#isStopped) {
      this.#isWanted = false;
      const free = this.#options.concurrency - this.#running.size;
      if (free > 0) await this.#claim(free).catch((error) => this.#log(`claim failed: ${error.message || error.code}`));
      await this.#rest();
    }
    await Promise.all(this.#running);
  }

  // Waits for the next poll, or until somebody wakes it.
  async #rest() {
    if (this.#isWanted) return;
    const waiting = new AbortController();
    const { signal } = waiting;
    await Promise.race([sleep(this.#options.pollMs, null, { signal }), once(this.#wake, 'wake', { signal })]);
    waiting.abort();
  }

  async #claim(free) {
    const { maxEvents, leaseMs } = this.#options;
    const claimedAt = performance.now();
    const claims = new Map();
    for (const message of await this.#query(CLAIM, [free, maxEvents, leaseMs])) {
      if (!claims.has(message.claim)) claims.set(message.claim, []);
      claims.get(message.claim).push(message);
    }
    for (const messages of claims.values()) {
      const running = this.#deliver(messages, claimedAt).catch((error) => this.#log(`webhook ${messages[0].webhook_id}: ${error.message}`))
        .finally(() => {
          this.#running.delete(running);
          this.wake();
        });
      this.#running.add(running);
    }
  }

  // Sends the messages of a claim until one fails. What is not sent is claimed again when the
  // database gives the claim up, and nothing is sent so late that somebody else may send it too.
  async #deliver(messages, claimedAt) {
    const { leaseMs, timeoutMs } = this.#options;
    let since = claimedAt;
    for (const message of messages) {
      if (this.#isStopped) return;
      if (performance.now() - since > leaseMs - timeoutMs) throw new Error('the claim would end too early');
      const sentAt = performance.now();
      const answer = await this.#send(message);
      const lateAt = since + leaseMs;
      since = performance.now();
      const result = await this.#finish(message, answer, lateAt);
      this.#count(message, answer, result, since - sentAt);
      if (!result.continue) return;
    }
  }

  // Tells the database what became of a message; again if it does not answer, while it can be of use.
  async #finish({ claim, event_id: event }, { status, retryAfter = null, error = null }, lateAt) {
    for (;;) {
      try {
        return (await this.#query(FINISH, [claim, event, status, retryAfter, error]))[0].result;
      } catch (problem) {
        if ((problem.code && !TRANSIENT.test(problem.code)) || performance.now() > lateAt) throw problem;
        await sleep(200);
      }
    }
  }

  #count(message, { status, error }, { outcome, next_attempt: next }, ms) {
    if (outcome === 'delivered') this.counts.delivered++;
    else {
      this.counts.failed++;
      this.#log(`webhook ${message.webhook_id}, event ${message.event_id}: ${status ?? error} after ${Math.round(ms)} ms, ${outcome}${next ? ` until ${next}` : ''}`);
    }
  }
}
