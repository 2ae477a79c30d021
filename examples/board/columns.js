// The board: a column for each group, and cards that move between columns by mouse or keyboard.
import { html, nothing } from './lit-html/lit-html.js';
import { guard } from './lit-html/directives/guard.js';
import { repeat } from './lit-html/directives/repeat.js';
import { loadMore, note, save, set, show, state, tasks } from './store.js';
import { openTask } from './panel.js';
import { count, dueText, hue, initials, isOverdue } from './words.js';

const SETS = { assigned_to: 'assigned_to', team: 'teams', contact: 'contacts' };
const FIXED = ['created_by', 'created'];

// --- cards ---

export function faces(people = []) {
  const more = people.length > 3 ? html`<span class="face more">+${people.length - 2}</span>` : nothing;
  return html`<span class="faces">${people.slice(0, more === nothing ? 3 : 2).map(({ name }) =>
    html`<span class="face hue${hue(name)}" title=${name}><span aria-hidden="true">${initials(name)}</span><span class="hidden">${name}</span></span>`)}${more}</span>`;
}

export function due(task) {
  if (!task.due_date) return nothing;
  return html`<time class="due ${isOverdue(task) ? 'late' : ''}" datetime=${task.due_date} title="Due ${task.due_date}">${dueText(task.due_date)}</time>`;
}

export function priority(task) {
  return html`<span class="priority ${task.priority.toLowerCase()}">${task.priority}</span>`;
}

function number(value, icon, noun) {
  if (!value) return nothing;
  return html`<span class="number" title=${count(value, noun)}><span class="icon ${icon}" aria-hidden="true"></span>${value}<span class="hidden"> ${noun}s</span></span>`;
}

export function toggleSelected(id) {
  const selected = new Set(state.selected);
  if (!selected.delete(id)) selected.add(id);
  set({ selected, bulk: null });
}

export function selectBox(task) {
  return html`<input type="checkbox" class="select" aria-label="Select ${task.title}" .checked=${state.selected.has(task.id)}
    @change=${() => toggleSelected(task.id)}>`;
}

function card(task) {
  const { account, assigned_to: people, comments_count: comments, attachments_count: files } = task.expanded ?? {};
  return html`<li class="card ${state.selected.has(task.id) ? 'selected' : ''}" data-id=${task.id} draggable="true">
    ${selectBox(task)}
    <button class="title" dir="auto" aria-describedby="keys" @click=${() => openTask(task.id)}>${task.title}</button>
    ${account ? html`<span class="account" dir="auto">${account.name}</span>` : nothing}
    <span class="facts">${priority(task)}${due(task)}${number(comments, 'comment', 'comment')}${number(files, 'file', 'file')}${faces(people)}</span>
  </li>`;
}

// --- moving ---

// The change of a task that moves from one group to another, or null if there is none.
function patchOf(task, from, to) {
  const by = state.group_by;
  if (FIXED.includes(by)) return null;
  if (by === 'due') return to === 'none' ? { due_date: null } : to === 'today' ? { due_date: new Date().toISOString().slice(0, 10) } : null;
  if (!(by in SETS)) return { [by]: to };
  return { [SETS[by]]: to === null ? [] : { add: [to], remove: from === null ? [] : [from] } };
}

// Moves a card to another column at once, and back if the server refuses it.
export function move(id, from, to) {
  const task = tasks.get(id);
  const patch = patchOf(task, from.key, to.key);
  if (from === to) return;
  if (!patch) {
    note(`Not moved: a task cannot be moved to “${to.label}”.`, { isError: true });
    return;
  }
  const before = state.groups;
  const groups = before.map((group) => {
    if (group === from) return { ...group, count: group.count - 1, ids: group.ids.filter((other) => other !== id) };
    if (group !== to) return group;
    const there = group.ids.includes(id);
    return there ? group : { ...group, count: group.count + 1, ids: [id, ...group.ids] };
  });
  set({ groups, said: `Moved ${task.title} to ${labelOf(to)}` });
  save(id, patch, { undo: () => state.groups === groups && set({ groups: before, said: `${task.title} is back in ${labelOf(from)}` }) });
}

