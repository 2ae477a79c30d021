// The bar of tools: which view, search, due dates, conditions, saved views; and their dialogs.
import { html, nothing } from './lit-html/lit-html.js';
import { ask } from './api.js';
import { binDialog, openBin } from './bin.js';
import { conditionsDialog, openConditions } from './conditions.js';
import { openTask } from './panel.js';
import { closeDialog, dialog, select } from './parts.js';
import { create } from './save.js';
import { choose, filterBy, note, set, state, tell } from './store.js';

const MODES = [['board', 'Board'], ['list', 'List'], ['calendar', 'Calendar']];
const GROUPS = [['status', 'Status'], ['priority', 'Priority'], ['assigned_to', 'Assignee'], ['team', 'Team'], ['account', 'Account'],
  ['contact', 'Contact'], ['created_by', 'Author'], ['due', 'Due'], ['created', 'Day']];
const ORDERS = [['-created_on', 'Newest first'], ['due_date', 'Due date'], ['-priority,due_date', 'Priority'], ['title', 'Title'],
  ['-updated_on', 'Last changed']];

// --- search and due dates ---

let typing = 0;

function search({ target }) {
  clearTimeout(typing);
  typing = setTimeout(() => filterBy({ search: target.value }), 120);
}

const NO_DUE = { overdue: null, due_date: null, due_date__gte: null, due_date__lte: null, no_due_date: null };
const DUE = [
  ['Any due date', {}],
  ['Overdue', { overdue: true }],
  ['Today', { due_date: 'today' }],
  ['Next 7 days', { due_date__gte: 'today', due_date__lte: 'P7D' }],
  ['Next month', { due_date__gte: 'today', due_date__lte: 'P1M' }],
  ['Last 2 weeks', { due_date__gte: '-P2W', due_date__lte: 'today' }],
  ['No due date', { no_due_date: true }],
];

function dueFilter() {
  const keys = Object.keys(NO_DUE);
  const chosen = DUE.find(([, filters]) => keys.every((key) => state.filters[key] === filters[key]));
  const other = [null, 'Other dates'];
  return select('Due', [...(chosen ? [] : [other]), ...DUE.map(([label, filters]) => [filters, label])], chosen?.[1] ?? null,
    (filters) => filterBy({ ...NO_DUE, ...filters }));
}

// --- saved views ---

function chooseView(chosen) {
  const view = state.views.find(({ id }) => id === chosen);
  if (!view) return choose({ view: null, filters: {} });
  const { ordering = '-created_on', ...filters } = view.filters;
  return choose({ view: view.id, filters, ordering, group_by: view.group_by ?? 'status', mode: view.display?.mode ?? 'board' });
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
  const isOwn = state.views.some(({ id, owner }) => id === state.view && owner === state.me.user.id);
  return html`${select('Saved view', [[null, 'All tasks'], ...state.views.map(({ id, name }) => [id, name])], state.view, chooseView)}
    <button class="quiet" @click=${() => set({ dialog: 'view' })}>Save view</button>
    ${isOwn ? html`<button class="quiet" @click=${removeView}>Delete view</button>` : nothing}`;
}

// --- the bar ---

function boardTools() {
  const groups = [...GROUPS, ...state.own.map(({ key, label }) => [key, label])];
  return html`<label>Group by ${select('Group by', groups, state.group_by, (group_by) => choose({ group_by }))}</label>
    <label>Order ${select('Order', ORDERS, state.ordering, (ordering) => choose({ ordering, groups: null }))}</label>`;
}

export function tools() {
  const { mode: current, filters } = state;
  return html`<div class="tools" role="group" aria-label="Tools">
    <div class="tabs" role="group" aria-label="View">${MODES.map(([mode, label]) =>
      html`<button aria-pressed=${mode === current} @click=${() => choose({ mode })}>${label}</button>`)}</div>
    <input type="search" aria-label="Search" placeholder="Search" dir="auto" .value=${filters.search ?? ''} @input=${search}>
    ${dueFilter()}
    <button class="quiet" aria-label="Conditions${filters.where ? ', in use' : ''}" @click=${openConditions}>Conditions${filters.where ? ' •' : ''}</button>
    ${views()}
    <button class="quiet" @click=${openBin}>Bin</button>
    <span class="grow"></span>
    ${current === 'board' ? boardTools() : nothing}</div>`;
}

// --- dialogs ---

async function createTask(event) {
  event.preventDefault();
  try {
    const task = await create({ title: new FormData(event.target).get('title') });
    closeDialog();
    openTask(task.id);
  } catch (error) {
    tell(error);
  }
}

function form(submit, fields, action) {
  return html`<form @submit=${submit}>${fields}<footer><button type="button" class="quiet" @click=${closeDialog}>Cancel</button>
    <button class="primary">${action}</button></footer></form>`;
}

const textField = (name, label) => html`<label class="field"><span>${label}</span><input name=${name} required maxlength="255" dir="auto" autofocus></label>`;

const DIALOGS = {
  bin: binDialog,
  conditions: conditionsDialog,
  new: () => dialog('New task', form(createTask, textField('title', 'Title'), 'Create')),
  view: () => dialog('Save view', form(saveView, html`${textField('name', 'Name')}
    <label class="field"><span>For</span><select name="shared_with"><option value="me">Me</option><option value="team">My teams</option>
      <option value="organization">Everybody</option></select></label>`, 'Save')),
};

export function dialogs() {
  return DIALOGS[state.dialog]?.() ?? nothing;
}
