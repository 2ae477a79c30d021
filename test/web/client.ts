// The example requests of the specification, with a client whose types are generated from the
// OpenAPI document. tsc --strict compiles it: it reports every difference between the document
// and the specification.
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

declare const process: { env: Record<string, string> };
declare const console: { log(line: string): void };

const { BASE, TOKEN_ALICE, ORG1, ACCOUNT, CONTACT, TEAM, BOB } = process.env;
const client = createClient<paths>({ baseUrl: BASE, headers: { authorization: `Bearer ${TOKEN_ALICE}`, 'organization-id': ORG1 } });

type Task = components['schemas']['Task'];

function is(got: unknown, wanted: unknown, name: string): void {
  console.log(`${JSON.stringify(got) === JSON.stringify(wanted) ? 'ok' : 'not ok'} - typed: ${name}`);
}

const created = await client.POST('/api/tasks/', {
  body: {
    title: 'Review contract proposal', status: 'New', priority: 'High', due_date: '2023-02-20',
    account: ACCOUNT, contacts: [CONTACT], assigned_to: [BOB], teams: [TEAM],
  },
});
is([created.response.status, created.data?.title], [201, 'Review contract proposal'], 'create a task');
const task: Task = created.data!;

const list = await client.GET('/api/tasks/', { params: { query: { status: 'In Progress', priority: ['High', 'Urgent'], limit: 5, ordering: '-created_on' } } });
const titles: string[] | undefined = list.data?.results.map(({ title }) => title);
is([list.response.status, titles?.every((title) => title.length > 0)], [200, true], 'list tasks');

const at = { params: { path: { id: task.id } } };
const updated = await client.PUT('/api/tasks/{id}/', {
  ...at, body: { title: 'Review contract proposal - URGENT', status: 'In Progress', priority: 'Urgent', due_date: '2023-02-10' },
});
is([updated.response.status, updated.data?.version], [200, task.version + 1], 'update a task');
const sentBack = await client.PUT('/api/tasks/{id}/', { ...at, body: updated.data! });
is([sentBack.response.status, sentBack.data?.version], [200, task.version + 1], 'send back the task that was read');

const added = await client.POST('/api/tasks/{id}/', { ...at, body: { comment: 'Task completed successfully, proposal approved' } });
const comment = added.data!.comment!;
is([added.response.status, comment.task], [201, task.id], 'add a comment');
const attached = await client.POST('/api/tasks/{id}/', { ...at, body: { attachment: { file_name: 'a.txt', content: 'aGVsbG8=' } } });
const size: number | null | undefined = attached.data?.attachment?.size;
is(size, 5, 'add a file');

const got = await client.GET('/api/tasks/{id}/', at);
is([got.data?.task_obj.id, got.data?.comments.length, got.data?.attachments.length, got.data?.assigned_to[0].id], [task.id, 1, 1, BOB], 'get a task');
const edited = await client.PUT('/api/tasks/comment/{id}/', {
  params: { path: { id: comment.id } }, body: { comment: 'Updated status - awaiting final review' },
});
is([edited.response.status, edited.data?.comment], [200, 'Updated status - awaiting final review'], 'edit a comment');
is((await client.DELETE('/api/tasks/comment/{id}/', { params: { path: { id: comment.id } } })).response.status, 204, 'delete a comment');
const file = { params: { path: { id: attached.data!.attachment!.id } } };
is(await (await client.GET('/api/tasks/attachment/{id}/', { ...file, parseAs: 'text' })).response.status, 200, 'download a file');
is((await client.DELETE('/api/tasks/attachment/{id}/', file)).response.status, 204, 'delete a file');
is((await client.DELETE('/api/tasks/{id}/', at)).response.status, 204, 'delete a task');

const gone = await client.GET('/api/tasks/{id}/', at);
const code: string | undefined = gone.error?.code;
is([gone.response.status, code], [404, 'PT404'], 'an error has a code');

// Requests that must not compile.
export async function wrong(): Promise<void> {
  // @ts-expect-error a title is required
  await client.POST('/api/tasks/', { body: { status: 'New' } });
  // @ts-expect-error there is no such status
  await client.PUT('/api/tasks/{id}/', { ...at, body: { status: 'Done' } });
  // @ts-expect-error there is no such filter
  await client.GET('/api/tasks/', { params: { query: { state: 'New' } } });
  // @ts-expect-error there is no such path
  await client.GET('/api/task/');
  // @ts-expect-error there is no such member
  console.log(task.subject);
}