function groupOf(element) {
  const column = element.closest?.('.column');
  return column ? state.groups[Number(column.dataset.index)] : null;
}

function markOver(column) {
  for (const other of document.querySelectorAll('.column.over')) if (other !== column) other.classList.remove('over');
  column?.classList.add('over');
}

const dragging = {
  dragstart(event) {
    const element = event.target.closest('.card');
    state.dragging = { id: element.dataset.id, from: groupOf(element) };
    event.dataTransfer.setData('text/plain', tasks.get(element.dataset.id).title);
    event.dataTransfer.effectAllowed = 'move';
    requestAnimationFrame(() => element.classList.add('dragged'));
  },
  dragover(event) {
    const column = event.target.closest('.column');
    if (!column || !state.dragging) return;
    event.preventDefault();
    markOver(column);
  },
  drop(event) {
    event.preventDefault();
    const { id, from } = state.dragging;
    const to = groupOf(event.target);
    dragging.dragend();
    if (to) move(id, state.groups.find(({ key }) => key === from.key), to);
  },
  dragend() {
    markOver(null);
    document.querySelector('.dragged')?.classList.remove('dragged');
    state.dragging = null;
  },
};

// Arrow keys go from card to card; with Shift, left and right move the card.
function onKey(event) {
  const element = event.target.closest('.card');
  if (!element || !event.target.matches('.title')) return;
  const column = element.closest('.column');
  const index = Number(column.dataset.index);
  const place = [...element.parentElement.children].indexOf(element);
  const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const upright = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!sideways && !upright) return;
  event.preventDefault();
  if (upright) {
    element.parentElement.children[place + upright]?.querySelector('.title')?.focus();
  } else if (event.shiftKey && state.groups[index + sideways]) {
    state.focus = element.dataset.id;
    move(element.dataset.id, state.groups[index], state.groups[index + sideways]);
  } else {
    for (let next = index + sideways; state.groups[next]; next += sideways) {
      const titles = document.querySelectorAll(`.column[data-index="${next}"] .title`);
      if (titles.length > 0) {
        titles[Math.min(place, titles.length - 1)].focus();
        break;
      }
    }
  }
}

// --- columns ---

const NONE = { assigned_to: 'Nobody', team: 'No team', account: 'No account', contact: 'No contact' };

function labelOf(group) {
  return group.label ?? NONE[state.group_by] ?? 'None';
}

function column(group, index) {
  const label = labelOf(group);
  const left = group.count - group.ids.length;
  return html`<section class="column" data-index=${index} aria-label="${label}, ${count(group.count, 'task')}">
    <h2><span class="dot ${String(group.key).toLowerCase().replace(/\W/g, '-')}"></span><span dir="auto">${label}</span><span class="count">${group.count.toLocaleString('en')}</span></h2>
    <ul class="cards" tabindex="-1">${repeat(group.ids.filter((id) => tasks.has(id)), (id) => id, (id) => guard([tasks.get(id), state.selected.has(id)], () => card(tasks.get(id))))}</ul>
    ${group.next_cursor && left > 0 ? html`<button class="quiet more" @click=${() => loadMore(group)}>Show more <span class="hidden">in ${label}</span></button>` : nothing}
  </section>`;
}

export function board() {
  if (!state.groups) return html`<div class="loading" role="status">Loading the board…</div>`;
  return html`<p id="keys" class="hidden">Arrow keys go to other tasks. Shift and left or right moves the task to another column.</p>
    <div class="board" @keydown=${onKey} @dragstart=${dragging.dragstart} @dragover=${dragging.dragover} @drop=${dragging.drop} @dragend=${dragging.dragend}>
      ${repeat(state.groups, ({ key }) => key, column)}
    </div>`;
}
