// PostgREST, used like its own clients use it: functions by /rpc, tables with embedded tables,
// OpenAPI. The environment is that of api.mjs, and FOREIGN_KEYS as "child key parent",
// separated by commas.
import { ask, base, is, ok } from './harness.mjs';

const alice = process.env.TOKEN_ALICE;
const bob = process.env.TOKEN_BOB;
const carol = process.env.TOKEN_CAROL;
const erin = process.env.TOKEN_ERIN;
const { ORG1, ORG2, ACCOUNT, CONTACT, TEAM, BOB } = process.env;

const json = { 'content-type': 'application/json' };
const get = (token, path, headers) => ask(token, 'GET', path, undefined, headers);
const call = (token, name, args, headers) => ask(token, 'POST', `/rpc/${name}`, args, { ...json, ...headers });
const filters = (object) => `filters=${encodeURIComponent(JSON.stringify(object))}`;

async function reads() {
  const list = await get(bob, `/rpc/tc_list_tasks?${filters({ limit: 2 })}`);
  is([list.status, Object.keys(list.json), list.json.results.length], [200, ['count', 'next', 'previous', 'results'], 2],
    'GET /rpc/tc_list_tasks?filters={...}');
  is((await get(bob, '/rpc/tc_list_tasks')).json.count, list.json.count, 'GET /rpc/tc_list_tasks');
  const head = await ask(bob, 'HEAD', '/rpc/tc_list_tasks');
  is([head.status, head.bytes.length], [200, 0], 'HEAD /rpc/tc_list_tasks');
  is((await ask(bob, 'HEAD', `/rpc/tc_list_tasks?${filters([])}`)).status, 200, 'which does not call the function');
  is((await ask(bob, 'HEAD', `/rpc/tc_find_tasks?${filters([])}`)).status, 400, 'HEAD of a function that returns rows calls it');
  is((await call(bob, 'tc_list_tasks', { filters: { limit: 2 } })).json, list.json, 'POST to a function that reads');
  const rows = await get(bob, `/rpc/tc_find_tasks?${filters({ limit: 5 })}&select=id,title,status&order=title.desc&status=eq.In%20Progress`);
  is([rows.status, Object.keys(rows.json[0])], [200, ['id', 'title', 'status']],
    'GET /rpc/tc_find_tasks, with selected columns, an order and a filter');
  ok(rows.json.every((row) => row.status === 'In Progress'), 'the filter applies');
  is((await get(bob, '/rpc/tc_whoami')).json.user.id, BOB, 'GET /rpc/tc_whoami');
  is((await get(bob, '/rpc/tc_task_totals')).json.count, list.json.count, 'GET /rpc/tc_task_totals');
  const one = await get(bob, `/rpc/tc_get_task?pk=${list.json.results[0].id}`);
  is([one.status, one.json.task_obj.id], [200, list.json.results[0].id], 'GET /rpc/tc_get_task?pk=');
}

