// What is done with several tasks at once: first the server tells what it would change.
import { html, nothing } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { remove } from './bin.js';
import { loadSoon, note, set, state, tell } from './store.js';
import { count, PRIORITIES, STATUSES } from './words.js';

const CHANGES = [
  ...STATUSES.map((status) => [`Status: ${status}`, { status }]),
  ...PRIORITIES.map((priority) => [`Priority: ${priority}`, { priority }]),
  ['Assign to me', () => ({ assigned_to: { add: [state.me.user.id] } })],
  ['No assignees', { assigned_to: [] }],
  ['No due date', { due_date: null }],
];

// The selected tasks, or all that pass the filters.
function target(all) {
  return all ? { ...state.filters, ...(Object.keys(state.filters).length === 0 && { all: true }) } : { ids: [...state.selected] };
}

async function preview(index, all = false) {
  const [label, change] = CHANGES[index];
  const patch = typeof change === 'function' ? change() : change;
  try {
    const { matched, changed } = await ask('PATCH', `/api/tasks/${query({ ...target(all), dry_run: true, max_affected: 10_000 })}`, patch);
    set({ bulk: { index, label, patch, all, matched, changed } });
  } catch (error) {
    tell(error);
  }
}

async function apply() {
  const { patch, all, matched } = state.bulk;
  try {
    const { changed } = await ask('PATCH', `/api/tasks/${query({ ...target(all), expected: matched, max_affected: 10_000 })}`, patch);
    set({ selected: new Set(), bulk: null });
    note(`Changed ${count(changed, 'task')}.`);
    loadSoon();
  } catch (error) {
    tell(error);
  }
}

function removeAll() {
  const ids = [...state.selected];
  set({ selected: new Set(), bulk: null });
  remove(ids);
}

export function bulkBar() {
  if (state.selected.size === 0) return nothing;
  const { bulk } = state;
  return html`<section class="bulk" aria-label="Selected tasks"><strong>${state.selected.size} selected</strong>
    <select aria-label="Change" @change=${(event) => event.target.value && preview(Number(event.target.value))}>
      <option value="" .selected=${!bulk}>Change…</option>${CHANGES.map(([label], index) => html`<option value=${index} .selected=${bulk?.index === index}>${label}</option>`)}</select>
    ${bulk ? html`<span role="status">“${bulk.label}” would change ${bulk.changed.toLocaleString('en')} of ${count(bulk.matched, 'task')}</span>
      ${bulk.all ? nothing : html`<button class="quiet" @click=${() => preview(bulk.index, true)}>All ${state.totals.count.toLocaleString('en')} of this view</button>`}
      <button @click=${apply} ?disabled=${bulk.changed === 0}>Change ${bulk.changed.toLocaleString('en')}</button>` : html`<button class="quiet" @click=${removeAll}>Delete</button>`}
    <button class="quiet" @click=${() => set({ selected: new Set(), bulk: null })}>Cancel</button></section>`;
}
