// The list: a table that is sorted by its headers, and grows as one scrolls.  The page has only
// the rows around those that are visible: all have the same height.
import { html, nothing } from './lit-html/lit-html.js';
import { guard } from './lit-html/directives/guard.js';
import { repeat } from './lit-html/directives/repeat.js';
import { selectAll, selectBox } from './bulk.js';
import { openTask } from './panel.js';
import { dot, due, faces, priority } from './parts.js';
import { choose, loadMore, show, state, tasks } from './store.js';
import { dueText } from './words.js';

// By what they are sorted, and what they are called.
const COLUMNS = [['title', 'Title'], ['status', 'Status'], ['priority', 'Priority'], ['due_date', 'Due'],
  [null, 'Account'], [null, 'Assigned to'], ['updated_on', 'Changed']];
const HEIGHT = 37; // of a row, as in board.css
const WINDOW = 160;
const ARROWS = { ascending: '↑', descending: '↓' };

function heading([key, label]) {
  if (!key) return html`<th scope="col">${label}</th>`;
  const order = { [key]: 'ascending', [`-${key}`]: 'descending' }[state.ordering];
  const next = order === 'ascending' ? `-${key}` : key;
  return html`<th scope="col" aria-sort=${order ?? nothing}><button class="sort" @click=${() => choose({ ordering: next, list: null })}>${label}
    <span aria-hidden="true">${ARROWS[order] ?? ''}</span></button></th>`;
}

function row(task, index) {
  const { account, assigned_to: people } = task.expanded ?? {};
  return html`<tr data-id=${task.id} aria-rowindex=${index + 2} class=${state.selected.has(task.id) ? 'selected' : ''}>
    <td>${selectBox(task)}</td>
    <td><button class="title" dir="auto" @click=${() => openTask(task.id)}>${task.title}</button></td>
    <td>${dot(task.status)}${task.status}</td><td>${priority(task)}</td><td>${due(task)}</td>
    <td dir="auto">${account?.name}</td><td>${faces(people)}</td><td class="faint">${dueText(task.updated_on.slice(0, 10))}</td></tr>`;
}

// The first row that is in the page.
let first = 0;

function onScroll({ target }) {
  const next = Math.max(0, Math.floor(target.scrollTop / HEIGHT / 20) * 20 - 40);
  if (next !== first) show();
  first = next;
  // The next page is fetched before its place is visible.
  if (target.scrollHeight - target.scrollTop < target.clientHeight + 800) loadMore();
}

// The place of rows that are not in the page.
function gap(rows) {
  return rows > 0 ? html`<tr aria-hidden="true"><td class="gap" colspan="8" height=${rows * HEIGHT}></td></tr>` : nothing;
}

export function list() {
  if (!state.list) {
    first = 0;
    return html`<div class="loading" role="status">Loading the list…</div>`;
  }
  const ids = state.list.ids.filter((id) => tasks.has(id));
  first = Math.min(first, Math.max(0, ids.length - WINDOW));
  const rows = ids.slice(first, first + WINDOW);
  return html`<div class="list" role="region" aria-label="List" tabindex="0" @scroll=${onScroll}><table aria-rowcount=${ids.length + 1}>
    <thead><tr><th scope="col">${selectAll(ids)}</th>${COLUMNS.map(heading)}</tr></thead>
    <tbody>${gap(first)}${repeat(rows, (id) => id, (id, index) =>
      guard([tasks.get(id), state.selected.has(id), first + index], () => row(tasks.get(id), first + index)))}
      ${gap(ids.length - first - WINDOW)}</tbody></table>
    ${ids.length === 0 ? html`<p class="empty">No task matches.</p>` : nothing}
    <p class="end faint" role="status">${ids.length.toLocaleString('en')} of ${state.count.toLocaleString('en')}</p></div>`;
}
