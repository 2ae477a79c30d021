// Columns that the organization has added to tasks: the keys that tasks have beside those of
// the API, with the types that the API's own description tells.
import { html, nothing } from './lit-html/lit-html.js';
import { set, state } from './store.js';

const KNOWN = ['id', 'title', 'status', 'priority', 'due_date', 'account', 'contacts', 'created_on', 'assigned_to', 'teams', 'description',
  'created_by', 'updated_on', 'completed_on', 'completed_by', 'version', 'org', 'expanded'];

export function ownKeys(task) {
  return Object.keys(task ?? {}).filter((key) => !KNOWN.includes(key));
}

let reading = false;

async function readTypes() {
  if (reading) return;
  reading = true;
  const document = await (await fetch('/api/openapi.json')).json();
  set({ types: document.components.schemas.TaskUpdate.properties });
}

// One schema, without the null of what may be missing.
function typeOf(key) {
  const schema = state.types?.[key] ?? {};
  const one = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  return { ...one, type: [one.type].flat().find((type) => type !== 'null') };
}

function control(key, value, change) {
  const { type, format, enum: labels } = typeOf(key);
  if (labels) {
    return html`<select name=${key} @change=${(event) => change(event.target.value || null)}><option value="" .selected=${value === null}>—</option>
      ${labels.filter((label) => label !== null).map((label) => html`<option .selected=${label === value}>${label}</option>`)}</select>`;
  }
  if (type === 'boolean') return html`<input type="checkbox" name=${key} .checked=${value === true} @change=${(event) => change(event.target.checked)}>`;
  const isNumber = type === 'number' || type === 'integer';
  const kind = isNumber ? 'number' : format === 'date' ? 'date' : 'text';
  return html`<input type=${kind} step=${isNumber ? 'any' : nothing} name=${key} dir="auto" .value=${value ?? ''} @change=${({ target }) =>
    change(target.value === '' ? null : isNumber ? target.valueAsNumber : target.value)}>`;
}

export function ownFields(task, save) {
  const keys = ownKeys(task);
  if (keys.length > 0 && !state.types) readTypes();
  if (!state.types) return nothing;
  return keys.map((key) => html`<label class="field"><span>${key.replaceAll('_', ' ')}</span>${control(key, task[key], (value) => save(task, { [key]: value }))}</label>`);
}
