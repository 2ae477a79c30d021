// Deleting tasks, and the bin, from which they come back.
import { html } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { loadSoon, note, set, show, state, tasks, tell } from './store.js';
import { count, momentText } from './words.js';

export async function remove(ids) {
  try {
    if (ids.length === 1) await ask('DELETE', `/api/tasks/${ids[0]}/`);
    else await ask('DELETE', `/api/tasks/${query({ ids, expected: ids.length })}`);
  } catch (error) {
    tell(error);
    return;
  }
  for (const id of ids) tasks.delete(id);
  note(`Deleted ${count(ids.length, 'task')}.`, { action: { label: 'Undo', run: () => restore(ids) } });
  loadSoon();
}

export async function restore(ids) {
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
    state.bin = (await ask('GET', '/api/tasks/deleted/?limit=50')).results;
  } catch (error) {
    tell(error);
  }
  show();
}

async function takeBack(task) {
  await restore([task.id]);
  set({ bin: state.bin.filter(({ id }) => id !== task.id) });
}

export function binDialog() {
  const close = () => set({ dialog: null });
  return html`<dialog class="ask" data-modal="dialog" aria-labelledby="asked" @cancel=${(event) => { event.preventDefault(); close(); }}><h2 id="asked">Bin</h2>
    ${state.bin?.length > 0 ? '' : html`<p class="faint" role="status">${state.bin ? 'Nothing has been deleted.' : 'Loading…'}</p>`}
    <ul class="bin">${(state.bin ?? []).map((task) => html`<li><span><span dir="auto">${task.title}</span><small>${momentText(task.deleted_on)}</small></span>
      <button aria-label="Restore ${task.title}" @click=${() => takeBack(task)}>Restore</button></li>`)}</ul>
    <footer><button class="primary" @click=${close}>Close</button></footer></dialog>`;
}
