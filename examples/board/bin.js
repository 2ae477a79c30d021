// Deleting tasks, and the bin, from which they come back.
import { html, nothing } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { closeDialog, dialog } from './parts.js';
import { drop, loadSoon, note, set, state, tell } from './store.js';
import { count, momentText } from './words.js';

export async function remove(ids) {
  try {
    if (ids.length === 1) await ask('DELETE', `/api/tasks/${ids[0]}/`);
    else await ask('DELETE', `/api/tasks/${query({ ids, expected: ids.length })}`);
  } catch (error) {
    tell(error);
    return;
  }
  ids.forEach(drop);
  note(`Deleted ${count(ids.length, 'task')}.`, { action: { label: 'Undo', run: () => restore(ids) } });
  loadSoon();
}

async function restore(ids) {
  try {
    for (const id of ids) await ask('POST', `/api/tasks/deleted/${id}/restore/`);
    note(`Restored ${count(ids.length, 'task')}.`);
  } catch (error) {
    tell(error);
  }
  loadSoon();
}

export async function openBin() {
  set({ dialog: 'bin', bin: null });
  try {
    set({ bin: (await ask('GET', '/api/tasks/deleted/?limit=50')).results });
  } catch (error) {
    tell(error);
  }
}

async function takeBack(task) {
  await restore([task.id]);
  set({ bin: state.bin.filter(({ id }) => id !== task.id) });
}

export function binDialog() {
  const { bin } = state;
  const message = bin ? 'Nothing has been deleted.' : 'Loading…';
  return dialog('Bin', html`${bin?.length > 0 ? nothing : html`<p class="faint" role="status">${message}</p>`}
    <ul class="bin">${bin?.map((task) => html`<li><span><span dir="auto">${task.title}</span><small>${momentText(task.deleted_on)}</small></span>
      <button aria-label="Restore ${task.title}" @click=${() => takeBack(task)}>Restore</button></li>`)}</ul>
    <footer><button class="primary" @click=${closeDialog}>Close</button></footer>`);
}
