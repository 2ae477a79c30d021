// The numbers on top: bars, and buttons that filter by what they count.
import { html, svg } from './lit-html/lit-html.js';
import { dot } from './parts.js';
import { filterBy, state } from './store.js';

const TILES = [
  ['overdue', 'Overdue', { overdue: true }],
  ['due_today', 'Due today', { due_date: 'today', status: 'open' }],
  ['unassigned', 'Unassigned', { unassigned: true, status: 'open' }],
];

function tile([key, label, filters]) {
  const isActive = Object.entries(filters).every(([name, value]) => state.filters[name] === value);
  const without = Object.fromEntries(Object.keys(filters).map((name) => [name, null]));
  return html`<button class="tile ${key}" aria-pressed=${isActive} @click=${() => filterBy(isActive ? without : filters)}>
    <b>${state.totals[key].toLocaleString('en')}</b>${label}</button>`;
}

// Parts of a whole, side by side.  parts: label -> number.
function bar(name, parts) {
  const labels = Object.keys(parts);
  const whole = labels.reduce((sum, label) => sum + parts[label], 0) || 1;
  let left = 0;
  const piece = (label) => {
    const width = (100 * parts[label]) / whole;
    left += width;
    return svg`<rect class=${label.toLowerCase().replace(' ', '-')} x="${left - width}%" width="${width}%" height="100%"></rect>`;
  };
  const text = labels.map((label) => `${label} ${parts[label]}`).join(', ');
  return html`<figure class="bar"><svg role="img" aria-label="${name}: ${text}" height="10">${labels.map(piece)}</svg>
    <figcaption>${labels.map((label) => html`<span>${dot(label)}${label} <b>${parts[label].toLocaleString('en')}</b></span>`)}</figcaption></figure>`;
}

export function totals() {
  if (!state.totals) return html`<div class="totals"></div>`;
  const { by_status, by_priority } = state.totals;
  return html`<section class="totals" aria-label="Totals">${TILES.map(tile)}${bar('Status', by_status)}${bar('Priority', by_priority)}</section>`;
}
