// Several tasks at once: they are selected, and the server tells what would change before it does.
import { html, nothing } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { remove } from './bin.js';
import { choices } from './parts.js';
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

const select = (ids) => set({ selected: new Set(ids), bulk: null });

export function selectBox({ id, title }) {
  const isSelected = state.selected.has(id);
  const toggle = () => select(isSelected ? [...state.selected].filter((other) => other !== id) : [...state.selected, id]);
  return html`<input type="checkbox" class="select" aria-label="Select ${title}" .checked=${isSelected} @change=${toggle}>`;
}

export function selectAll(ids) {
  const first = ids.slice(0, MOST);
  return html`<input type="checkbox" class="select" aria-label="Select all that are shown" .checked=${ids.length > 0 && first.every((id) => state.selected.has(id))}
    @change=${({ target }) => select(target.checked ? first : [])}>`;
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
    select([]);
    note(`Changed ${count(changed, 'task')}.`);
    loadSoon();
  } catch (error) {
    tell(error);
  }
}

function removeAll() {
  const ids = [...state.selected];
  select([]);
  remove(ids);
}

function question({ index, label, isAll, matched, changed }) {
  return html`<span role="status">“${label}” would change ${changed.toLocaleString('en')} of ${count(matched, 'task')}</span>
    ${isAll || !state.totals ? nothing : html`<button class="quiet" @click=${() => preview(index, true)}>All ${state.totals.count.toLocaleString('en')} of this view</button>`}
    <button @click=${apply} ?disabled=${changed === 0}>Change ${changed.toLocaleString('en')}</button>`;
}

export function bulkBar() {
  const { bulk, selected } = state;
  if (selected.size === 0) return nothing;
  const options = [['', 'Change…'], ...changes().map(([label], index) => [String(index), label])];
  return html`<section class="bulk" aria-label="Selected tasks"><strong>${selected.size} selected</strong>
    <select aria-label="Change" @change=${({ target }) => target.value && preview(Number(target.value))}>${choices(options, bulk ? String(bulk.index) : '')}</select>
    ${bulk ? question(bulk) : html`<button class="quiet" @click=${removeAll}>Delete</button>`}
    <button class="quiet" @click=${() => select([])}>Cancel</button></section>`;
}
