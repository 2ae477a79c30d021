// The form for a tree of conditions, the filter "where" of the API.
import { html, nothing } from './lit-html/lit-html.js';
import { filterBy, set, show, state } from './store.js';
import { findAccounts, findContacts, findPeople, findTeams } from './picker.js';
import { PRIORITIES, STATUSES } from './words.js';

const WORDS = {
  eq: 'is', ne: 'is not', contains: 'contains', lt: 'before', lte: 'up to', gt: 'after', gte: 'from', null: 'is missing',
  in: 'is one of', not_in: 'is none of', any: 'has any of', all: 'has all of', none: 'has none of', empty: 'has none at all',
};
const DATES = ['eq', 'lt', 'lte', 'gt', 'gte', 'null'];
const SET = ['any', 'all', 'none', 'empty'];
const me = (find) => async (text) => [{ id: '@me', name: 'Me' }, ...await find(text)].filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
const mine = (find) => async (text) => [{ id: '@my_teams', name: 'My teams' }, ...await find(text)];

const FIELDS = {
  title: { label: 'Title', uses: ['contains', 'eq', 'ne'] },
  description: { label: 'Description', uses: ['contains', 'null'] },
  status: { label: 'Status', uses: ['eq', 'ne'], options: STATUSES },
  priority: { label: 'Priority', uses: ['eq', 'ne', 'gte', 'lte'], options: PRIORITIES },
  due_date: { label: 'Due date', uses: DATES, isDate: true },
  created_on: { label: 'Created', uses: DATES.slice(0, -1), isDate: true },
  updated_on: { label: 'Changed', uses: DATES.slice(0, -1), isDate: true },
  assigned_to: { label: 'Assignees', uses: SET, find: me(findPeople) },
  created_by: { label: 'Author', uses: ['in', 'not_in'], find: me(findPeople) },
  account: { label: 'Account', uses: ['in', 'not_in', 'null'], find: findAccounts },
  teams: { label: 'Teams', uses: SET, find: mine(findTeams) },
  contacts: { label: 'Contacts', uses: SET, find: findContacts },
  comment: { label: 'Comments', uses: ['contains', 'empty'] },
  attachments: { label: 'Files', uses: ['empty'] },
};

// --- the tree: {op, parts} with and, or, not; {field, use, value} ---

let root = null;
let names = new Map();

const leaf = (field) => ({ field, use: FIELDS[field].uses[0], value: FIELDS[field].find ? [] : (FIELDS[field].options?.[0] ?? '') });

function write({ op, parts, field, use, value }) {
  if (!op) return { [field]: { [use]: value } };
  const written = parts.map(write);
  return op === 'not' ? { not: { and: written } } : { [op]: written };
}

// Returns the tree of conditions that this form or somebody else wrote.
function read(where) {
  const parts = Object.entries(where).flatMap(([key, value]) => {
    if (key === 'and' || key === 'or') return [{ op: key, parts: value.map(read) }];
    if (key === 'not') return [{ op: 'not', parts: [read(value)].flatMap((one) => (one.op === 'and' ? one.parts : [one])) }];
    return Object.entries(value).map(([use, one]) => ({ field: key, use, value: one }));
  });
  return parts.length === 1 ? parts[0] : { op: 'and', parts };
}

export function openConditions() {
  const { where } = state.filters;
  root = where ? read(typeof where === 'string' ? JSON.parse(where) : where) : { op: 'and', parts: [leaf('due_date')] };
  if (!root.op) root = { op: 'and', parts: [root] };
  set({ dialog: 'conditions' });
}

function use(event) {
  event.preventDefault();
  set({ dialog: null });
  filterBy({ where: root.parts.length > 0 ? write(root) : null });
}

// --- the form ---

const change = (node, key, value) => { node[key] = value; show(); };

