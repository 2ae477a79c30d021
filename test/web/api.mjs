// The REST API, used like a client of the specification uses it: every path and method, with
// fetch and FormData. TOKEN_ALICE: an admin; TOKEN_BOB: a member; TOKEN_CAROL: a member of
// another organization; TOKEN_ERIN: a member of both, ORG1 and ORG2. ACCOUNT, CONTACT, TEAM,
// BOB: ids.
import { createHash, randomBytes } from 'node:crypto';
import { ask, is, ok } from './harness.mjs';

const alice = process.env.TOKEN_ALICE;
const bob = process.env.TOKEN_BOB;
const carol = process.env.TOKEN_CAROL;
const erin = process.env.TOKEN_ERIN;
const { ORG1, ORG2, ACCOUNT, CONTACT, TEAM, BOB } = process.env;

async function tasks() {
  const created = await ask(alice, 'POST', '/api/tasks/', {
    title: 'Review contract proposal', status: 'New', priority: 'High', due_date: '2023-02-20',
    account: ACCOUNT, contacts: [CONTACT], assigned_to: [BOB], teams: [TEAM],
  });
  is(created.status, 201, 'POST /api/tasks/ creates');
  is(Object.keys(created.json).slice(0, 10), ['id', 'title', 'status', 'priority', 'due_date', 'account', 'contacts',
    'created_on', 'assigned_to', 'teams'], 'the first ten keys of a task are those of the specification');
  is([created.json.account, created.json.contacts, created.json.assigned_to, created.json.teams],
    [ACCOUNT, [CONTACT], [BOB], [TEAM]], 'and contains its links');
  const path = `/api/tasks/${created.json.id}/`;
  is(created.headers.get('location'), path, 'Location contains its path');

  const list = await ask(bob, 'GET', '/api/tasks/?status=New&priority=High&limit=5');
  is(list.status, 200, 'GET /api/tasks/ lists');
  is(Object.keys(list.json), ['count', 'next', 'previous', 'results'], 'with the envelope of the specification');
  is(list.json.results.map((task) => task.id), [created.json.id], 'and the created task');

  const got = await ask(bob, 'GET', path);
  is(got.status, 200, 'GET of a task');
  is(Object.keys(got.json).slice(0, 6),
    ['task_obj', 'assigned_to', 'teams', 'comments', 'attachments', 'users_mention'],
    'contains the six members of the specification');
  is(got.json.task_obj, created.json, 'and the same task as POST');
  is((await ask(bob, 'GET', path, undefined, { 'if-none-match': got.headers.get('etag') })).status, 304,
    '304 if nothing changed');

  const head = await ask(bob, 'HEAD', path);
  // A proxy may omit the length.
  const length = head.headers.get('content-length') ?? String(got.bytes.length);
  is([head.status, head.bytes.length, length], [200, 0, String(got.bytes.length)],
    'HEAD returns the length and no body');
  const options = await ask(bob, 'OPTIONS', path);
  is([options.status, options.headers.get('allow')], [204, 'GET, HEAD, PUT, PATCH, DELETE, POST, OPTIONS'],
    'OPTIONS returns the methods');

  const put = await ask(bob, 'PUT', path, {
    title: 'Review contract proposal - URGENT', status: 'In Progress', priority: 'Urgent', due_date: '2023-02-10',
  });
  is([put.status, put.json.title, put.json.contacts, put.json.version], [200, 'Review contract proposal - URGENT', [CONTACT], 2],
    'PUT changes the members that it contains and keeps the others');
  is((await ask(bob, 'PATCH', path, { contacts: [] })).json.contacts, [], 'PATCH does the same');
  is((await ask(bob, 'PUT', path, { title: 'lost' }, { 'if-match': got.headers.get('etag') })).status, 412, 'If-Match of an old version: 412');
  is((await ask(bob, 'PUT', path, { priority: 'Low' }, { 'if-match': put.headers.get('etag').replace('2', '3') })).status,
    200, 'If-Match of the current version');

  is((await ask(bob, 'DELETE', path)).status, 403, 'DELETE is not for others');
  const deleted = await ask(alice, 'DELETE', path);
  is([deleted.status, deleted.bytes.length], [204, 0], 'DELETE: 204 without a body');
  is((await ask(alice, 'GET', path)).status, 404, 'the task no longer exists');
}

