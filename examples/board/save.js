// Writing tasks: a change shows at once, and goes back if the server refuses it.
import { ask, query } from './api.js';
import { combine, EXPAND, isSetChange, loadSoon, note, pending, put, set, show, state, stopLoading, tasks, tell } from './store.js';

// Reads one task with all names; the answer of its page goes into the panel.
export async function readTask(id) {
  const answer = await ask('GET', `/api/tasks/${id}/${query({ expand: EXPAND })}`);
  put(answer.task_obj);
  if (state.panel?.id === id) Object.assign(state.panel, answer, { isReady: true });
  show();
  return answer.task_obj;
}

export async function create(data) {
  const task = await ask('POST', `/api/tasks/${query({ expand: EXPAND })}`, data, { headers: { 'idempotency-key': crypto.randomUUID() } });
  put(task);
  loadSoon();
  return task;
}

// The last change of each task, sent or not.
const last = new Map();

// Changes a task.  version: the one that the user has seen, if it is not the last one.  undo:
// takes back what else shows the change.  Resolves to whether it is saved.
//
// The changes of one task are sent one after the other, each with the version that the answer
// before has told.
export function save(id, patch, { version, undo } = {}) {
  pending.set(id, [...(pending.get(id) ?? []), patch]);
  combine(id);
  stopLoading();
  show();
  const sent = (last.get(id) ?? Promise.resolve()).then(() => send(id, patch, version, undo));
  last.set(id, sent);
  return sent;
}

function finish(id, patch) {
  const left = pending.get(id).filter((other) => other !== patch);
  if (left.length > 0) pending.set(id, left);
  else pending.delete(id);
  combine(id);
}

async function send(id, patch, version = tasks.get(id)?.version, undo) {
  const headers = Object.values(patch).every(isSetChange) ? {} : { 'if-match': `"${version}"` };
  try {
    const task = await ask('PATCH', `/api/tasks/${id}/${query({ expand: EXPAND })}`, patch, { headers });
    finish(id, patch);
    put(task);
    return true;
  } catch (error) {
    finish(id, patch);
    undo?.();
    if (error.status === 412) await askWhichToKeep(id, patch);
    else note(`Not saved: ${error.reason ?? error.message}`, { isError: true });
    return false;
  } finally {
    loadSoon();
  }
}

// Somebody else has changed the task: shows both, and lets the user keep or take.
async function askWhichToKeep(id, patch) {
  try {
    set({ conflict: { id, patch, theirs: await readTask(id) } });
  } catch (error) {
    tell(error);
  }
}

export function settle(isMine) {
  const { id, patch, theirs } = state.conflict;
  set({ conflict: null });
  if (isMine) save(id, patch, { version: theirs.version });
}
