// Changes of others: the server tells that something has happened, and the page asks what.
import { ask, events, query } from './api.js';
import { loadSoon, put, set, show, state, tasks, tell } from './store.js';
import { refresh } from './panel.js';

const WANTED = ['tasks', 'comments', 'attachments'];

let token = null;
let running = null;
let again = false;

// Asks for what has changed since the last time, and shows it.
async function catchUp() {
  for (let more = true; more;) {
    const answer = await ask('GET', `/api/sync/${query({ token, resources: WANTED, from: 'now' })}`);
    const begins = token === null;
    ({ token, more } = answer);
    if (begins) continue;
    // Changes that are too old to be told one by one.
    if (answer.full) loadSoon();
    apply(answer);
  }
}

function apply({ full, changed, deleted }) {
  for (const task of changed.tasks) if (tasks.has(task.id)) put(task);
  for (const id of deleted.tasks) tasks.delete(id);
  const about = [...changed.tasks.map(({ id }) => id), ...deleted.tasks, ...[...changed.comments, ...changed.attachments].map(({ task }) => task)];
  const isOpen = state.panel && (about.includes(state.panel.id) || deleted.comments.length + deleted.attachments.length > 0);
  if (isOpen || full) refresh();
  if (about.length > 0) loadSoon();
  show();
}

// One request at a time; what happens meanwhile needs another one.
function sync() {
  if (running) {
    again = true;
    return running;
  }
  running = catchUp().finally(() => {
    running = null;
    if (again) {
      again = false;
      sync().catch(() => {});
    }
  });
  return running;
}

const pause = (milliseconds) => new Promise((resolve) => {
  addEventListener('online', resolve, { once: true });
  setTimeout(resolve, milliseconds);
});

// Listens for as long as the page lives; after each interruption the page catches up first.
export async function follow() {
  let stream = null;
  addEventListener('offline', () => stream?.abort());
  await sync().catch(tell);
  for (let wait = 250; ; wait = Math.min(2 * wait, 5000)) {
    stream = new AbortController();
    try {
      for await (const { event, data } of events('/api/events/', { signal: stream.signal })) {
        if (event === 'open') set({ live: 'live' });
        wait = 250;
        if (data !== undefined) await sync();
      }
    } catch (error) {
      // This user will not be told of events, now or later.
      if ([401, 403, 404, 405].includes(error.status)) tell(error);
    }
    set({ live: 'offline' });
    await pause(wait);
    // Where the server has no room for a stream, the page asks now and then.
    await sync().catch(() => {});
  }
}