async function paging() {
  for (let i = 0; i < 7; i++) await ask(alice, 'POST', '/api/tasks/', { title: `Page me ${i} & 100% ?#+` });
  const seen = [];
  let link = '/api/tasks/?title=page%20me&limit=3&ordering=title';
  for (let pages = 0; link && pages < 10; pages++) {
    const page = await ask(bob, 'GET', link);
    seen.push(...page.json.results.map((task) => task.title));
    link = page.json.next;
  }
  is(seen, [0, 1, 2, 3, 4, 5, 6].map((i) => `Page me ${i} & 100% ?#+`), 'the next links lead through the whole list');
  const found = await ask(bob, 'GET', `/api/tasks/?${new URLSearchParams({ title: '100% ?#+', limit: 1 })}`);
  is(found.json.count, 7, 'a term is decoded as URLSearchParams encodes it');
  is((await ask(bob, 'GET', '/api/tasks/?status=New&status=Completed&title=page+me')).json.count, 7,
    'a repeated parameter means any of its values');
}

async function comments() {
  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'Discussed' });
  const path = `/api/tasks/${task.id}/`;
  const added = await ask(bob, 'POST', path, { comment: 'Task completed successfully, proposal approved' });
  is([added.status, added.json.comment.comment, added.json.attachment], [201, 'Task completed successfully, proposal approved', null], 'POST of a comment');
  const own = `/api/tasks/comment/${added.json.comment.id}/`;
  const edited = await ask(bob, 'PUT', own, { comment: 'Updated status - awaiting final review' });
  is([edited.status, edited.json.comment], [200, 'Updated status - awaiting final review'], 'PUT of a comment');
  is((await ask(carol, 'PUT', own, { comment: 'x' })).status, 404, 'a member of another organization cannot change it');
  is((await ask(bob, 'DELETE', own)).status, 204, 'DELETE of a comment');
  is((await ask(bob, 'DELETE', own)).status, 404, 'only once');
}

function form(fields, files) {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  for (const [bytes, type, name] of files) data.append('attachment', new Blob([bytes], { type }), name);
  return data;
}

async function forms() {
  const created = await ask(alice, 'POST', '/api/tasks/', form(
    [['title', 'Mit Anhängen 😀'], ['contacts', CONTACT], ['assigned_to', JSON.stringify([BOB])], ['due_date', '']],
    [['first', 'text/plain', 'a "quoted" näme.txt'], [Buffer.alloc(0), '', 'empty']]));
  is([created.status, created.json.title, created.json.contacts, created.json.assigned_to], [201, 'Mit Anhängen 😀', [CONTACT], [BOB]],
    'a task is created from a form');
  const path = `/api/tasks/${created.json.id}/`;
  const { json } = await ask(bob, 'GET', path);
  is(json.attachments.map((a) => [a.file_name, a.content_type, a.size]),
    [['a "quoted" näme.txt', 'text/plain', 5], ['empty', 'application/octet-stream', 0]], 'with its files');

  const both = await ask(bob, 'POST', path, form([['comment', 'and a file']], [['<b>x</b>', 'text/html', 'x.html']]));
  is([both.status, both.json.comment.comment, both.json.attachment.file_name], [201, 'and a file', 'x.html'],
    'a comment and a file in one request');
  const file = await ask(alice, 'GET', both.json.attachment.attachment);
  is([file.status, file.bytes.toString(), file.headers.get('content-type'), file.headers.get('content-disposition'), file.headers.get('x-content-type-options')],
    [200, '<b>x</b>', 'text/html', 'attachment; filename="x.html"', 'nosniff'], 'GET of an attachment downloads it');
  is((await ask(alice, 'GET', both.json.attachment.attachment, undefined,
    { 'if-none-match': file.headers.get('etag') })).status, 304, '304 if it is unchanged');
  const part = await ask(alice, 'GET', both.json.attachment.attachment, undefined, { range: 'bytes=3-3', 'if-range': file.headers.get('etag') });
  is([part.status, part.bytes.toString(), part.headers.get('content-range')], [206, 'x', 'bytes 3-3/8'],
    'a range of it');
  const beyond = await ask(alice, 'GET', both.json.attachment.attachment, undefined, { range: 'bytes=8-' });
  is([beyond.status, beyond.json.code, beyond.headers.get('content-range')], [416, 'PT416', 'bytes */8'],
    'a range beyond its end is refused');
  is((await ask(carol, 'GET', both.json.attachment.attachment)).status, 404,
    'a member of another organization cannot read it');
  is((await ask(alice, 'DELETE', both.json.attachment.attachment)).status, 204, 'DELETE of an attachment');
  is((await ask(alice, 'GET', both.json.attachment.attachment)).status, 404, 'the attachment no longer exists');
}

