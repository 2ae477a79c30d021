// Serves the REST API of taskcrm: passes each request to tc_http_request() and sends its
// answer.  The database handles paths, methods, bodies, tokens, organizations and errors.
//
// Tells clients at /api/events/ when something has changed; see events.js.
//
//   npm ci
//   PGHOST=... PGDATABASE=crm PGUSER=gateway PGPASSWORD=... PORT=8000 node server.js
//
// PGUSER is a login role that has the rights from tc_grant_access() and no others.  The task
// board in ../board is at /.  With --demo, its users need no token of their own: see demo.js.
import Fastify from 'fastify';
import pg from 'pg';
import { pathToFileURL } from 'node:url';
import { addDemo } from './demo.js';
import { Streams } from './events.js';
import { Listener } from './listen.js';
import { addSite } from './site.js';

const STATEMENT = 'SELECT status, headers, body FROM taskcrm.tc_http_request($1, $2, $3, $4)';

// Errors after which a retry can succeed: serialization failures and deadlocks.
const RETRY = new Set(['40001', '40P01']);

// The single statement is a transaction, and leaves nothing in the session for the next
// request that uses the connection.
async function ask(pool, request) {
  const body = Buffer.isBuffer(request.body) ? request.body : null;
  const values = [request.method, request.raw.url, JSON.stringify(request.headers), body];
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await pool.query(STATEMENT, values);
      return rows[0];
    } catch (error) {
      if (!RETRY.has(error.code) || attempt === 3) throw error;
    }
  }
}

// Asks the database to whom the headers of a request belong, for Streams.
const IDENTIFY = `SELECT o.status, o.headers, o.body, m.body AS caller, current_setting('taskcrm.notify', true) AS notify
  FROM taskcrm.tc_http_request('GET', '/api/organization/', $1) o, taskcrm.tc_http_request('GET', '/api/me/', $1) m`;

async function identify(pool, { authorization, 'organization-id': organizationId, origin }) {
  const headers = JSON.stringify({ authorization, 'organization-id': organizationId, origin });
  const { rows: [{ status, headers: answered, body, caller, notify }] } = await pool.query(IDENTIFY, [headers]);
  const who = { status, headers: answered, body, isOn: notify === 'on' };
  if (status !== 200) return who;
  return { ...who, organization: JSON.parse(body).id, caller: JSON.parse(caller).user.id };
}

// Errors of this server, in the same form as those of the API.
function errorBody(code, message) {
  return { code, message, details: null, hint: null };
}

// Creates the server, without listening.  answer: a function from a request to
// {status, headers, body}. streams: an instance of Streams, or none.
export function build(answer, options = {}, streams = null) {
  const app = Fastify({
    // At least taskcrm.max_body_size, so that the database answers larger bodies.
    bodyLimit: 33 * 1024 * 1024,
    // The timeout also applies to the headers of a request that never ends.
    requestTimeout: 60_000,
    ...options,
  });

  // Bodies are passed on as bytes: the database parses JSON and forms.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body));

  app.setErrorHandler((error, request, reply) => {
    const status = error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 503;
    if (status === 503) request.log.error(error);
    const message = status === 503 ? 'the service is not available' : error.message;
    reply.code(status).send(errorBody(`PT${status}`, message));
  });
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send(errorBody('PT404', 'path not found'));
  });

  if (streams) {
    app.get('/api/events/', { exposeHeadRoute: false }, (request, reply) => streams.open(request, reply));
    // The database knows which origins may ask, and nothing of this path.
    app.options('/api/events/', async ({ headers }, reply) => {
      const allowed = await answer({ method: 'OPTIONS', raw: { url: '/api/me/' }, headers, body: null });
      return reply.code(allowed.status).headers({ ...allowed.headers, allow: 'GET, OPTIONS' }).send();
    });
    app.addHook('preClose', async () => streams.close());
  }
  app.all('/api/*', async (request, reply) => {
    const { status, headers, body } = await answer(request);
    return reply.code(status).headers(headers).send(body ?? undefined);
  });
  return app;
}

async function main() {
  const connection = { connectionTimeoutMillis: 10_000, application_name: 'taskcrm gateway' };
  const pool = new pg.Pool({ max: Number(process.env.POOL_SIZE ?? 10), ...connection });
  // If an idle connection breaks, the next request opens a new one.
  pool.on('error', (error) => console.error(error.message));

  const listener = new Listener(() => new pg.Client({ keepAlive: true, query_timeout: 10_000, ...connection }), 'taskcrm');
  listener.on('problem', (error) => console.error(`LISTEN: ${error.message}`));
  const streams = new Streams((headers) => identify(pool, headers), listener, {
    maxStreams: Number(process.env.MAX_STREAMS ?? 1000),
    maxPerCaller: Number(process.env.MAX_STREAMS_PER_CALLER ?? 20),
    checkMs: 1000 * Number(process.env.CHECK_SECONDS ?? 30),
    keepAliveMs: 1000 * Number(process.env.KEEP_ALIVE_SECONDS ?? 15),
  });
  listener.start();

  const app = build((request) => ask(pool, request), { logger: process.env.LOG === '1' }, streams);
  addSite(app);
  if (process.argv.includes('--demo')) addDemo(app, process.env.DEMO_SECRET);
  const address = await app.listen({
    host: process.env.HOST ?? '127.0.0.1',
    port: Number(process.env.PORT ?? 8000),
  });
  console.log(`listening on ${address}`);

  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, async () => {
      await listener.stop();
      await app.close();
      await pool.end();
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
