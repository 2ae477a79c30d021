// 50 clients of two organizations on a few connections of a pooler. Their transactions include
// correct and careless ones: identity by setting, by claims, by token; set for the session
// instead of the transaction; ended by COMMIT, ROLLBACK or an error. No client ever has the
// identity of another, and a client that names no user has none.
import { createRequire } from 'node:module';
import { is, ok } from './harness.mjs';

const pg = createRequire(`${process.env.GATEWAY}/`)('pg');
const CLIENTS = 50;
const ROUNDS = Number(process.env.ROUNDS ?? 40);
const named = process.env.NAMED === '1';
const people = [
  { org: process.env.ORG1, id: process.env.ALICE, token: process.env.TOKEN_ALICE },
  { org: process.env.ORG2, id: process.env.CAROL, token: process.env.TOKEN_CAROL },
];
const counts = { right: 0, nobody: 0, wrong: [] };

function wrong(what, got) {
  if (counts.wrong.length < 5) counts.wrong.push(`${what}: ${JSON.stringify(got)}`);
}

// Which organization's tasks a transaction sees, in the table and with the function.
async function look(client, person, what) {
  const name = named ? { name: 'look' } : {};
  const table = await client.query({ text: 'SELECT DISTINCT org_id FROM taskcrm.task', ...name });
  const list = await client.query({ text: 'SELECT taskcrm.tc_list_tasks($1) AS list', values: ['{"limit": 3}'], ...(named ? { name: 'list' } : {}) });
  const orgs = new Set([...table.rows.map((row) => row.org_id), ...list.rows[0].list.results.map((task) => task.org)]);
  if (orgs.size === 1 && orgs.has(person.org)) counts.right++;
  else wrong(what, [...orgs]);
}

// Without an identity: no rows, and no API calls.
async function lookAsNobody(client, what) {
  const table = await client.query('SELECT count(*)::int AS n, taskcrm.tc_current_user() AS who FROM taskcrm.task');
  if (table.rows[0].n === 0 && table.rows[0].who === null) counts.nobody++;
  else wrong(what, table.rows[0]);
  await client.query('SAVEPOINT s');
  const code = await client.query('SELECT taskcrm.tc_list_tasks()').then(() => 'answered', (error) => error.code);
  await client.query('ROLLBACK TO s');
  if (code !== 'PT401') wrong(what, code);
}

const identities = {
  'setting': (client, person) => client.query("SELECT set_config('taskcrm.user_id', $1, true)", [person.id]),
  'claims': (client, person) => client.query("SELECT set_config('request.jwt.claims', $1, true)", [JSON.stringify({ sub: person.id })]),
  'token': (client, person) => client.query('SELECT taskcrm.tc_login($1)', [person.token]),
  'setting of the session': (client, person) => client.query(`SET taskcrm.user_id = '${person.id}'`),
  'claims of the session': (client, person) => client.query(`SET request.jwt.claims = '${JSON.stringify({ sub: person.id })}'`),
};

async function request(client, person, what) {
  const { rows: [row] } = await client.query('SELECT status, body FROM taskcrm.tc_http_request($1, $2, $3)',
    ['GET', '/api/tasks/?limit=3', JSON.stringify({ authorization: `Bearer ${person.token}` })]);
  const { results } = JSON.parse(row.body);
  if (row.status === 200 && results.every((task) => task.org === person.org)) counts.right++;
  else wrong(what, [row.status, results]);
}

async function transaction(client, person, number) {
  const kinds = [...Object.keys(identities), 'nobody', 'request'];
  const kind = kinds[number % kinds.length];
  await client.query('BEGIN');
  if (kind === 'nobody') await lookAsNobody(client, kind);
  else if (kind === 'request') await request(client, person, kind);
  else {
    await identities[kind](client, person);
    await look(client, person, kind);
  }
  if (number % 5 === 3) await client.query('SELECT 1/0').catch(() => {});
  await client.query(number % 3 === 2 ? 'ROLLBACK' : 'COMMIT');
}

async function run(number) {
  const client = new pg.Client();
  await client.connect();
  for (let round = 0; round < ROUNDS; round++) {
    await transaction(client, people[number % 2], number * 3 + round);
    // Outside any transaction of the client.
    if (round % 7 === 0) {
      const { rows: [row] } = await client.query('SELECT taskcrm.tc_current_user() AS who');
      if (row.who === null) counts.nobody++;
      else wrong('between transactions', row);
    }
  }
  await client.end();
}

await Promise.all(Array.from({ length: CLIENTS }, (_, number) => run(number)));
is(counts.wrong, [], `${CLIENTS} clients, ${ROUNDS} transactions each: no client had the identity of another`);
ok(counts.right >= CLIENTS * ROUNDS * 0.7, `${counts.right} checks saw their own organization`);
ok(counts.nobody >= CLIENTS * ROUNDS * 0.2, `${counts.nobody} checks without an identity saw nothing`);
