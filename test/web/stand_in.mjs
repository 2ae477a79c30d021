// Replaces PostgREST if it is not installed: does what PostgREST documents for the only
// requests that nginx sends to it, POST of bytes to /rpc/tc_http. The role for requests without a
// token (db-anon-role) is web_user.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';

const pg = createRequire(`${process.env.GATEWAY}/`)('pg');
const pool = new pg.Pool({ max: 10 });
const preRequest = /^db-pre-request = "(\w+\.\w+)"$/m.exec(readFileSync(`${process.env.GATEWAY}/../postgrest/postgrest.conf`, 'utf8'))[1];

function claimsOf(request) {
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!token) return null;
  const [head, claims, signature] = token.split('.');
  const wanted = createHmac('sha256', process.env.SECRET).update(`${head}.${claims}`).digest();
  const given = Buffer.from(signature ?? '', 'base64url');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Error('JWSError');
  const read = JSON.parse(Buffer.from(claims, 'base64url'));
  if (read.exp * 1000 < Date.now()) throw new Error('JWT expired');
  return read;
}

function refuse(response, status, code, message) {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer error="invalid_token"' } : {};
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'proxy-status': `PostgREST; error=${code}`, ...challenge });
  response.end(JSON.stringify({ code, message, details: null, hint: null }));
}

async function call(request, claims, body) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE');
    await client.query(
      `SELECT set_config('search_path', '"taskcrm"', true), set_config('role', 'web_user', true),
        set_config('request.jwt.claims', $1, true), set_config('request.method', $2, true),
        set_config('request.path', $3, true), set_config('request.headers', $4, true)`,
      [JSON.stringify({ role: 'web_user', ...claims }), request.method, request.url, JSON.stringify(request.headers)]);
    await client.query(`SELECT ${preRequest}()`);
    const { rows: [row] } = await client.query(
      `WITH pgrst_source AS (SELECT taskcrm.tc_http($1) AS pgrst_scalar)
       SELECT pgrst_scalar AS body, nullif(current_setting('response.headers', true), '') AS headers,
         nullif(current_setting('response.status', true), '') AS status FROM pgrst_source`, [body]);
    await client.query('COMMIT');
    client.release();
    return row;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const server = http.createServer(async (request, response) => {
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method !== 'POST' || request.url !== '/rpc/tc_http') return refuse(response, 404, 'PGRST125', 'Invalid path');
    if (request.headers['content-type'] !== 'application/octet-stream') return refuse(response, 415, 'PGRST102', 'Not bytes');
    let claims;
    try {
      claims = claimsOf(request);
    } catch (error) {
      return refuse(response, 401, 'PGRST301', error.message);
    }
    const row = await call(request, claims, Buffer.concat(chunks));
    // The headers that PostgREST adds; headers of the function take precedence.
    const own = { 'Content-Range': '0-0/*' };
    if (request.headers.origin) {
      own['Access-Control-Allow-Origin'] = '*';
      own['Access-Control-Expose-Headers'] = 'Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit';
    }
    const given = Object.assign({}, ...JSON.parse(row.headers ?? '[]'));
    const headers = { ...Object.fromEntries(Object.entries(own).filter(([name]) => !(name.toLowerCase() in given))), ...given };
    const status = Number(row.status ?? 200);
    response.writeHead(status, headers);
    response.end(status === 204 || status === 304 ? undefined : row.body);
  } catch (error) {
    refuse(response, error.code === '42501' ? 403 : 500, error.code ?? 'XX000', error.message);
  }
});
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