function values(node) {
  const { options, find, isDate } = FIELDS[node.field] ?? {};
  const label = `Value of ${FIELDS[node.field]?.label ?? node.field}`;
  if (node.use === 'null' || node.use === 'empty') {
    return html`<select aria-label=${label} @change=${(event) => change(node, 'value', event.target.value === 'true')}>
      <option value="true" .selected=${node.value === true}>yes</option><option value="false" .selected=${node.value === false}>no</option></select>`;
  }
  if (options) return html`<select aria-label=${label} @change=${(event) => change(node, 'value', event.target.value)}>${options.map((one) => html`<option .selected=${one === node.value}>${one}</option>`)}</select>`;
  if (find) {
    const chosen = [node.value].flat().map((id) => ({ id, name: names.get(id) ?? id }));
    return html`<pick-box .label=${label} .find=${find} .chosen=${chosen} @pick=${({ detail }) => {
      for (const { id, name } of detail) names.set(id, name);
      change(node, 'value', detail.map(({ id }) => id));
    }}></pick-box>`;
  }
  return html`<input aria-label=${label} required dir="auto" list=${isDate ? 'dates' : nothing} placeholder=${isDate ? 'today, P7D, 2026-12-24' : ''}
    .value=${node.value} @input=${(event) => { node.value = event.target.value; }}>`;
}

function chooseField(node, field) {
  Object.assign(node, leaf(field));
  show();
}

function chooseUse(node, how) {
  const isYesNo = (one) => one === 'null' || one === 'empty';
  if (isYesNo(how) !== isYesNo(node.use)) node.value = isYesNo(how) ? true : leaf(node.field).value;
  change(node, 'use', how);
}

function condition(node) {
  return html`<select aria-label="Field" @change=${(event) => chooseField(node, event.target.value)}>${Object.entries(FIELDS).map(([field, { label }]) => html`<option value=${field} .selected=${field === node.field}>${label}</option>`)}</select>
    <select aria-label="Comparison" @change=${(event) => chooseUse(node, event.target.value)}>${(FIELDS[node.field]?.uses ?? [node.use]).map((how) => html`<option value=${how} .selected=${how === node.use}>${WORDS[how] ?? how}</option>`)}</select>
    ${values(node)}`;
}

function part(node, above) {
  const drop = () => { above.parts.splice(above.parts.indexOf(node), 1); show(); };
  return html`<li>${node.op ? tree(node) : condition(node)}<button type="button" class="quiet" aria-label="Remove condition" @click=${drop}>×</button></li>`;
}

const OPS = [['and', 'All of these'], ['or', 'Any of these'], ['not', 'Not all of these']];

function tree(node) {
  const add = (child) => () => { node.parts.push(child()); show(); };
  return html`<fieldset><legend><select aria-label="How conditions are combined" @change=${(event) => change(node, 'op', event.target.value)}>${OPS.map(([op, label]) => html`<option value=${op} .selected=${op === node.op}>${label}</option>`)}</select></legend>
    <ul class="tree">${node.parts.map((child) => part(child, node))}</ul>
    <button type="button" class="quiet" @click=${add(() => leaf('title'))}>Add condition</button>
    <button type="button" class="quiet" @click=${add(() => ({ op: 'or', parts: [leaf('title')] }))}>Add group</button></fieldset>`;
}

export function conditionsDialog() {
  const close = () => set({ dialog: null });
  const clear = () => { close(); filterBy({ where: null }); };
  return html`<dialog class="ask wide" data-modal="dialog" aria-labelledby="asked" @cancel=${(event) => { event.preventDefault(); close(); }}><h2 id="asked">Conditions</h2>
    <form @submit=${use}>${tree(root)}<datalist id="dates"><option value="today"><option value="P7D"><option value="P1M"><option value="-P7D"><option value="-P1M"></datalist>
    <footer><button type="button" class="quiet" @click=${clear}>No conditions</button><span class="grow"></span><button type="button" class="quiet" @click=${close}>Cancel</button><button class="primary">Apply</button></footer></form></dialog>`;
}
