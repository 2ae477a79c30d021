// Changes of others: the server tells that something has happened, and the page asks what.
import { ask, openEvents, query } from './api.js';
import { refresh } from './panel.js';
import { drop, loadSoon, put, set, show, state, tasks, tell } from './store.js';

let token = null;

// Asks for what has changed since the last time, and shows it.
async function catchUp() {
  for (let more = true; more;) {
    const isFirst = token === null;
    const answer = await ask('GET', `/api/sync/${query({ token, resources: ['tasks', 'comments', 'attachments'], from: 'now' })}`);
    ({ token, more } = answer);
    if (!isFirst) apply(answer);
  }
}

// full: there are too many changes to tell them one by one.
function apply({ full, changed, deleted }) {
  for (const task of changed.tasks) if (tasks.has(task.id)) put(task);
  for (const id of deleted.tasks) drop(id);
  const parts = [...changed.comments, ...changed.attachments].map(({ task }) => task);
  const about = [...changed.tasks.map(({ id }) => id), ...deleted.tasks, ...parts];
  // Which task a deleted comment or file belonged to is not told.
  const isLess = deleted.comments.length + deleted.attachments.length > 0;
  if (full || isLess || about.includes(state.panel?.id)) refresh();
  if (full || isLess || about.length > 0) loadSoon();
  show();
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    addEventListener('online', resolve, { once: true });
    setTimeout(resolve, milliseconds);
  });
}

// Listens for as long as the page lives.  Each stream begins with an event, so the page catches
// up with what it has missed.
export async function follow() {
  let stream = null;
  addEventListener('offline', () => stream?.abort());
  await catchUp().catch(tell);
  for (let wait = 250; ; wait = Math.min(2 * wait, 5000)) {
    stream = new AbortController();
    try {
      const events = await openEvents('/api/events/', { signal: stream.signal });
      set({ live: 'live' });
      wait = 250;
      for await (const _ of events) await catchUp();
    } catch (error) {
      // This user is not told of events, now or later.
      if ([401, 403, 404, 405].includes(error.status)) {
        set({ live: 'offline' });
        tell(error);
        return;
      }
    }
    set({ live: 'offline' });
    await pause(wait);
    // Where the server has no room for a stream, the page asks now and then.
    await catchUp().catch(() => {});
  }
}
