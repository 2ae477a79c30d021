// Copies that follow with /api/sync/ equal the lists in the end, and never show half of a change, while
// clients of two tenants write over HTTP, and sessions of the database commit late or roll back.
// TOKEN_ALICE, ORG1: of the first organization; TOKEN_CAROL, ORG2: of the second one. PGHOST, PGPORT,
// PGUSER: for a superuser of the database. SYNC_SECONDS: for how long, by default 4.
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, is, ok } from './harness.mjs';

const { Client } = createRequire(new URL('../../examples/gateway/', import.meta.url))('pg');
const { TOKEN_ALICE, TOKEN_CAROL, ORG1, ORG2, SYNC_SECONDS = '4' } = process.env;
const end = Date.now() + Number(SYNC_SECONDS) * 1000;
const isOver = () => Date.now() >= end;

// The title and the description of a task are always written together.
const words = (text) => ({ title: `sync ${text}`, description: `sync ${text}` });

const refused = new Map();
async function request(token, method, path, body) {
  const answer = await ask(token, method, path, body);
  if (answer.status >= 300) refused.set(`${method} ${answer.status}`, answer.json?.message);
  return answer.json;
}

async function write({ token }, writer) {
  const ids = [];
  for (let n = 0; !isOver(); n++) {
    ids.push((await request(token, 'POST', '/api/tasks/', words(`${writer}.${n}`))).id);
    const path = `/api/tasks/${ids[(n * 7) % ids.length]}/`;
    await request(token, 'PATCH', path, words(`${writer}.${n} again`));
    if (n % 3 === 0) await request(token, 'POST', path, { comment: `${writer}.${n}` });
    if (n % 4 === 3) await request(token, 'DELETE', `/api/tasks/${ids.shift()}/`);
  }
}

async function commitLate({ org }, writer) {
  const client = new Client({ database: 'crm' });
  await client.connect();
  for (let n = 0; !isOver(); n++) {
    const { title, description } = words(`${writer}.${n}`);
    await client.query('BEGIN');
    await client.query(`INSERT INTO taskcrm.task (org_id, title, description, created_by)
      SELECT $1, $2, $3, user_id FROM taskcrm.member WHERE org_id = $1 LIMIT 1`, [org, title, description]);
    await sleep((n * 37) % 150);
    await client.query(n % 3 === 2 ? 'ROLLBACK' : 'COMMIT');
  }
  await client.end();
}

// The loop of the manual. What belongs to a task goes with it.
class Copy {
  rows = { tasks: new Map(), comments: new Map() };
  calls = 0;
  torn = 0;

  async step(caller) {
    let answer;
    do {
      const query = new URLSearchParams([['resources', 'tasks'], ['resources', 'comments'], ['limit', '40']]);
      if (this.token) query.set('token', this.token);
      answer = await request(caller, 'GET', `/api/sync/?${query}`);
      this.apply(answer);
      this.token = answer.token;
      this.calls++;
    } while (answer.more);
  }

  apply({ full, changed, deleted }) {
    const { tasks, comments } = this.rows;
    if (full) for (const rows of Object.values(this.rows)) rows.clear();
    for (const [kind, list] of Object.entries(changed)) for (const row of list) this.rows[kind].set(row.id, row);
    for (const [kind, ids] of Object.entries(deleted)) for (const id of ids) this.rows[kind].delete(id);
    for (const id of deleted.tasks ?? []) {
      for (const comment of comments.values()) if (comment.task === id) comments.delete(comment.id);
    }
    this.torn += [...tasks.values()].filter(({ title, description }) => title.startsWith('sync') && title !== description).length;
  }

  get state() {
    const tasks = [...this.rows.tasks.values()].map(({ id, version, title, description }) => [id, version, title, description]);
    return { tasks, comments: this.rows.comments.size };
  }
}

async function follow({ token }, writing) {
  const copy = new Copy();
  let isWriting = true;
  writing.finally(() => { isWriting = false; });
  while (isWriting) await copy.step(token);
  await copy.step(token);
  return copy;
}

async function listed({ token }) {
  const tasks = [];
  let comments = 0;
  for (let path = '/api/tasks/?limit=100&cursor=start&count=none&expand=comments_count'; path;) {
    const page = await request(token, 'GET', path);
    tasks.push(...page.results.map(({ id, version, title, description }) => [id, version, title, description]));
    comments += page.results.reduce((sum, task) => sum + task.expanded.comments_count, 0);
    path = page.next;
  }
  return { tasks, comments };
}

// The rows that only one of two lists has.
function differences(one, other) {
  const [inOne, inOther] = [one, other].map((rows) => new Set(rows.map((row) => JSON.stringify(row))));
  return [...[...inOne].filter((row) => !inOther.has(row)), ...[...inOther].filter((row) => !inOne.has(row))].slice(0, 5);
}

const tenants = [{ name: 'first', token: TOKEN_ALICE, org: ORG1 }, { name: 'second', token: TOKEN_CAROL, org: ORG2 }];
const writing = Promise.all(tenants.flatMap((tenant) =>
  [write(tenant, 'a'), write(tenant, 'b'), commitLate(tenant, 'late'), commitLate(tenant, 'later')]));
const copies = await Promise.all(tenants.map((tenant) => Promise.all([follow(tenant, writing), follow(tenant, writing)])));
await writing;
is(Object.fromEntries(refused), {}, 'no request is refused');
for (const [i, tenant] of tenants.entries()) {
  const wanted = await listed(tenant);
  ok(wanted.tasks.length > 10, `${wanted.tasks.length} tasks of the ${tenant.name} organization, ${wanted.comments} comments`);
  for (const copy of copies[i]) {
    is(differences(copy.state.tasks, wanted.tasks), [], `after ${copy.calls} calls, a copy of the ${tenant.name} organization has all of them`);
    is(copy.state.comments, wanted.comments, 'with the comments');
    is(copy.torn, 0, 'and has never shown half of a change');
  }
}