async function writes() {
  const created = await call(bob, 'tc_create_task', {
    task_data: { title: 'by PostgREST', account: ACCOUNT, contacts: [CONTACT], teams: [TEAM], assigned_to: [BOB], due_date: '2024-01-01' },
  });
  is([created.status, created.json.title], [200, 'by PostgREST'], 'POST /rpc/tc_create_task {"task_data": {...}}');
  const pk = created.json.id;
  const again = { task_data: { title: 'once' }, idempotency_key: 'rest-1' };
  is((await call(bob, 'tc_create_task', again)).json, (await call(bob, 'tc_create_task', again)).json,
    'two calls with the same key give the same answer');
  is((await call(bob, 'tc_create_tasks', { tasks: [{ title: 'one' }, { title: 'two' }] })).json.length, 2, 'POST /rpc/tc_create_tasks');
  const updated = await call(bob, 'tc_update_task', { pk, task_data: { status: 'In Progress' } });
  is([updated.status, updated.json.status, updated.json.version], [200, 'In Progress', 2], 'POST /rpc/tc_update_task');
  const comment = await call(bob, 'tc_add_task_comment_or_attachment', { pk, comment: 'hello' });
  is([comment.status, comment.json.comment.comment], [200, 'hello'], 'POST /rpc/tc_add_task_comment_or_attachment');
  const own = comment.json.comment.id;
  is((await call(bob, 'tc_edit_task_comment', { pk: own, comment: 'hello again' })).json.comment, 'hello again', 'POST /rpc/tc_edit_task_comment');
  const file = await call(bob, 'tc_add_task_comment_or_attachment', { pk, attachment: { file_name: 'a.txt', content: 'aGVsbG8=' } });
  const { json: bytes } = await get(bob, `/rpc/tc_get_task_attachment?pk=${file.json.attachment.id}`);
  is([bytes.file_name, bytes.content], ['a.txt', '\\x68656c6c6f'], 'GET /rpc/tc_get_task_attachment?pk=');
  const download = await get(bob, `/rpc/tc_download?pk=${file.json.attachment.id}`, { accept: '*/*' });
  is([download.status, download.bytes.toString(), download.headers.get('content-type'), download.headers.get('content-disposition')],
    [200, 'hello', 'application/octet-stream', 'attachment; filename="a.txt"'], 'GET /rpc/tc_download?pk=');
  const part = await get(bob, `/rpc/tc_download?pk=${file.json.attachment.id}`, { accept: '*/*', range: 'bytes=1-2' });
  is([part.status, part.bytes.toString(), part.headers.get('content-range')], [206, 'el', 'bytes 1-2/5'],
    'and a range of it');
  const sent = { pk, file_name: 'b.txt', content: 'aGVsbG8=' };
  is((await call(bob, 'tc_add_task_attachment', sent)).status, 400,
    'POST /rpc/tc_add_task_attachment requires the encoding');
  const decoded = await call(bob, 'tc_add_task_attachment', { ...sent, encoding: 'base64' });
  is([decoded.status, decoded.json.size], [200, 5], 'and accepts base64');
  await call(bob, 'tc_delete_task_attachment', { pk: decoded.json.id });

  const task = (select) => get(bob, `/task?id=eq.${pk}&select=${select}`);
  const embedded = await task('title,is_overdue,account(name),task_comment(comment),task_attachment(file_name),contact(first_name),team(name)');
  is(embedded.json, [{
    title: 'by PostgREST', is_overdue: true, account: { name: embedded.json[0].account.name }, task_comment: [{ comment: 'hello again' }],
    task_attachment: [{ file_name: 'a.txt' }], contact: [{ first_name: 'plain' }], team: [{ name: 'plain team 1' }],
  }], 'GET /task with all embedded tables');
  is((await task('task_assignee(member(role,app_user(name)))')).json[0].task_assignee[0].member.role, 'member',
    'with its assignees');
  is((await task('author:app_user!task_created_by_fkey(id)')).json[0].author.id, BOB,
    'with its author, by the name of a foreign key');
  is((await get(bob, `/account?id=eq.${ACCOUNT}&select=task(id)&task.id=eq.${pk}`)).json, [{ task: [{ id: pk }] }],
    'and from the account to its tasks');
  ok((await get(bob, '/task?select=title&is_overdue=is.true&title=like.by%20Post*')).json.length > 0, 'a filter by is_overdue');
  const counted = await get(bob, '/task?select=id&limit=1', { prefer: 'count=exact' });
  ok(/^0-0\/\d+$/.test(counted.headers.get('content-range')), 'an exact count');
  is((await get(bob, `/task?id=eq.${pk}&select=title`, { accept: 'text/csv' })).bytes.toString(), 'title\n"by PostgREST"', 'CSV');

  for (const [name, args] of [['tc_delete_task_attachment', { pk: file.json.attachment.id }], ['tc_delete_task_comment', { pk: own }], ['tc_delete_task', { pk }]]) {
    const gone = await call(bob, name, args);
    is([gone.status, gone.bytes.length], [204, 0], `POST /rpc/${name}: 204`);
  }
}

