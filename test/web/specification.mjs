// The example requests of the specification, one by one and unchanged except for the ids, with
// the headers that it requires; each answer has the documented status and members. TOKEN_ALICE,
// ORG1, ACCOUNT, CONTACT, TEAM, BOB as in api.mjs.
import { ask, is, ok } from './harness.mjs';

const { ORG1, ACCOUNT, CONTACT, TEAM, BOB } = process.env;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const inOrganization = (method, path, body, headers) =>
  ask(process.env.TOKEN_ALICE, method, path, body, { 'organization-id': ORG1, ...headers });
// Requests for comments and attachments by their own ids name no organization.
const byItsId = (method, path, body) => ask(process.env.TOKEN_ALICE, method, path, body);

// Checks that an object has these members, each with its kind: a RegExp for a text, the value
// itself, or an array of one such kind.
function hasShape(object, shape, name) {
  const fits = (value, kind) => (kind instanceof RegExp ? typeof value === 'string' && kind.test(value)
    : Array.isArray(kind) ? Array.isArray(value) && value.length > 0 && value.every((one) => fits(one, kind[0]))
      : value === kind);
  const wrong = Object.entries(shape).filter(([key, kind]) => !fits(object[key], kind)).map(([key]) => [key, object[key]]);
  is(wrong, [], `${name} has the documented members`);
}

const proposal = {
  title: 'Review contract proposal', status: 'New', priority: 'High', due_date: '2023-02-20',
  account: ACCOUNT, contacts: [CONTACT], assigned_to: [BOB], teams: [TEAM],
};

async function list() {
  const path = '/api/tasks/?status=In%20Progress&priority=High&limit=5';
  const { count } = (await inOrganization('GET', path)).json;
  for (let i = count; i < 15; i++) {
    await inOrganization('POST', '/api/tasks/', { ...proposal, title: 'Follow up on proposal', status: 'In Progress', due_date: '2023-02-15' });
  }
  const answer = await inOrganization('GET', path);
  is(answer.status, 200, `GET ${path}`);
  is(Object.keys(answer.json), ['count', 'next', 'previous', 'results'], 'the list: its members');
  is([answer.json.count, answer.json.previous, answer.json.results.length], [15, null, 5], 'the list: a page of 5 of 15');
  hasShape(answer.json.results[0], {
    id: uuid, title: 'Follow up on proposal', status: 'In Progress', priority: 'High', due_date: '2023-02-15',
    account: uuid, contacts: [uuid], created_on: instant, assigned_to: [uuid], teams: [uuid],
  }, 'a task in the list');
  const next = new URL(answer.json.next, 'http://x');
  is([next.pathname, next.searchParams.get('limit'), next.searchParams.get('offset')], ['/api/tasks/', '5', '5'],
    'the list: the next link');
  const second = await inOrganization('GET', answer.json.next);
  is([second.status, second.json.count, second.json.results.length, typeof second.json.previous], [200, 15, 5, 'string'],
    'the next link returns the next page');
  ok(second.json.results.every((task) => task.status === 'In Progress' && !answer.json.results.some(({ id }) => id === task.id)),
    'of the same list');
}

async function filters() {
  const lists = {
    'title=UP%20on': ({ title }) => /up on/i.test(title),
    [`assigned_to=${BOB}`]: ({ assigned_to: ids }) => ids.includes(BOB),
    [`account=${ACCOUNT}`]: ({ account }) => account === ACCOUNT,
    'due_date=2023-02-15': ({ due_date: day }) => day === '2023-02-15',
  };
  for (const [query, fits] of Object.entries(lists)) {
    const { status, json } = await inOrganization('GET', `/api/tasks/?${query}`);
    ok(status === 200 && json.results.length > 0 && json.results.length <= 10 && json.results.every(fits),
      `GET /api/tasks/?${query}, at most ten tasks`);
  }
}

async function oneTask() {
  const created = await inOrganization('POST', '/api/tasks/', proposal);
  is(created.status, 201, 'POST /api/tasks/');
  const { id } = created.json;
  hasShape(created.json, {
    id: uuid, title: 'Review contract proposal', status: 'New', priority: 'High', due_date: '2023-02-20',
    account: ACCOUNT, contacts: [CONTACT], created_on: instant, assigned_to: [BOB], teams: [TEAM],
  }, 'the created task');
  const path = `/api/tasks/${id}/`;

  const put = await inOrganization('PUT', path, {
    title: 'Review contract proposal - URGENT', status: 'In Progress', priority: 'Urgent', due_date: '2023-02-10',
  });
  is(put.status, 200, 'PUT /api/tasks/task-uuid/');
  hasShape(put.json, {
    id, title: 'Review contract proposal - URGENT', status: 'In Progress', priority: 'Urgent', due_date: '2023-02-10',
    account: ACCOUNT, contacts: [CONTACT], created_on: created.json.created_on, assigned_to: [BOB], teams: [TEAM],
  }, 'the updated task');

  const added = await inOrganization('POST', path, { comment: 'Task completed successfully, proposal approved' });
  is([added.status, added.json.comment.comment], [201, 'Task completed successfully, proposal approved'], 'POST /api/tasks/task-uuid/ of a comment');
  const form = new FormData();
  form.append('attachment', new Blob(['signed'], { type: 'application/pdf' }), 'contract.pdf');
  const attached = await inOrganization('POST', path, form);
  is([attached.status, attached.json.attachment.file_name], [201, 'contract.pdf'],
    'and with a file, as multipart/form-data');

  const got = await inOrganization('GET', path);
  is(got.status, 200, 'GET /api/tasks/task-uuid/');
  is(Object.keys(got.json).slice(0, 6),
    ['task_obj', 'assigned_to', 'teams', 'comments', 'attachments', 'users_mention'], 'a task: its members');
  const { task_obj: task, comments, attachments } = got.json;
  is([task.id, task.account, task.contacts, task.created_by], [id, ACCOUNT, [CONTACT], put.json.created_by], 'a task: task_obj');
  is([got.json.assigned_to[0].id, got.json.teams[0].id], [BOB, TEAM], 'a task: its assignees and teams');
  ok(got.json.users_mention.some((user) => user.id === BOB), 'a task: users who can be mentioned');
  hasShape(comments[0], {
    id: uuid, comment: 'Task completed successfully, proposal approved', task: id, commented_on: instant, commented_by: task.created_by,
  }, 'a comment');
  hasShape(attachments[0], { id: uuid, attachment: /^\/api\/tasks\/attachment\//, task: id, created_on: instant, created_by: task.created_by }, 'an attachment');

  const comment = `/api/tasks/comment/${comments[0].id}/`;
  const edited = await byItsId('PUT', comment, { comment: 'Updated status - awaiting final review' });
  is([edited.status, edited.json.id, edited.json.comment], [200, comments[0].id, 'Updated status - awaiting final review'],
    'PUT /api/tasks/comment/comment-uuid/');
  for (const gone of [comment, `/api/tasks/attachment/${attachments[0].id}/`]) {
    const answer = await byItsId('DELETE', gone);
    is([answer.status, answer.bytes.length], [204, 0], `DELETE ${gone.replace(/[0-9a-f-]{36}/, 'uuid')}`);
  }
  const deleted = await inOrganization('DELETE', path);
  is([deleted.status, deleted.bytes.length], [204, 0], 'DELETE /api/tasks/task-uuid/');
}

await list();
await filters();
await oneTask();
