// Columns that the organization has added to tasks.  The API's own description tells them: they
// are the keys of a task that are not its own, with their types and comparisons.
import { html } from './lit-html/lit-html.js';
import { same, select } from './parts.js';
import { set, state } from './store.js';

const KNOWN = ['id', 'title', 'status', 'priority', 'due_date', 'account', 'contacts', 'created_on', 'assigned_to', 'teams', 'description',
  'created_by', 'updated_on', 'completed_on', 'completed_by', 'version', 'org', 'expanded'];

// Returns {key, label, kind, labels, isWritable, uses}.  kind: 'number', 'date', 'checkbox' or
// 'text', as of an input; labels: those of an enum; uses: the comparisons of conditions.
function columnOf(key, { Task, TaskUpdate, Condition }) {
  const property = Task.properties[key];
  const schema = property.anyOf?.find(({ type }) => type !== 'null') ?? property;
  const type = [schema.type].flat().find((one) => one !== 'null');
  const kind = { number: 'number', integer: 'number', boolean: 'checkbox' }[type] ?? (schema.format === 'date' ? 'date' : 'text');
  return {
    key,
    kind,
    label: key.replaceAll('_', ' '),
    labels: schema.enum?.filter((label) => label !== null),
    isWritable: Object.hasOwn(TaskUpdate.properties, key),
    uses: Object.keys(Condition.properties[key]?.properties ?? {}),
  };
}

export async function readOwnColumns() {
  const { components: { schemas } } = await (await fetch('/api/openapi.json')).json();
  const keys = Object.keys(schemas.Task.properties).filter((key) => !KNOWN.includes(key));
  set({ own: keys.map((key) => columnOf(key, schemas)) });
}

function valueOf({ kind }, input) {
  if (kind === 'checkbox') return input.checked;
  if (input.value === '') return null;
  return kind === 'number' ? input.valueAsNumber : input.value;
}

function control(column, value, change) {
  const { key, kind, labels, isWritable } = column;
  if (labels) return select(column.label, [[null, '—'], ...same(labels)], value, change, !isWritable);
  return html`<input type=${kind} name=${key} step="any" dir="auto" ?disabled=${!isWritable} .checked=${value === true} .value=${value ?? ''}
    @change=${({ target }) => change(valueOf(column, target))}>`;
}

// The fields of a task for them.  save: called with the task and the change.
export function ownFields(task, save) {
  return state.own.map((column) => html`<label class="field"><span>${column.label}</span>
    ${control(column, task[column.key] ?? null, (value) => save(task, { [column.key]: value }))}</label>`);
}
