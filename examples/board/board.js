// The board: a column for each group, and cards that move between columns by mouse or keyboard.
import { html, nothing } from './lit-html/lit-html.js';
import { guard } from './lit-html/directives/guard.js';
import { repeat } from './lit-html/directives/repeat.js';
import { selectBox } from './bulk.js';
import { dragAndDrop } from './drag.js';
import { openTask } from './panel.js';
import { dot, due, faces, priority } from './parts.js';
import { save } from './save.js';
import { loadMore, note, set, state, tasks } from './store.js';
import { count, isoDay } from './words.js';

// The fields that are sets, by what one groups by.
const SETS = { assigned_to: 'assigned_to', team: 'teams', contact: 'contacts' };
const FIXED = ['created_by', 'created'];
const NONE = { assigned_to: 'Nobody', team: 'No team', account: 'No account', contact: 'No contact' };

function labelOf(group) {
  return group.label ?? NONE[state.group_by] ?? 'None';
}

// --- moving ---

// The change of a task that moves from one group to another, or null if there is none.
function patchOf(from, to) {
  const by = state.group_by;
  if (FIXED.includes(by)) return null;
  if (by === 'due') return { none: { due_date: null }, today: { due_date: isoDay(new Date()) } }[to] ?? null;
  if (!(by in SETS)) return { [by]: to };
  return { [SETS[by]]: to === null ? [] : { add: [to], remove: from === null ? [] : [from] } };
}

// Moves a card to another column at once, and back if the server refuses it.
function move(id, from, to) {
  const patch = patchOf(from.key, to.key);
  if (!patch) {
    note(`Not moved: a task cannot be moved to “${labelOf(to)}”.`, { isError: true });
    return;
  }
  const { title } = tasks.get(id);
  const before = state.groups;
  const groups = before.map((group) => {
    if (group === from) return { ...group, count: group.count - 1, ids: group.ids.filter((other) => other !== id) };
    if (group !== to || group.ids.includes(id)) return group;
    return { ...group, count: group.count + 1, ids: [id, ...group.ids] };
  });
  set({ groups, said: `Moved ${title} to ${labelOf(to)}` });
  save(id, patch, { undo: () => state.groups === groups && set({ groups: before, said: `${title} is back in ${labelOf(from)}` }) });
}

const drag = dragAndDrop((id, from, to) => move(id, state.groups[from], state.groups[to]));

// Arrow keys go from card to card; with Shift, left and right move the card.
function onKey(event) {
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const upright = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!event.target.matches('.title') || (!sideways && !upright)) return;
  event.preventDefault();
  const card = event.target.closest('.card');
  const columns = [...event.currentTarget.querySelectorAll('.column')];
  const index = columns.indexOf(card.closest('.column'));
  const row = [...card.parentElement.children].indexOf(card);
  if (upright) {
    card.parentElement.children[row + upright]?.querySelector('.title').focus();
  } else if (event.shiftKey) {
    // Between two frames the card may have gone already.
    if (!columns[index + sideways] || !state.groups[index].ids.includes(card.dataset.id)) return;
    state.focus = card.dataset.id;
    move(card.dataset.id, state.groups[index], state.groups[index + sideways]);
  } else {
    const others = sideways < 0 ? columns.slice(0, index).reverse() : columns.slice(index + 1);
    const titles = [...(others.find((column) => column.querySelector('.title'))?.querySelectorAll('.title') ?? [])];
    titles[Math.min(row, titles.length - 1)]?.focus();
  }
}

// --- columns and cards ---

function number(value, noun) {
  if (!value) return nothing;
  return html`<span class="number" title=${count(value, noun)}><span class="icon ${noun}" aria-hidden="true"></span>${value}
    <span class="hidden">${noun}s</span></span>`;
}

function card(task) {
  const { account, assigned_to: people, comments_count: comments, attachments_count: files } = task.expanded ?? {};
  return html`<li class="card ${state.selected.has(task.id) ? 'selected' : ''}" data-id=${task.id} draggable="true">
    ${selectBox(task)}
    <button class="title" dir="auto" aria-describedby="keys" @click=${() => openTask(task.id)}>${task.title}</button>
    ${account ? html`<span class="account" dir="auto">${account.name}</span>` : nothing}
    <span class="facts">${priority(task)}${due(task)}${number(comments, 'comment')}${number(files, 'file')}${faces(people)}</span>
  </li>`;
}

// The next cards are fetched before their place is visible.
function onScroll({ target }, group) {
  if (target.scrollHeight - target.scrollTop < 2 * target.clientHeight) loadMore(group);
}

function column(group, index) {
  const label = labelOf(group);
  const ids = group.ids.filter((id) => tasks.has(id));
  const hasMore = group.next_cursor && group.count > group.ids.length;
  return html`<section class="column" data-place=${index} aria-label="${label}, ${count(group.count, 'task')}">
    <h2>${dot(group.key)}<span dir="auto">${label}</span><span class="count">${group.count.toLocaleString('en')}</span></h2>
    <ul class="cards" tabindex="-1" @scroll=${(event) => onScroll(event, group)}>${repeat(ids, (id) => id, (id) =>
      guard([tasks.get(id), state.selected.has(id)], () => card(tasks.get(id))))}</ul>
    ${hasMore ? html`<button class="quiet more" @click=${() => loadMore(group)}>Show more <span class="hidden">in ${label}</span></button>` : nothing}
  </section>`;
}

export function board() {
  if (!state.groups) return html`<div class="loading" role="status">Loading the board…</div>`;
  return html`<p id="keys" class="hidden">Arrow keys go to other tasks. Shift and left or right moves the task to another column.</p>
    <div class="board" @keydown=${onKey} @dragstart=${drag} @dragover=${drag} @drop=${drag} @dragend=${drag}>
      ${repeat(state.groups, ({ key }) => key, column)}</div>`;
}
