// Runs the code of a page of the cookbook as a user, and checks what it did.  Arguments: the
// file with the page's code, which exports what it has made, and a name.  The page creates a
// task, assigns it, finds it, changes it, upserts another one, deletes the link and the task,
// and tries to choose created_on.
import { isDeepStrictEqual } from 'node:util';

// PostGraphile 5 wants Node 22, and Debian has older ones.  This is all that it needs of it.
Promise.withResolvers ??= function withResolvers() {
  const all = {};
  all.promise = new this((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
};

const [file, name] = process.argv.slice(2);
const user = process.env.USER_ID;
const print = console.log;
console.log = () => {};
const page = JSON.parse(JSON.stringify(await import(file),
  (key, value) => (value instanceof Error ? { code: value.code, message: value.message } : value)));

function ok(condition, what) {
  print(`${condition ? 'ok' : 'not ok'} - ${name}: ${what}`);
  if (!condition) console.error(JSON.stringify(page, null, 1));
}
const is = (got, wanted, what) => ok(isDeepStrictEqual(got, wanted), what);

const { created, changed, saved, refused } = page;
const totals = typeof page.totals === 'string' ? JSON.parse(page.totals) : page.totals;
is([created.title, created.priority.toUpperCase(), created.created_by ?? created.createdBy],
  ['Call Northwind', 'HIGH', user], 'a new task, with the author that the server sets');
ok(page.found.some((task) => task.id === created.id && task.title === created.title
    && (task.assignee ?? task.assignees?.length ?? task.assigned_to?.length ?? task.links.nodes.length)),
  'found, with its assignee');
is(changed.status.replace('_', ' ').toUpperCase(), 'IN PROGRESS', 'changed to a label with a blank');
ok(changed.version > 1, 'the server counted the version');
if (saved) is([saved.title, saved.version], ['Send the offer', 2], 'an upsert of a task that brings its id');
is(page.removed, [1, 1], 'a link and a task are deleted');
ok(totals.count > 0, 'a function of the API answers');
ok(/column "created_on" of table "task" cannot be set by a client/.test(refused.message),
  'the clock of a client is refused, by the name of the column');