// Every foreign key embeds the parent in the child and the children in the parent; a single row
// is embedded as an object.
async function embedding() {
  const { json: completed } = await call(bob, 'tc_create_task', { task_data: { title: 'done', status: 'Completed' } });
  for (const [child, key, parent] of process.env.FOREIGN_KEYS.split(',').map((line) => line.split(' '))) {
    const up = await get(bob, `/${child}?select=*,parent:${parent}!${key}(*)&limit=3`);
    const down = await get(bob, `/${parent}?select=*,children:${child}!${key}(*)`);
    ok(up.status === 200 && up.json.length > 0 && up.json.every((row) => 'parent' in row), `${key}: ${parent} in ${child}`);
    ok(down.status === 200 && down.json.some((row) => [row.children].flat().some(Boolean)), `${key}: ${child} in ${parent}`);
  }
  await call(bob, 'tc_delete_task', { pk: completed.id });
}

// Direct access to tables: a client may make the permitted writes, and no others.
async function tables() {
  const prefer = { prefer: 'return=representation' };
  const made = await ask(bob, 'POST', '/task?select=id,org_id,created_by,version', { title: 'a row' }, { ...json, ...prefer });
  is([made.status, made.json[0].org_id, made.json[0].created_by, made.json[0].version], [201, ORG1, BOB, 1], 'POST /task');
  const { id } = made.json[0];
  const changed = await ask(bob, 'PATCH', `/task?id=eq.${id}&select=status,version`, { status: 'Completed' }, { ...json, ...prefer });
  is([changed.status, changed.json], [200, [{ status: 'Completed', version: 2 }]], 'PATCH /task?id=eq.');
  is((await ask(carol, 'PATCH', `/task?id=eq.${id}`, { status: 'New' }, { ...json, ...prefer })).json, [],
    'PATCH finds no row of another organization');
  for (const [method, path, body] of [['DELETE', `/task?id=eq.${id}`], ['PATCH', `/task?id=eq.${id}`, { org_id: ORG2 }], ['POST', '/task', { title: 'x', created_by: ORG1 }],
    ['PATCH', `/member?user_id=eq.${BOB}`, { role: 'admin' }]]) {
    is((await ask(bob, method, path, body, json)).status, 403, `${method} ${path} ${JSON.stringify(body ?? '')}: 403`);
  }
  for (const name of ['login', 'gateway', 'jwt_key', 'webhook', 'pg_class']) {
    is((await get(bob, `/${name}`)).status, 404, `GET /${name}: 404`);
  }
  is((await ask(bob, 'POST', '/task', { title: ' ' }, json)).status, 400, 'a violated constraint: 400');
}