async function largeFiles() {
  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'Large' });
  const bytes = randomBytes(10 * 1024 * 1024);
  // The beginning of a boundary in the content must not end the content.
  bytes.write('\r\n--', 1000);
  const added = await ask(alice, 'POST', `/api/tasks/${task.id}/`, form([], [[bytes, 'application/zip', 'large.zip']]));
  is([added.status, added.json.attachment.size], [201, bytes.length], '10 MB are uploaded');
  const file = await ask(bob, 'GET', added.json.attachment.attachment);
  ok(file.bytes.equals(bytes), 'and downloaded, byte for byte');
  is(file.headers.get('etag'), `"${createHash('sha256').update(bytes).digest('hex')}"`, 'its ETag is its SHA-256');
  const more = await ask(alice, 'POST', `/api/tasks/${task.id}/`, form([], [[Buffer.concat([bytes, Buffer.from('x')]), '', 'x']]));
  is([more.status, more.json.code], [413, 'PT413'], 'one more byte is too large');
  const body = await ask(alice, 'POST', `/api/tasks/${task.id}/`, Buffer.alloc(33 * 1024 * 1024), { 'content-type': 'application/json' });
  is([body.status, body.json.code], [413, 'PT413'], 'so is a body above the limit');
  is((await ask(alice, 'GET', `/api/tasks/${task.id}/`)).json.attachments.length, 1, 'nothing of these was stored');
}

