// Listens on a channel of the database for as long as the process runs: connects again when the
// connection breaks, and finds out if it is broken.
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const CHECK_MS = 30_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;

// Emits: 'notification' with the payload; 'up' when it listens, also after each reconnection,
// because what was sent in between is lost; 'problem' with the error of a connection.
export class Listener extends EventEmitter {
  #connect;
  #channel;
  #stop = new AbortController();
  #ended = Promise.resolve();
  up = false;

  // connect: makes a client of pg that is not connected yet; it needs a connection of its own,
  // not through a pooler in transaction mode. channel: a name in lower case.
  constructor(connect, channel) {
    super();
    this.#connect = connect;
    this.#channel = channel;
  }

  start() {
    this.#ended = this.#run();
  }

  async stop() {
    this.#stop.abort();
    await this.#ended;
  }

  async #run() {
    const { signal } = this.#stop;
    let wait = FIRST_WAIT_MS;
    while (!signal.aborted) {
      await this.#listen(signal).catch((error) => signal.aborted || this.emit('problem', error));
      wait = this.up ? FIRST_WAIT_MS : Math.min(2 * wait, LONGEST_WAIT_MS);
      this.up = false;
      await sleep(wait, null, { signal }).catch(() => {});
    }
  }

  // Rejects when the connection breaks or the listener is stopped.
  async #listen(signal) {
    const client = this.#connect();
    let stop;
    const broken = new Promise((resolve, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop);
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection has ended')));
    });
    // The promise may be rejected while nothing waits for it.
    broken.catch(() => {});
    client.on('notification', ({ payload }) => this.emit('notification', payload));
    try {
      await Promise.race([client.connect(), broken]);
      await Promise.race([client.query(`LISTEN ${this.#channel}`), broken]);
      this.up = true;
      this.emit('up');
      for (;;) {
        await Promise.race([sleep(CHECK_MS, null, { signal, ref: false }), broken]);
        await Promise.race([client.query('SELECT 1'), broken]);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      client.end().catch(() => {});
    }
  }
}