// What a client of one organization tries against another, by everything that PostgREST offers.
async function hostile() {
  const { json: [theirs] } = await get(carol, '/task?limit=1');
  const strange = { ...json, prefer: 'return=representation,resolution=merge-duplicates' };

  for (const path of [`/task?id=eq.${theirs.id}`, `/task?org_id=eq.${ORG2}`, `/task?org_id=neq.${ORG1}`, `/task?or=(org_id.eq.${ORG2},title.eq.x)`,
    `/organization?id=eq.${ORG2}`, `/organization?select=task(*)&id=eq.${ORG2}`, `/account?org_id=not.eq.${ORG1}`]) {
    const counted = await get(bob, path, { prefer: 'count=exact' });
    is([counted.status, counted.json, counted.headers.get('content-range')], [200, [], '*/0'], `GET ${path}: no row, and none is counted`);
  }
  for (const path of ['/task?select=organization(task(org_id))', '/task?select=member(organization(task(org_id)))',
    '/organization?select=member(app_user(member(org_id)))', '/app_user?select=member(org_id)', '/rpc/tc_find_tasks?select=organization(task(org_id))']) {
    const { status, bytes } = await get(bob, path);
    ok(status === 200 && bytes.includes(ORG1) && !bytes.includes(ORG2), `GET ${path}: embeds only the own organization`);
  }
  for (const name of ['login', 'jwt_key', 'webhook', 'event', 'tc_list_tasks']) {
    is((await get(bob, `/organization?select=*,${name}(*)`)).status, 400, `${name} is not embedded`);
  }
  for (const profile of ['taskcrm_internal', 'public', 'pg_catalog']) {
    is([(await get(bob, '/task', { 'accept-profile': profile })).status,
      (await call(bob, 'tc_list_tasks', {}, { 'content-profile': profile })).status], [406, 406], `schema ${profile}: 406`);
  }
  for (const options of ['', '; options=analyze|verbose|buffers']) {
    is((await get(bob, '/task', { accept: `application/vnd.pgrst.plan+json${options}` })).status, 406, `no plan${options}`);
  }

  const copy = await ask(bob, 'POST', '/task?select=org_id,title', { id: theirs.id, title: 'the same id' }, strange);
  is([copy.status, copy.json], [201, [{ org_id: ORG1, title: 'the same id' }]], 'an upsert with the id of a task of another organization makes an own one');
  is((await ask(bob, 'POST', '/task', { id: theirs.id, org_id: ORG2, title: 'taken' }, strange)).status, 403, 'and none there');
  is((await call(bob, 'tc_delete_task', { pk: theirs.id })).status, 204, 'which can be deleted');
  is((await ask(bob, 'POST', '/task?columns=title&select=org_id', [{ title: 'a', org_id: ORG2 }, { title: 'b', id: theirs.id }], strange)).json,
    [{ org_id: ORG1 }, { org_id: ORG1 }], 'columns= leaves out the other columns of the body');
  is((await ask(bob, 'POST', '/task', [{ title: 'a', org_id: ORG1 }, { title: 'b', org_id: ORG2 }], json)).status, 403, 'one row of another organization: none is stored');
  is((await ask(bob, 'POST', '/task', `title,org_id\na,${ORG2}\n`, { 'content-type': 'text/csv' })).status, 403, 'neither from CSV');
  is((await ask(bob, 'PATCH', '/task', { priority: 'Low' }, { ...json, prefer: 'handling=strict,max-affected=1' })).status, 400, 'max-affected limits a PATCH');
  for (const [name, row] of [['task_comment', { task_id: theirs.id, comment: 'x' }], ['task_assignee', { task_id: theirs.id, user_id: BOB }]]) {
    is((await ask(bob, 'POST', `/${name}`, row, json)).status, 409, `POST /${name} for a task of another organization: 409`);
  }

  const through = (headers) => call(bob, 'tc_http_request', { method: 'GET', uri: '/api/tasks/', headers });
  is((await through({ 'organization-id': ORG2 })).json.status, 403, 'tc_http_request selects no other organization');
  const { json: answer } = await through({ authorization: `Bearer ${carol}` });
  ok(!Buffer.from(answer.body.slice(2), 'hex').includes(ORG2), 'and takes no other identity from a header');
  is((await get(bob, '/rpc/tc_create_task?task_data=%7B%22title%22%3A%22x%22%7D')).status, 405, 'a write by GET is refused');
}

