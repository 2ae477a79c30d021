// Several tasks at once: they are selected, and the server tells what would change before it does.
import { html, nothing } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { remove } from './bin.js';
import { select } from './parts.js';
import { loadSoon, note, set, state, tell } from './store.js';
import { count, PRIORITIES, STATUSES } from './words.js';

const MOST = 250; // ids in an address

// Labels and changes.
function changes() {
  return [
    ...STATUSES.map((status) => [`Status: ${status}`, { status }]),
    ...PRIORITIES.map((priority) => [`Priority: ${priority}`, { priority }]),
    ['Assign to me', { assigned_to: { add: [state.me.user.id] } }],
    ['No assignees', { assigned_to: [] }],
    ['No due date', { due_date: null }],
  ];
}

// --- selecting ---

const choose = (ids) => set({ selected: new Set(ids), bulk: null });

export function selectBox({ id, title }) {
  const isSelected = state.selected.has(id);
  const toggle = () => choose(isSelected ? [...state.selected].filter((other) => other !== id) : [...state.selected, id]);
  return html`<input type="checkbox" class="select" aria-label="Select ${title}" .checked=${isSelected} @change=${toggle}>`;
}

export function selectAll(ids) {
  const first = ids.slice(0, MOST);
  const areSelected = ids.length > 0 && first.every((id) => state.selected.has(id));
  return html`<input type="checkbox" class="select" aria-label="Select all that are shown" .checked=${areSelected}
    @change=${({ target }) => choose(target.checked ? first : [])}>`;
}

// --- changing ---

// The address of the selected tasks, or of all that pass the filters.
function address(isAll, options) {
  const target = isAll ? (Object.keys(state.filters).length > 0 ? state.filters : { all: true }) : { ids: [...state.selected] };
  return `/api/tasks/${query({ ...target, max_affected: 10_000, ...options })}`;
}

async function preview(index, isAll = false) {
  const [label, patch] = changes()[index];
  try {
    const { matched, changed } = await ask('PATCH', address(isAll, { dry_run: true }), patch);
    set({ bulk: { index, label, patch, isAll, matched, changed } });
  } catch (error) {
    tell(error);
  }
}

// Nothing is changed if there are more or fewer tasks by now.
async function apply() {
  const { patch, isAll, matched } = state.bulk;
  try {
    const { changed } = await ask('PATCH', address(isAll, { expected: matched }), patch);
    choose([]);
    note(`Changed ${count(changed, 'task')}.`);
    loadSoon();
  } catch (error) {
    tell(error);
  }
}

function removeAll() {
  const ids = [...state.selected];
  choose([]);
  remove(ids);
}

function question({ index, label, isAll, matched, changed }) {
  return html`<span role="status">“${label}” would change ${changed.toLocaleString('en')} of ${count(matched, 'task')}</span>
    ${isAll ? nothing : html`<button class="quiet" @click=${() => preview(index, true)}>All ${state.totals?.count.toLocaleString('en')} of this view</button>`}
    <button @click=${apply} ?disabled=${changed === 0}>Change ${changed.toLocaleString('en')}</button>`;
}

export function bulkBar() {
  const { bulk, selected } = state;
  if (selected.size === 0) return nothing;
  const options = [[null, 'Change…'], ...changes().map(([label], index) => [index, label])];
  return html`<section class="bulk" aria-label="Selected tasks"><strong>${selected.size} selected</strong>
    ${select('Change', options, bulk?.index ?? null, (index) => index !== null && preview(index))}
    ${bulk ? question(bulk) : html`<button class="quiet" @click=${removeAll}>Delete</button>`}
    <button class="quiet" @click=${() => choose([])}>Cancel</button></section>`;
}
