// The numbers on top: bars, and buttons that filter by what they count.
import { html, nothing, svg } from './lit-html/lit-html.js';
import { filterBy, state } from './store.js';

// Parts of a whole, side by side.  parts: label -> number.
function bar(name, parts) {
  const whole = Object.values(parts).reduce((sum, part) => sum + part, 0) || 1;
  const text = Object.entries(parts).map(([label, part]) => `${label} ${part}`).join(', ');
  let left = 0;
  const pieces = Object.entries(parts).map(([label, part]) => {
    const x = left;
    left += (100 * part) / whole;
    return svg`<rect class=${label.toLowerCase().replace(' ', '-')} x="${x}%" width="${(100 * part) / whole}%" height="100%"></rect>`;
  });
  return html`<figure class="bar"><svg role="img" aria-label="${name}: ${text}" height="10">${pieces}</svg>
    <figcaption>${Object.entries(parts).map(([label, part]) => html`<span><i class="dot ${label.toLowerCase().replace(' ', '-')}"></i>${label} <b>${part.toLocaleString('en')}</b></span>`)}</figcaption></figure>`;
}

const TILES = [
  ['overdue', 'Overdue', { overdue: true }],
  ['due_today', 'Due today', { due_date: 'today', status: 'open' }],
  ['unassigned', 'Unassigned', { unassigned: true, status: 'open' }],
];

function tile([key, label, filters]) {
  const active = Object.entries(filters).every(([name, value]) => state.filters[name] === value);
  const other = active ? Object.fromEntries(Object.keys(filters).map((name) => [name, null])) : filters;
  return html`<button class="tile ${key}" aria-pressed=${active} @click=${() => filterBy(other)}><b>${state.totals[key].toLocaleString('en')}</b>${label}</button>`;
}

export function totals() {
  if (!state.totals) return html`<div class="totals"></div>`;
  return html`<section class="totals" aria-label="Totals">${TILES.map(tile)}${bar('Status', state.totals.by_status)}${bar('Priority', state.totals.by_priority)}</section>`;
}
