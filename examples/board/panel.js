// The panel of one task: its fields, and below them comments, files and history.
import { html, nothing } from './lit-html/lit-html.js';
import { ask, query } from './api.js';
import { remove } from './bin.js';
import { comments } from './comments.js';
import { files } from './files.js';
import { history } from './history.js';
import { ownFields } from './own.js';
import { same, select } from './parts.js';
import { contactName, findAccounts, findContacts, findPeople, findTeams } from './picker.js';
import { readTask, save } from './save.js';
import { note, set, show, state, tasks, tell } from './store.js';
import { PRIORITIES, STATUSES } from './words.js';

const MOST = 1000; // comments, files and events that are read at once

// state.panel has, beside what the API answers for the page of a task:
//   drafts    texts that are being written, by field: {base, version, value}
//   writing   texts of comments that are being written: see comments.js
//   transfers files that are on their way: see files.js
//   isWhole   whether older comments, files and events are shown too
export async function openTask(id) {
  const opener = document.activeElement?.closest('[data-id]')?.dataset.id;
  set({ panel: { id, opener, drafts: {}, writing: {}, transfers: [], history: null } });
  await refresh();
}

// Reads what the panel shows, again if it is open.
export async function refresh() {
  const { panel } = state;
  if (!panel) return;
  try {
    await Promise.all([readTask(panel.id), readPart(panel, 'history', panel.isWhole ? MOST : 50)]);
    if (panel.isWhole) await Promise.all([readPart(panel, 'comments', MOST), readPart(panel, 'attachments', MOST)]);
  } catch (error) {
    if (error.status === 404 && state.panel === panel) {
      closeTask();
      note('The task has been deleted.');
    } else {
      tell(error);
    }
  }
}

// The page of a task has the newest 100 comments and files, oldest first.
async function readPart(panel, part, limit) {
  const { results } = await ask('GET', `/api/tasks/${panel.id}/${part}/${query({ limit, count: 'none' })}`);
  panel[part] = part === 'history' ? results : results.reverse();
  show();
}

export function showWhole() {
  state.panel.isWhole = true;
  return refresh();
}

export function closeTask() {
  set({ focus: state.panel.opener, panel: null });
}

function removeThis() {
  const { id } = state.panel;
  closeTask();
  remove([id]);
}

// --- fields ---

const change = (task, patch) => save(task.id, patch).then(refresh);

// A text is a draft while it is written.  If somebody else changes the field meanwhile, the
// draft is sent with the version on which it is based, so that the server refuses it.  What the
// page knows may be newer than what it shows.
function draft(task, key) {
  const { drafts } = state.panel;
  const shown = task[key] ?? '';
  return {
    value: drafts[key]?.value ?? shown,
    write: ({ target }) => { drafts[key] = { base: shown, version: task.version, ...drafts[key], value: target.value }; },
    keep: () => {
      const now = tasks.get(task.id)?.[key] ?? '';
      const { base, version, value = now } = drafts[key] ?? {};
      delete drafts[key];
      if (value !== now) save(task.id, { [key]: value || null }, base === now ? {} : { version }).then(refresh);
      show();
    },
  };
}

function choice(task, key, label, options) {
  return html`<label class="field"><span>${label}</span>${select(label, same(options), task[key], (value) => change(task, { [key]: value }))}</label>`;
}

function picker(label, find, chosen, pick, isSingle = false) {
  return html`<div class="field"><span aria-hidden="true">${label}</span>
    <pick-box .label=${label} .find=${find} .single=${isSingle} .chosen=${chosen} @pick=${({ detail }) => pick(detail.map(({ id }) => id))}></pick-box></div>`;
}

// Sends what was added and removed, so that two people can do so at once.
function setPicker(task, key, label, find, chosen) {
  return picker(label, find, chosen, (ids) => change(task, {
    [key]: { add: ids.filter((id) => !task[key].includes(id)), remove: task[key].filter((id) => !ids.includes(id)) },
  }));
}

function leaveOnEnter(event) {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  event.target.blur();
}

function fields(task) {
  const { account, assigned_to, teams, contacts } = task.expanded ?? {};
  const title = draft(task, 'title');
  const description = draft(task, 'description');
  return html`
    <textarea class="title" name="title" aria-label="Title" rows="1" maxlength="255" dir="auto" .value=${title.value}
      @input=${title.write} @change=${title.keep} @keydown=${leaveOnEnter}></textarea>
    <div class="fields">
      ${choice(task, 'status', 'Status', STATUSES)}
      ${choice(task, 'priority', 'Priority', PRIORITIES)}
      <label class="field"><span>Due date</span><input type="date" name="due_date" .value=${task.due_date ?? ''}
        @change=${({ target }) => change(task, { due_date: target.value || null })}></label>
      ${picker('Account', findAccounts, account ? [account] : [], (ids) => change(task, { account: ids.at(-1) ?? null }), true)}
      ${setPicker(task, 'assigned_to', 'Assigned to', findPeople, assigned_to)}
      ${setPicker(task, 'teams', 'Teams', findTeams, teams)}
      ${setPicker(task, 'contacts', 'Contacts', findContacts, contacts?.map((contact) => ({ ...contact, name: contactName(contact) })))}
      ${ownFields(task, change)}
    </div>
    <label class="field wide"><span>Description</span><textarea name="description" rows="4" dir="auto" .value=${description.value}
      @input=${description.write} @change=${description.keep}></textarea></label>`;
}

// --- the panel ---

export function panel() {
  const { panel: open } = state;
  if (!open) return nothing;
  const task = tasks.get(open.id);
  const author = task?.expanded?.created_by?.name ?? 'a former member';
  return html`<dialog class="panel" aria-label=${task?.title ?? 'Task'} data-modal="panel" @cancel=${(event) => { event.preventDefault(); closeTask(); }}
    @mousedown=${({ target }) => { if (target.matches('dialog')) closeTask(); }}>
    <div class="sheet"><header><small>${open.isReady ? `Created by ${author} · version ${task?.version}` : 'Loading…'}</small>
      <button class="quiet" @click=${removeThis}>Delete task</button><button class="quiet" aria-label="Close" @click=${closeTask}>×</button></header>
    ${task ? fields(task) : nothing}
    ${open.isReady ? html`${comments(open)} ${files(open)} ${history(open)}` : nothing}</div></dialog>`;
}
