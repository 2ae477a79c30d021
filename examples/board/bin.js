// Deleting tasks.
import { ask, query } from './api.js';
import { loadSoon, note, tasks, tell } from './store.js';
import { count } from './words.js';

export async function remove(ids) {
  try {
    if (ids.length === 1) await ask('DELETE', `/api/tasks/${ids[0]}/`);
    else await ask('DELETE', `/api/tasks/${query({ ids, expected: ids.length })}`);
  } catch (error) {
    tell(error);
    return;
  }
  for (const id of ids) tasks.delete(id);
  note(`Deleted ${count(ids.length, 'task')}.`);
  loadSoon();
}
