// Parts of the page that several views have.
import { html, nothing } from './lit-html/lit-html.js';
import { set } from './store.js';
import { dueText, hue, initials, isOverdue } from './words.js';

// A list to choose from.  pairs: arrays of value and text; change: called with the value that is
// chosen.
export function select(label, pairs, chosen, change, isDisabled = false) {
  return html`<select aria-label=${label} ?disabled=${isDisabled} @change=${({ target }) => change(pairs[target.selectedIndex][0])}>
    ${pairs.map(([value, text]) => html`<option value=${value ?? ''} .selected=${value === chosen}>${text}</option>`)}</select>`;
}

// Pairs for labels that are values themselves.
export const same = (labels) => labels.map((label) => [label, label]);

// --- dialogs: state.dialog names the one that is open ---

export const closeDialog = () => set({ dialog: null });

export function dialog(title, body, size = '') {
  return html`<dialog class="ask ${size}" data-modal="dialog" aria-labelledby="asked" @cancel=${(event) => { event.preventDefault(); closeDialog(); }}>
    <h2 id="asked">${title}</h2>${body}</dialog>`;
}

// --- facts of a task ---

export function faces(people = []) {
  const shown = people.length > 3 ? people.slice(0, 2) : people;
  const left = people.length - shown.length;
  return html`<span class="faces">${shown.map(({ name }) =>
    html`<span class="face hue${hue(name)}" title=${name}><span aria-hidden="true">${initials(name)}</span><span class="hidden">${name}</span></span>`)}
    ${left > 0 ? html`<span class="face">+${left}</span>` : nothing}</span>`;
}

export function due(task) {
  if (!task.due_date) return nothing;
  return html`<time class="due ${isOverdue(task) ? 'late' : ''}" datetime=${task.due_date} title="Due ${task.due_date}">${dueText(task.due_date)}</time>`;
}

export function priority(task) {
  return html`<span class="priority ${task.priority.toLowerCase()}">${task.priority}</span>`;
}

// A mark in the colour of a status, a priority or a group.
export function dot(label) {
  return html`<i class="dot ${String(label).toLowerCase().replace(/\W/g, '-')}"></i>`;
}
