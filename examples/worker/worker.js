// Sends the webhooks of taskcrm: claims what happened from the database, and posts it.
// README.md describes the settings.
//
//   npm ci
//   PGHOST=... PGDATABASE=crm PGUSER=worker PGPASSWORD=... node worker.js
//
// PGUSER is a login role that has the rights from tc_grant_worker() and no others.
import pg from 'pg';
import { Listener } from '../gateway/listen.js';
import { addressCheck } from './address.js';
import { Deliveries } from './deliver.js';
import { sender } from './send.js';

function setting(name, normal, max) {
  const value = Number(process.env[name] ?? normal);
  if (!(value > 0 && value <= max)) throw new Error(`${name} must be a number up to ${max}`);
  return value;
}

const log = (text) => console.log(`${new Date().toISOString()} ${text}`);

const timeoutMs = 1000 * setting('TIMEOUT_SECONDS', 15, 60);
const concurrency = setting('CONCURRENCY', 20, 1000);
const reportMs = 1000 * setting('REPORT_SECONDS', 60, 86_400);
const connection = { connectionTimeoutMillis: 10_000, query_timeout: 30_000, keepAlive: true, application_name: 'taskcrm worker' };
const pool = new pg.Pool({ max: setting('POOL_SIZE', 5, 100), ...connection });
pool.on('error', (error) => log(`database: ${error.message}`));

const send = sender({ isAllowed: addressCheck(process.env.ALLOW_ADDRESSES), timeoutMs });
const deliveries = new Deliveries({
  query: async (text, values) => (await pool.query(text, values)).rows,
  send, log, concurrency, timeoutMs,
  maxEvents: setting('MAX_EVENTS', 100, 1000),
  leaseMs: 1000 * setting('LEASE_SECONDS', 60, 120),
  pollMs: 1000 * setting('POLL_SECONDS', 5, 3600),
});

// Without notifications, or a connection for them, it polls.
const listener = new Listener(() => new pg.Client(connection), 'taskcrm');
listener.on('notification', () => deliveries.wakeSoon());
listener.on('up', () => deliveries.wake());
listener.on('problem', (error) => log(`LISTEN: ${error.message}`));

let before = { ...deliveries.counts };
function report() {
  const { delivered, failed } = deliveries.counts;
  if (delivered + failed > before.delivered + before.failed) {
    log(`${delivered - before.delivered} delivered, ${failed - before.failed} failed, ${deliveries.inFlight} webhooks in flight`);
  }
  before = { delivered, failed };
}
const reports = setInterval(report, reportMs);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    log(`${signal}: finishing what is in flight`);
    deliveries.stop();
    // The second one does not wait.
    process.on(signal, () => process.exit(1));
  });
}

log(`started, ${concurrency} webhooks at once`);
listener.start();
await deliveries.run();
clearInterval(reports);
report();
await listener.stop();
await pool.end();
send.close();
log('stopped');