async function errors() {
  const shape = ['code', 'details', 'hint', 'message'];
  const cases = [
    [undefined, 'GET', '/api/tasks/', undefined, {}, 401],
    ['x.y.z', 'GET', '/api/tasks/', undefined, {}, 401],
    [process.env.TOKEN_EXPIRED, 'GET', '/api/tasks/', undefined, {}, 401],
    [erin, 'GET', '/api/tasks/', undefined, {}, 400],
    [alice, 'GET', '/api/tasks/', undefined, { 'organization-id': ORG2 }, 403],
    [alice, 'GET', '/api/tasks/x/', undefined, {}, 404],
    [alice, 'GET', '/api/nothing/', undefined, {}, 404],
    [alice, 'GET', '/elsewhere', undefined, {}, 404],
    [alice, 'PUT', '/api/tasks/', { title: 'x' }, {}, 405],
    [alice, 'POST', '/api/tasks/', { title: '' }, {}, 400],
    [alice, 'POST', '/api/tasks/', '{', {}, 400],
    [alice, 'POST', '/api/tasks/', { title: 'x', account: ORG1 }, {}, 409],
    [alice, 'POST', '/api/tasks/', 'title=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [alice, 'GET', '/api/tasks/?title=%00', undefined, {}, 400],
    [alice, 'GET', '/api/tasks/?nonsense=1', undefined, {}, 400],
  ];
  for (const [token, method, path, body, headers, status] of cases) {
    // fetch sends a string as text/plain.
    if (typeof body === 'string' && !headers['content-type']) headers['content-type'] = 'application/json';
    const answer = await ask(token, method, path, body, headers);
    is([answer.status, Object.keys(answer.json ?? {}).sort()], [status, shape], `${method} ${path} ${JSON.stringify(body ?? headers)}: ${status}`);
    if (status === 401) ok(/^Bearer/.test(answer.headers.get('www-authenticate')), 'with WWW-Authenticate');
    if (status === 405) is(answer.headers.get('allow'), 'GET, HEAD, POST, PATCH, DELETE, OPTIONS',
      'Allow contains the allowed methods');
  }
  const one = { 'idempotency-key': 'web-1' };
  const first = await ask(alice, 'POST', '/api/tasks/', { title: 'once' }, one);
  is((await ask(alice, 'POST', '/api/tasks/', { title: 'once' }, one)).json, first.json,
    'a repeated request gets the same answer');
  is((await ask(alice, 'POST', '/api/tasks/', { title: 'twice' }, one)).status, 422,
    'a different request with its key does not');
  for (const org of [ORG1, ORG2]) {
    const answer = await ask(erin, 'GET', '/api/tasks/?limit=1', undefined, { 'organization-id': org });
    is([answer.status, answer.json.results[0].org], [200, org], 'organization-id selects the organization');
  }
}

async function directory() {
  const { status, headers, json: account } = await ask(alice, 'POST', '/api/accounts/', { name: 'Globex' });
  const path = `/api/accounts/${account.id}/`;
  is([status, headers.get('location')], [201, path], 'POST /api/accounts/ creates');
  is((await ask(bob, 'GET', path)).json, account, 'GET of an account');
  is((await ask(bob, 'PATCH', path, { name: 'x' })).status, 403, 'only admins change it');
  is((await ask(alice, 'PATCH', path, { name: 'Globex Inc.' })).json.name, 'Globex Inc.', 'PATCH');
  is((await ask(alice, 'PUT', path, { name: 'lost' }, { 'if-match': '"1"' })).status, 412, 'accounts have no versions');
  const contact = await ask(alice, 'POST', '/api/contacts/', { first_name: 'Hank', account: account.id });
  is((await ask(bob, 'GET', `/api/contacts/?account=${account.id}&search=HAN`)).json.results, [contact.json], 'contacts of an account');
  const page = await ask(bob, 'GET', '/api/accounts/?limit=1&cursor=start&ordering=-name');
  is([page.json.results.length, page.json.next.endsWith(page.json.next_cursor)], [1, true], 'a page with a cursor');
  ok((await ask(bob, 'GET', page.json.next)).json.results.length === 1, 'and the next one');
  const users = await ask(bob, 'GET', '/api/users/?is_active=true&ordering=role,name');
  ok(users.json.results.some(({ id }) => id === BOB), 'GET /api/users/ lists members');
  is((await ask(bob, 'GET', `/api/users/${BOB}/`)).json.id, BOB, 'GET of a user');
  is((await ask(erin, 'GET', '/api/me/')).json.organizations.map(({ id }) => id).sort(), [ORG1, ORG2].sort(), 'GET /api/me/, without an organization');
  is((await ask(bob, 'GET', '/api/teams/?limit=0')).json.results, [], 'GET /api/teams/');
  const created = await ask(bob, 'POST', '/api/tasks/?expand=account,created_by', { title: 'Call', account: account.id });
  is([created.json.expanded.account.name, created.json.expanded.created_by.id], ['Globex Inc.', BOB], 'expand shows objects beside the ids');
  const listed = await ask(bob, 'GET', `/api/tasks/?account=${account.id}&expand=account&expand=contacts`);
  is(listed.json.results[0].expanded, { account: { id: account.id, name: 'Globex Inc.' }, contacts: [] }, 'and in lists');
  is((await ask(bob, 'GET', `/api/tasks/totals/?account=${account.id}`)).json.count, 1, 'GET /api/tasks/totals/');
  is((await ask(alice, 'DELETE', path)).status, 204, 'DELETE of an account');
  is((await ask(bob, 'GET', `/api/tasks/${created.json.id}/?expand=account`)).json.task_obj.expanded, { account: null }, 'its tasks remain');
  for (const gone of [`/api/tasks/${created.json.id}/`, `/api/contacts/${contact.json.id}/`]) await ask(alice, 'DELETE', gone);
}

// What admins of an organization do: teams, invitations, moving work, the export. Alice ends as she
// began.
async function administration() {
  const { json: team } = await ask(alice, 'POST', '/api/teams/', { name: 'Night shift' });
  const members = `/api/teams/${team.id}/members/`;
  is((await ask(bob, 'PATCH', members, { add: [BOB] })).status, 403, 'only admins change a team');
  is((await ask(alice, 'PATCH', members, { add: [BOB] })).status, 204, 'PATCH of its members');
  is((await ask(bob, 'GET', members)).json.results.map(({ id }) => id), [BOB], 'GET of its members');
  is((await ask(carol, 'GET', members)).status, 404, 'a member of another organization does not find it');
  is((await ask(alice, 'PATCH', members, { remove: [BOB] })).status, 204, 'and removes one');
  is((await ask(bob, 'GET', members)).json.count, 0, 'who is not in it any more');
  await ask(alice, 'DELETE', `/api/teams/${team.id}/`);

  is((await ask(bob, 'POST', '/api/invitations/', { email: null })).status, 403, 'only admins invite');
  const invited = await ask(alice, 'POST', '/api/invitations/', { email: 'new@example.org' });
  is([invited.status, invited.json.token.length], [201, 86], 'POST of an invitation returns its token');
  const open = await ask(alice, 'GET', '/api/invitations/');
  is(open.json.results.map(({ id, token }) => [id, token]), [[invited.json.id, undefined]], 'the list does not');
  is((await ask(bob, 'POST', '/api/invitations/accept/', { token: invited.json.token })).status, 404, 'it is for somebody else');
  is((await ask(alice, 'DELETE', `/api/invitations/${invited.json.id}/`)).status, 204, 'DELETE of an invitation');

  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'To be moved', assigned_to: [BOB] });
  const move = { from_user: BOB, to_user: null, filters: { ids: [task.id] } };
  is((await ask(bob, 'POST', '/api/tasks/reassign/', move)).status, 403, 'only admins move the tasks of others');
  is((await ask(alice, 'POST', '/api/tasks/reassign/', move)).json, { tasks: 1, assigned: 0, already_assigned: 0, left_unassigned: 1 },
    'POST /api/tasks/reassign/');
  await ask(alice, 'DELETE', `/api/tasks/${task.id}/`);

  is((await ask(bob, 'GET', '/api/organization/export/')).status, 403, 'only admins export');
  const exported = await ask(alice, 'GET', '/api/organization/export/');
  const lines = exported.bytes.toString().trimEnd().split('\n').map(JSON.parse);
  is([exported.status, exported.headers.get('content-type'), lines[0].table, lines[0].row.id], [200, 'application/x-ndjson', 'organization', ORG1],
    'GET /api/organization/export/: one object a line');
  ok(lines.some(({ table, row }) => table === 'account' && row.id === ACCOUNT), 'with every row');
}

