// The bar of tools: which view, search, filters, saved views; and their dialogs.
import { html, nothing } from './lit-html/lit-html.js';
import { ask } from './api.js';
import { choose, create, filterBy, note, set, state, tell, tasks } from './store.js';
import { binDialog, openBin } from './bin.js';
import { conditionsDialog, openConditions } from './conditions.js';
import { openTask } from './panel.js';
import { ownKeys } from './own.js';

const MODES = [['board', 'Board'], ['list', 'List'], ['calendar', 'Calendar']];
const GROUPS = [['status', 'Status'], ['priority', 'Priority'], ['assigned_to', 'Assignee'], ['team', 'Team'], ['account', 'Account'], ['contact', 'Contact'], ['created_by', 'Author'], ['due', 'Due'], ['created', 'Day']];
const ORDERS = [['-created_on', 'Newest first'], ['due_date', 'Due date'], ['-priority,due_date', 'Priority'], ['title', 'Title'], ['-updated_on', 'Last changed']];
const DUE = [
  ['Any due date', {}],
  ['Overdue', { overdue: true }],
  ['Today', { due_date: 'today' }],
  ['Next 7 days', { due_date__gte: 'today', due_date__lte: 'P7D' }],
  ['Next month', { due_date__gte: 'today', due_date__lte: 'P1M' }],
  ['Last 2 weeks', { due_date__gte: '-P2W', due_date__lte: 'today' }],
  ['No due date', { no_due_date: true }],
];
const NO_DUE = { overdue: null, due_date: null, due_date__gte: null, due_date__lte: null, no_due_date: null };

const go = (changes) => choose(changes);

function options(pairs, current) {
  return pairs.map(([value, label]) => html`<option value=${value} .selected=${value === current}>${label}</option>`);
}

// --- search ---

let typing = 0;

function search(event) {
  clearTimeout(typing);
  typing = setTimeout(() => filterBy({ search: event.target.value }), 120);
}

function dueFilter() {
  const chosen = DUE.findLastIndex(([, filters]) => Object.keys(NO_DUE).every((key) => (state.filters[key] ?? null) === (filters[key] ?? null)));
  return html`<select aria-label="Due" @change=${(event) => filterBy({ ...NO_DUE, ...DUE[event.target.value][1] })}>
    ${DUE.map(([label], index) => html`<option value=${index} .selected=${index === chosen}>${label}</option>`)}
    ${chosen < 0 ? html`<option value="0" selected>Other dates</option>` : nothing}</select>`;
}

// --- saved views ---

function chooseView(event) {
  const view = state.views.find(({ id }) => id === event.target.value);
  if (!view) return go({ view: null, filters: {} });
  const { ordering = '-created_on', ...filters } = view.filters;
  return go({ view: view.id, filters, ordering, group_by: view.group_by ?? 'status', mode: view.display?.mode ?? 'board' });
}

async function saveView(event) {
  event.preventDefault();
  const { name, shared_with } = Object.fromEntries(new FormData(event.target));
  const { filters, ordering, group_by, mode } = state;
  try {
    const view = await ask('POST', '/api/views/', { name, shared_with, filters: { ...filters, ordering }, group_by, display: { mode } });
    set({ views: [...state.views, view], view: view.id, dialog: null });
    note(`Saved the view “${name}”.`);
  } catch (error) {
    tell(error);
  }
}

async function removeView() {
  try {
    await ask('DELETE', `/api/views/${state.view}/`);
    set({ views: state.views.filter(({ id }) => id !== state.view), view: null });
  } catch (error) {
    tell(error);
  }
}

function views() {
  return html`<select aria-label="Saved view" @change=${chooseView}><option value="" .selected=${!state.view}>All tasks</option>${options(state.views.map(({ id, name }) => [id, name]), state.view)}</select>
    <button class="quiet" @click=${() => set({ dialog: 'view' })}>Save view</button>
    ${state.views.some(({ id, owner }) => id === state.view && owner === state.me.user.id) ? html`<button class="quiet" @click=${removeView}>Delete view</button>` : nothing}`;
}

// --- the bar ---

function groupings() {
  const [first] = tasks.values();
  return [...GROUPS, ...ownKeys(first).map((key) => [key, key.replaceAll('_', ' ')])];
}

export function tools() {
  const where = state.filters.where ? ' •' : '';
  return html`<div class="tools" role="group" aria-label="Tools">
    <div class="tabs" role="group" aria-label="View">${MODES.map(([mode, label]) => html`<button aria-pressed=${state.mode === mode} @click=${() => go({ mode })}>${label}</button>`)}</div>
    <input type="search" aria-label="Search" placeholder="Search" dir="auto" .value=${state.filters.search ?? ''} @input=${search}>
    ${dueFilter()}
    <button class="quiet" aria-label="Conditions${where ? ', in use' : ''}" @click=${openConditions}>Conditions${where}</button>
    ${views()}
    <button class="quiet" @click=${openBin}>Bin</button>
    <span class="grow"></span>
    ${state.mode === 'board' ? html`<label>Group by <select @change=${(event) => go({ group_by: event.target.value })}>${options(groupings(), state.group_by)}</select></label>
      <label>Order <select @change=${(event) => go({ ordering: event.target.value, groups: null })}>${options(ORDERS, state.ordering)}</select></label>` : nothing}</div>`;
}

// --- dialogs ---

const close = () => set({ dialog: null });

async function createTask(event) {
  event.preventDefault();
  try {
    const task = await create({ title: new FormData(event.target).get('title') });
    close();
    openTask(task.id);
  } catch (error) {
    tell(error);
  }
}

function ask_(title, onSubmit, body, action) {
  return html`<dialog class="ask" data-modal="dialog" aria-labelledby="asked" @cancel=${(event) => { event.preventDefault(); close(); }}><h2 id="asked">${title}</h2>
    <form @submit=${onSubmit}>${body}<footer><button type="button" class="quiet" @click=${close}>Cancel</button><button class="primary">${action}</button></footer></form></dialog>`;
}

export function dialogs() {
  if (state.dialog === 'bin') return binDialog();
  if (state.dialog === 'conditions') return conditionsDialog();
  if (state.dialog === 'new') return ask_('New task', createTask, html`<label class="field"><span>Title</span><input name="title" required maxlength="255" dir="auto" autofocus></label>`, 'Create');
  if (state.dialog === 'view') {
    return ask_('Save view', saveView, html`<label class="field"><span>Name</span><input name="name" required maxlength="255" dir="auto" autofocus></label>
      <label class="field"><span>For</span><select name="shared_with"><option value="me">Me</option><option value="team">My teams</option><option value="organization">Everybody</option></select></label>`, 'Save');
  }
  return nothing;
}
