// The calendar: a month of due dates, and tasks that move to other days by mouse or keyboard.
import { html, nothing } from './lit-html/lit-html.js';
import { repeat } from './lit-html/directives/repeat.js';
import { dragAndDrop } from './drag.js';
import { openTask } from './panel.js';
import { save } from './save.js';
import { choose, set, state, tasks } from './store.js';
import { addDays, count, dayOf, isoDay, isOverdue } from './words.js';

const IN_A_DAY = 4;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' });

// --- moving ---

// Another due date, at once, and back if the server refuses it.
function move(id, from, to) {
  const { title } = tasks.get(id);
  set({ moved: id, said: `${title} is due on ${to}` });
  save(id, { due_date: to }, { undo: () => set({ said: `${title} is due on ${from} again` }) });
}

const drag = dragAndDrop(move);

// Arrow keys go from task to task; with Shift, they move the task by a day or a week.
function onKey(event) {
  const days = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[event.key];
  if (!event.target.matches('.title') || !days) return;
  event.preventDefault();
  const cell = event.target.closest('td');
  if (event.shiftKey) {
    const { id } = event.target.closest('li').dataset;
    const from = tasks.get(id).due_date;
    const to = addDays(from, days);
    state.focus = id;
    move(id, from, to);
    if (!event.currentTarget.querySelector(`[data-place="${to}"]`)) choose({ month: to.slice(0, 7) });
    return;
  }
  const titles = [...event.currentTarget.querySelectorAll('.title')];
  const place = titles.indexOf(event.target);
  const others = days < 0 ? titles.slice(0, place).reverse() : titles.slice(place + 1);
  const next = Math.abs(days) === 1 ? others.find((title) => !cell.contains(title)) : others[0];
  next?.focus();
}

// --- the month ---

function turn(months) {
  const first = dayOf(`${state.month}-01`);
  first.setMonth(first.getMonth() + months);
  choose({ month: isoDay(first).slice(0, 7) });
}

// The weeks of the month, each as seven days.
function weeks() {
  const first = dayOf(`${state.month}-01`);
  const result = [];
  let monday = addDays(isoDay(first), -((first.getDay() + 6) % 7));
  do {
    result.push(WEEKDAYS.map((_, index) => addDays(monday, index)));
    monday = addDays(monday, 7);
  } while (monday.startsWith(state.month));
  return result;
}

function item(id) {
  const task = tasks.get(id);
  const look = task.status === 'Completed' ? 'done' : isOverdue(task) ? 'late' : '';
  return html`<li data-id=${id} draggable="true">
    <button class="title ${look}" dir="auto" title=${task.title} aria-describedby="keys" @click=${() => openTask(id)}>${task.title}</button></li>`;
}

function cell(iso, ids) {
  const more = ids.length - IN_A_DAY;
  const showDay = () => choose({ mode: 'list', filters: { ...state.filters, due_date: iso } });
  const isToday = iso === isoDay(new Date());
  return html`<td class="${iso.startsWith(state.month) ? '' : 'other'} ${isToday ? 'today' : ''}" data-place=${iso}>
    <time datetime=${iso}>${Number(iso.slice(8))}</time>
    <ul>${repeat(more > 1 ? ids.slice(0, IN_A_DAY) : ids, (id) => id, item)}</ul>
    ${more > 1 ? html`<button class="quiet" aria-label="${count(ids.length, 'task')} due ${iso}" @click=${showDay}>+${more} more</button>` : nothing}</td>`;
}

// The tasks of each day; the one that was moved last comes first, so that it stays in sight.
function byDay(ids) {
  const days = new Map();
  for (const id of ids.toSorted((one, other) => (other === state.moved) - (one === state.moved))) {
    const day = tasks.get(id)?.due_date;
    if (day) days.set(day, [...(days.get(day) ?? []), id]);
  }
  return days;
}

export function calendar() {
  if (!state.list) return html`<div class="loading" role="status">Loading the calendar…</div>`;
  const days = byDay(state.list.ids);
  return html`<p id="keys" class="hidden">Arrow keys go to other tasks. With Shift they move the task by a day or a week.</p>
    <section class="calendar" aria-label="Calendar"><header><button class="quiet" aria-label="Month before" @click=${() => turn(-1)}>‹</button>
    <h2 aria-live="polite">${monthName.format(dayOf(`${state.month}-01`))}</h2>
    <button class="quiet" aria-label="Month after" @click=${() => turn(1)}>›</button></header>
    <div class="scroll" tabindex="0" role="region" aria-label="Days" @keydown=${onKey} @dragstart=${drag} @dragover=${drag} @drop=${drag} @dragend=${drag}>
      <table><thead><tr>${WEEKDAYS.map((day) => html`<th scope="col">${day}</th>`)}</tr></thead>
      <tbody>${weeks().map((week) => html`<tr>${week.map((iso) => cell(iso, days.get(iso) ?? []))}</tr>`)}</tbody></table></div></section>`;
}