async function errors() {
  const missing = '00000000-0000-4000-8000-000000000000';
  const { json: { results: [ofCarol] } } = await get(carol, '/rpc/tc_list_tasks');
  const { json: { results: [own] } } = await get(bob, '/rpc/tc_list_tasks');
  const cases = [
    [undefined, 'tc_list_tasks', {}, {}, [401]],
    ['x.y.z', 'tc_list_tasks', {}, {}, [401]],
    [process.env.TOKEN_EXPIRED, 'tc_list_tasks', {}, {}, [401]],
    [process.env.TOKEN_OTHER_ORG, 'tc_list_tasks', {}, {}, [403, 'PT403']],
    [process.env.TOKEN_NO_ROLE, 'tc_list_tasks', {}, {}, [401]],
    [process.env.TOKEN_AUTHENTICATOR, 'tc_list_tasks', {}, {}, [403, '42501']],
    [process.env.TOKEN_POSTGRES, 'tc_list_tasks', {}, {}, [403, '42501']],
    [process.env.TOKEN_NOBODY, 'tc_list_tasks', {}, {}, [401, '22023']],
    [bob, 'tc_get_task', { pk: missing }, {}, [404, 'PT404']],
    [bob, 'tc_get_task', { pk: ofCarol.id }, {}, [404, 'PT404']],
    [bob, 'tc_delete_account', { pk: ACCOUNT }, {}, [403, 'PT403']],
    [bob, 'tc_create_task', { task_data: { title: '' } }, {}, [400, '22023']],
    [bob, 'tc_create_task', { task_data: { title: 'x', account: missing } }, {}, [409, '23503']],
    [bob, 'tc_list_tasks', { filters: { nonsense: 1 } }, {}, [400, '22023']],
    [bob, 'tc_update_task', { pk: own.id, task_data: { version: 99 } }, {}, [412, 'PT412']],
    [bob, 'tc_update_tasks', { filters: { status: 'open' }, task_data: { priority: 'Low' }, options: { expected: 1 } }, {}, [412, 'PT412']],
    [alice, 'tc_remove_member', { user_id: process.env.ALICE }, {}, [409, 'PT409']],
    [bob, 'tc_create_task', { task_data: { title: 'twice' } }, { 'idempotency-key': 'rest-1' }, [422, 'PT422']],
    [bob, 'tc_add_task_attachment', { pk: own.id, file_name: 'x', content: 'x'.repeat(11e6), encoding: 'bytea' }, {}, [413, 'PT413']],
    [bob, 'tc_login', { token: 'x.y.z' }, {}, [401, 'PT401']],
    [bob, 'tc_get_task', { pk: 'x' }, {}, [400, '22P02']],
    [bob, 'tc_install', {}, {}, [404]],
    [bob, 'tc_add_member', { org_id: ORG2, user_id: BOB }, {}, [403, '42501']],
    [erin, 'tc_list_tasks', {}, {}, [400, 'PT400']],
    [alice, 'tc_list_tasks', {}, { 'organization-id': ORG2 }, [403, 'PT403']],
  ];
  for (const [token, name, args, headers, [status, code]] of cases) {
    const answer = await call(token, name, args, headers);
    is([answer.status, code && answer.json.code], [status, code], `POST /rpc/${name} ${JSON.stringify({ ...args, ...headers })}: ${status}`);
  }
  is((await call(erin, 'tc_list_tasks', { filters: { limit: 1 } }, { 'organization-id': ORG2 })).json.results[0].org,
    ORG2, 'organization-id selects the organization');
}

// All users share the connections of the pool.
async function turns() {
  const jobs = Array.from({ length: 200 }, (_, i) => (async () => {
    const [token, org] = i % 2 ? [alice, ORG1] : [carol, ORG2];
    const [list, rows] = await Promise.all([get(token, `/rpc/tc_list_tasks?${filters({ limit: 3 })}`), get(token, '/task?select=org_id')]);
    return list.json.results.every((task) => task.org === org) && rows.json.every((row) => row.org_id === org);
  })());
  is((await Promise.all(jobs)).filter(Boolean).length, 200, '400 requests of two organizations at once: each sees its own');
}

async function openApi() {
  const response = await fetch(`${base}/`, { headers: { authorization: `Bearer ${bob}` } });
  const document = await response.json();
  const path = document.paths['/rpc/tc_list_tasks'];
  ok(path?.get && path?.post, 'OpenAPI: tc_list_tasks has GET and POST');
  ok(path.get.summary?.length > 10, 'the comment of the function is its summary');
  ok(document.paths['/rpc/tc_create_task'].post && !document.paths['/rpc/tc_create_task'].get,
    'a function that writes has only POST');
  ok(!Object.keys(document.paths).some((name) => /tc_(install|add_member|trust_gateway)|^.(login|gateway|jwt_key)$/.test(name)),
    'functions and tables that are not for clients are not listed');
  is(document.definitions.task.properties.status.enum, ['New', 'In Progress', 'Completed'],
    'the status of a task is an enum');
  const bare = Object.entries(document.definitions).filter(([, table]) => !table.description).map(([name]) => name);
  is(bare, [], 'each table has a description');
}

await reads();
await embedding();
await writes();
await tables();
await hostile();
await errors();
await turns();
await openApi();
