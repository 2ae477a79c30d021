// The history of the task in the panel: who changed what.
import { html, nothing } from './lit-html/lit-html.js';
import { showWhole } from './panel.js';
import { momentText } from './words.js';

const DEEDS = { updated: 'changed' };

// What somebody did: an event has a type such as comment.created.
function deed(type) {
  const [noun, verb] = type.split('.');
  return `${DEEDS[verb] ?? verb} the ${noun}`;
}

// A value, with the names of the ids in it.
function text(value, names) {
  if (value === null || value === undefined) return 'nothing';
  return names?.[value] ?? (typeof value === 'object' ? JSON.stringify(value) : String(value));
}

// One field: {from, to} of a value, or {added, removed} of a set.
function oneChange(key, { from, to, added = [], removed = [] }, names) {
  const isSet = added.length + removed.length > 0;
  const before = isSet ? removed : [from];
  const after = isSet ? added : to === undefined ? [] : [to];
  const list = (values) => values.map((value) => text(value, names)).join(', ');
  return html`<li>${key.replaceAll('_', ' ')}: ${before.length > 0 ? html`<del dir="auto">${list(before)}</del>` : nothing}
    ${!isSet && after.length > 0 ? '→' : nothing} ${after.length > 0 ? html`<ins dir="auto">${list(after)}</ins>` : nothing}</li>`;
}

function oneEvent({ type, actor_name: actor, happened_on: moment, changes, names }) {
  const fields = Object.entries(changes ?? {}).filter(([, values]) => typeof values === 'object' && values !== null);
  return html`<li><p class="by"><strong dir="auto">${actor ?? 'The administrator'}</strong> ${deed(type)}
      <time datetime=${moment}>${momentText(moment)}</time></p>
    <ul>${fields.map(([key, values]) => oneChange(key, values, names))}</ul></li>`;
}

export function history({ history: events, isWhole }) {
  if (!events) return nothing;
  return html`<section aria-labelledby="history"><h3 id="history">History</h3><ol class="history">${events.map(oneEvent)}</ol>
    ${!isWhole && events.length >= 50 ? html`<button class="quiet" @click=${showWhole}>Show earlier changes</button>` : nothing}</section>`;
}
