// The form for a tree of conditions, the filter "where" of the API.
import { html, nothing } from './lit-html/lit-html.js';
import { filterBy, set, show, state } from './store.js';
import { findAccounts, findContacts, findPeople, findTeams } from './picker.js';
import { closeDialog, dialog, same, select } from './parts.js';
import { PRIORITIES, STATUSES } from './words.js';

const WORDS = {
  eq: 'is', ne: 'is not', contains: 'contains', lt: 'less than', lte: 'up to', gt: 'more than', gte: 'from', null: 'is missing',
  in: 'is one of', not_in: 'is none of', any: 'has any of', all: 'has all of', none: 'has none of', empty: 'has none at all',
};
const DATE_WORDS = { ...WORDS, lt: 'before', gt: 'after' };
const DATES = ['eq', 'lt', 'lte', 'gt', 'gte', 'null'];
const SET = ['any', 'all', 'none', 'empty'];
const YES_OR_NO = [[true, 'yes'], [false, 'no']];
const me = (find) => async (text) => [{ id: '@me', name: 'Me' }, ...await find(text)].filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
const mine = (find) => async (text) => [{ id: '@my_teams', name: 'My teams' }, ...await find(text)];

// A field is compared with one of its options, with things that are found by name, or with what
// is written into an input of its kind.
const FIELDS = {
  title: { label: 'Title', uses: ['contains', 'eq', 'ne'] },
  description: { label: 'Description', uses: ['contains', 'null'] },
  status: { label: 'Status', uses: ['eq', 'ne'], options: same([...STATUSES, 'open']) },
  priority: { label: 'Priority', uses: ['eq', 'ne', 'gte', 'lte'], options: same(PRIORITIES) },
  due_date: { label: 'Due date', uses: DATES, kind: 'date' },
  created_on: { label: 'Created', uses: DATES.slice(0, -1), kind: 'date' },
  updated_on: { label: 'Changed', uses: DATES.slice(0, -1), kind: 'date' },
  assigned_to: { label: 'Assignees', uses: SET, find: me(findPeople) },
  created_by: { label: 'Author', uses: ['in', 'not_in'], find: me(findPeople) },
  account: { label: 'Account', uses: ['in', 'not_in', 'null'], find: findAccounts },
  teams: { label: 'Teams', uses: SET, find: mine(findTeams) },
  contacts: { label: 'Contacts', uses: SET, find: findContacts },
  comment: { label: 'Comments', uses: ['contains', 'empty'] },
  attachments: { label: 'Files', uses: ['empty'] },
};

function ownField({ label, kind, labels, uses }) {
  const options = labels ? same(labels) : kind === 'checkbox' ? YES_OR_NO : undefined;
  return { label, kind, options, uses: uses.filter((use) => use in WORDS && !['in', 'not_in'].includes(use)) };
}

function allFields() {
  return { ...FIELDS, ...Object.fromEntries(state.own.map((column) => [column.key, ownField(column)])) };
}

// A condition of others can be about a field that this form does not know.
function fieldOf({ field, use }) {
  const fields = allFields();
  return Object.hasOwn(fields, field) ? fields[field] : { label: field, uses: [use] };
}

// --- the tree: {op, parts} with and, or, not; {field, use, value} ---

let root = null;
let names = new Map();

const isYesNo = (use) => use === 'null' || use === 'empty';

function firstValue(field, use) {
  const { find, options } = fieldOf({ field, use });
  if (isYesNo(use)) return true;
  return find ? [] : (options?.[0][0] ?? '');
}

function leaf(field) {
  const [use] = allFields()[field].uses;
  return { field, use, value: firstValue(field, use) };
}

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
  closeDialog();
  filterBy({ where: root.parts.length > 0 ? write(root) : null });
}

// --- the form ---

function change(node, changes) {
  Object.assign(node, changes);
  show();
}

function chooseUse(node, how) {
  change(node, { use: how, ...(isYesNo(how) !== isYesNo(node.use) && { value: firstValue(node.field, how) }) });
}

function value(node) {
  const { options, find, kind, label: name } = fieldOf(node);
  const label = `Value of ${name}`;
  const pairs = isYesNo(node.use) ? YES_OR_NO : options;
  if (pairs) return select(label, pairs, node.value, (one) => change(node, { value: one }));
  if (find) {
    const chosen = [node.value].flat().map((id) => ({ id, name: names.get(id) ?? id }));
    return html`<pick-box .label=${label} .find=${find} .chosen=${chosen} @pick=${({ detail }) => {
      for (const { id, name: known } of detail) names.set(id, known);
      change(node, { value: detail.map(({ id }) => id) });
    }}></pick-box>`;
  }
  const isNumber = kind === 'number';
  return html`<input aria-label=${label} required dir="auto" type=${isNumber ? 'number' : 'text'} step="any" list=${kind === 'date' ? 'dates' : nothing}
    placeholder=${kind === 'date' ? 'today, P7D, 2026-12-24' : ''} .value=${node.value}
    @input=${({ target }) => { node.value = isNumber ? target.valueAsNumber : target.value; }}>`;
}

function condition(node) {
  const { uses, kind } = fieldOf(node);
  const words = kind === 'date' ? DATE_WORDS : WORDS;
  const fields = Object.entries(allFields()).map(([field, { label }]) => [field, label]);
  return html`${select('Field', fields, node.field, (field) => change(node, leaf(field)))}
    ${select('Comparison', uses.map((how) => [how, words[how] ?? how]), node.use, (how) => chooseUse(node, how))}
    ${value(node)}`;
}

function part(node, above) {
  const drop = () => change(above, { parts: above.parts.filter((other) => other !== node) });
  return html`<li>${node.op ? tree(node) : condition(node)}<button type="button" class="quiet" aria-label="Remove condition" @click=${drop}>×</button></li>`;
}

const OPS = [['and', 'All of these'], ['or', 'Any of these'], ['not', 'Not all of these']];

function tree(node) {
  const add = (child) => change(node, { parts: [...node.parts, child] });
  return html`<fieldset><legend>${select('How conditions are combined', OPS, node.op, (op) => change(node, { op }))}</legend>
    <ul class="tree">${node.parts.map((child) => part(child, node))}</ul>
    <button type="button" class="quiet" @click=${() => add(leaf('title'))}>Add condition</button>
    <button type="button" class="quiet" @click=${() => add({ op: 'or', parts: [leaf('title')] })}>Add group</button></fieldset>`;
}

export function conditionsDialog() {
  const clear = () => {
    closeDialog();
    filterBy({ where: null });
  };
  return dialog('Conditions', html`<form @submit=${use}>${tree(root)}
    <datalist id="dates">${['today', 'P7D', 'P1M', '-P7D', '-P1M'].map((date) => html`<option value=${date}></option>`)}</datalist>
    <footer><button type="button" class="quiet" @click=${clear}>No conditions</button><span class="grow"></span>
      <button type="button" class="quiet" @click=${closeDialog}>Cancel</button><button class="primary">Apply</button></footer></form>`, 'wide');
}