async function webhooksAndEvents() {
  const url = 'https://hooks.example/in';
  is((await ask(bob, 'POST', '/api/webhooks/', { url })).status, 403, 'only admins make webhooks');
  const made = await ask(alice, 'POST', '/api/webhooks/', { url, types: ['task.*'] });
  const path = `/api/webhooks/${made.json.id}/`;
  is([made.status, made.headers.get('location'), made.json.secret.slice(0, 6)], [201, path, 'whsec_'], 'POST of a webhook returns its secret');
  const { json: list } = await ask(alice, 'GET', '/api/webhooks/');
  is(list.results.map(({ id, secret }) => [id, secret]), [[made.json.id, undefined]], 'the list does not');
  is((await ask(carol, 'GET', path)).status, 404, 'an admin of another organization does not find it');
  is((await ask(alice, 'PATCH', path, { types: [] })).json.types, [], 'PATCH of a webhook');
  const rotated = await ask(alice, 'POST', `${path}rotate-secret/`, {});
  ok(rotated.json.secret !== made.json.secret, 'POST of another secret');
  is((await ask(alice, 'POST', `${path}test/`)).status, 200, 'POST of a test');
  is((await ask(alice, 'GET', path)).json.url, url, 'GET of a webhook');
  is((await ask(alice, 'DELETE', path)).status, 204, 'DELETE of a webhook');

  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'To be told' });
  const quiet = await ask(alice, 'PATCH', `/api/tasks/${task.id}/`, { title: 'Told' }, { prefer: 'return=minimal' });
  // Before PostgREST, nginx drops the preference.
  const isApplied = quiet.headers.get('preference-applied') === 'return=minimal';
  is([quiet.status, quiet.bytes.length > 0, quiet.headers.get('etag')], [isApplied ? 204 : 200, !isApplied, '"2"'], 'PATCH with Prefer: return=minimal');
  is((await ask(bob, 'GET', '/api/organization/events/')).status, 403, 'only admins list events');
  const events = await ask(alice, 'GET', `/api/organization/events/?task=${task.id}`);
  is(events.json.results.map(({ type }) => type), ['task.updated', 'task.created'], 'GET of the events of a task');
  await ask(alice, 'DELETE', `/api/tasks/${task.id}/`);
}

await tasks();
await directory();
await administration();
await webhooksAndEvents();
await paging();
await comments();
await forms();
await largeFiles();
await errors();
