// The calendar: a month of due dates.
import { html, nothing } from './lit-html/lit-html.js';
import { choose, state, tasks } from './store.js';
import { openTask } from './panel.js';
import { count, dayOf, isoDay, isOverdue } from './words.js';

const IN_A_DAY = 4;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const monthName = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' });

function turn(months) {
  const first = dayOf(`${state.month}-01`);
  first.setMonth(first.getMonth() + months);
  choose({ month: isoDay(first).slice(0, 7) });
}

// The weeks of the month, each as seven days.
function weeks() {
  const day = dayOf(`${state.month}-01`);
  day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
  const result = [];
  do {
    result.push(WEEKDAYS.map(() => {
      const iso = isoDay(day);
      day.setDate(day.getDate() + 1);
      return iso;
    }));
  } while (isoDay(day).startsWith(state.month));
  return result;
}

function cell(iso, ids) {
  const classes = [iso.startsWith(state.month) ? '' : 'other', iso === isoDay(new Date()) ? 'today' : ''].join(' ');
  const more = ids.length - IN_A_DAY;
  const showDay = () => choose({ mode: 'list', filters: { ...state.filters, due_date: iso } });
  return html`<td class=${classes}><time datetime=${iso}>${Number(iso.slice(8))}</time>
    <ul>${ids.slice(0, more > 1 ? IN_A_DAY : IN_A_DAY + 1).map((id) => {
      const task = tasks.get(id);
      return html`<li data-id=${id}><button class="title ${task.status === 'Completed' ? 'done' : isOverdue(task) ? 'late' : ''}" dir="auto" title=${task.title} @click=${() => openTask(id)}>${task.title}</button></li>`;
    })}</ul>${more > 1 ? html`<button class="quiet" aria-label="${count(ids.length, 'task')} due ${iso}" @click=${showDay}>+${more} more</button>` : nothing}</td>`;
}

export function calendar() {
  if (!state.list) return html`<div class="loading" role="status">Loading the calendar…</div>`;
  const days = new Map();
  for (const id of state.list.ids) {
    const day = tasks.get(id)?.due_date;
    if (day) days.set(day, [...(days.get(day) ?? []), id]);
  }
  return html`<section class="calendar" aria-label="Calendar"><header><button class="quiet" aria-label="Month before" @click=${() => turn(-1)}>‹</button>
    <h2 aria-live="polite">${monthName.format(dayOf(`${state.month}-01`))}</h2><button class="quiet" aria-label="Month after" @click=${() => turn(1)}>›</button></header>
    <div class="scroll" tabindex="0" role="region" aria-label="Days"><table><thead><tr>${WEEKDAYS.map((day) => html`<th scope="col">${day}</th>`)}</tr></thead>
    <tbody>${weeks().map((week) => html`<tr>${week.map((iso) => cell(iso, days.get(iso) ?? []))}</tr>`)}</tbody></table></div></section>`;
}
