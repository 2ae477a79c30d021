// Tokens for the users of the demo, for anybody who asks: only with --demo, on a machine where
// nothing but the demo is to be protected.
import { createHash, createHmac } from 'node:crypto';

const SECONDS = 3600;

const USERS = [
  { user: 'alice', name: 'Alice Hartmann', about: 'admin of Harbourline Logistics' },
  { user: 'bob', name: 'Bob Okafor', about: 'member of Harbourline Logistics' },
  { user: 'carol', name: 'Carol Dubois', about: 'admin of Atelier Zéphyr' },
  { user: 'dora', name: 'Dora Lindqvist', about: 'member of both' },
];

// The ids of demo.sql are derived from names.
function idOf(user) {
  const digest = createHash('md5').update(`taskcrm demo: ${user}`).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function makeToken(secret, claims) {
  const text = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

// A page of another site can have a name that suddenly means this machine; then the browser takes
// both for one site.  With an address it cannot.
const LOCAL = /^(localhost|[\d.]+|\[[\da-f:.]+\])(:\d+)?$/i;

// Adds the routes of the demo to a server: the users, and POST for a token of one.  Pages of
// other origins are refused.
export function addDemo(app, secret) {
  if (!secret) throw new Error('--demo needs DEMO_SECRET, the key that signs the tokens of the demo');
  app.get('/demo/users/', () => ({ users: USERS }));
  app.post('/demo/users/:user/token/', (request, reply) => {
    const { host, 'sec-fetch-site': site } = request.headers;
    const isForeign = !LOCAL.test(host) || !['same-origin', 'none', undefined].includes(site);
    const { user } = USERS.find(({ user: name }) => name === request.params.user) ?? {};
    if (!user || isForeign) return reply.callNotFound();
    const exp = Math.floor(Date.now() / 1000) + SECONDS;
    return reply.code(201).header('cache-control', 'no-store').send({ token: makeToken(secret, { sub: idOf(user), exp }) });
  });
}
