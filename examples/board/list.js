// The list: a table that is sorted by its headers, and grows as one scrolls.
import { html, nothing } from './lit-html/lit-html.js';
import { guard } from './lit-html/directives/guard.js';
import { repeat } from './lit-html/directives/repeat.js';
import { choose, loadMore, set, state, tasks } from './store.js';
import { due, faces, priority, selectBox } from './columns.js';
import { openTask } from './panel.js';
import { dueText } from './words.js';

const COLUMNS = [['title', 'Title'], ['status', 'Status'], ['priority', 'Priority'], ['due_date', 'Due'], [null, 'Account'], [null, 'Assigned to'], ['updated_on', 'Changed']];
const ARROWS = { ascending: '↑', descending: '↓' };

function heading([key, label]) {
  if (!key) return html`<th scope="col">${label}</th>`;
  const order = { [key]: 'ascending', [`-${key}`]: 'descending' }[state.ordering];
  const next = order === 'ascending' ? `-${key}` : key;
  return html`<th scope="col" aria-sort=${order ?? nothing}><button class="sort" @click=${() => choose({ ordering: next, list: null })}>${label}
    <span aria-hidden="true">${ARROWS[order] ?? ''}</span></button></th>`;
}

function row(task) {
  const { account, assigned_to: people } = task.expanded ?? {};
  return html`<tr data-id=${task.id} class=${state.selected.has(task.id) ? 'selected' : ''}>
    <td>${selectBox(task)}</td>
    <td><button class="title" dir="auto" @click=${() => openTask(task.id)}>${task.title}</button></td>
    <td><span class="status"><i class="dot ${task.status.toLowerCase().replace(' ', '-')}"></i>${task.status}</span></td><td>${priority(task)}</td><td>${due(task)}</td>
    <td dir="auto">${account?.name}</td><td>${faces(people)}</td><td class="faint">${dueText(task.updated_on.slice(0, 10))}</td></tr>`;
}

// The next page is fetched before its place is visible.
const watcher = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && state.mode === 'list' && state.list && loadMore(), { rootMargin: '800px' });
let watched = null;

function watch() {
  const end = document.querySelector('.end');
  if (end !== watched) watcher.disconnect();
  if (end) {
    watcher.unobserve(end);
    watcher.observe(end);
  }
  watched = end;
}

function selectAll(event) {
  set({ selected: new Set(event.target.checked ? state.list.ids.slice(0, 250) : []), bulk: null });
}

export function list() {
  if (!state.list) return html`<div class="loading" role="status">Loading the list…</div>`;
  const shown = state.list.ids.filter((id) => tasks.has(id));
  requestAnimationFrame(watch);
  return html`<div class="list" role="region" aria-label="List" tabindex="0"><table>
    <thead><tr><th scope="col"><input type="checkbox" class="select" aria-label="Select all that are shown" .checked=${shown.length > 0 && shown.every((id) => state.selected.has(id))} @change=${selectAll}></th>${COLUMNS.map(heading)}</tr></thead>
    <tbody>${repeat(shown, (id) => id, (id) => guard([tasks.get(id), state.selected.has(id)], () => row(tasks.get(id))))}</tbody></table>
    ${shown.length === 0 ? html`<p class="empty">No task matches.</p>` : nothing}
    <p class="end faint" role="status">${shown.length.toLocaleString('en')} of ${state.count.toLocaleString('en')}</p></div>`;
}
