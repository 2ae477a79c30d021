// The panel of one task: its fields, comments, files and history.
import { html, nothing } from './lit-html/lit-html.js';
import { repeat } from './lit-html/directives/repeat.js';
import { ask, download, upload } from './api.js';
import { remove } from './bin.js';
import { loadSoon, note, readTask, save, set, show, state, tasks, tell } from './store.js';
import { contactName, findAccounts, findContacts, findPeople, findTeams, matches } from './picker.js';
import { ownFields } from './own.js';
import { momentText, PRIORITIES, sizeText, STATUSES } from './words.js';

const path = (id) => `/api/tasks/${id}/`;

export async function openTask(id) {
  state.opener = document.activeElement?.closest('[data-id]')?.dataset.id;
  set({ panel: { id, drafts: {}, uploads: [], comment: '', history: null } });
  await refresh();
}

// Reads what the panel shows, again if it is open.
export async function refresh() {
  const { panel } = state;
  if (!panel) return;
  try {
    await Promise.all([readTask(panel.id), readHistory(panel)]);
  } catch (error) {
    if (error.status === 404 && state.panel === panel) {
      closeTask();
      note('The task has been deleted.');
    } else {
      tell(error);
    }
  }
}

async function readHistory(panel) {
  panel.history = (await ask('GET', `${path(panel.id)}history/?limit=50&count=none`)).results;
  show();
}

export function closeTask() {
  set({ panel: null, focus: state.opener });
}

// --- fields ---

// A text is kept as a draft while it is written, with the version that it is based on.
function draft(task, key) {
  const { drafts } = state.panel;
  return {
    value: drafts[key]?.value ?? task[key] ?? '',
    write: (event) => { drafts[key] = { version: task.version, ...drafts[key], value: event.target.value }; },
    keep: () => {
      const { value, version } = drafts[key] ?? {};
      delete drafts[key];
      if (value !== undefined && value !== (task[key] ?? '')) save(task.id, { [key]: value || null }, { version }).then(refresh);
      show();
    },
  };
}

const change = (task, patch) => save(task.id, patch).then(refresh);

function choice(task, key, options) {
  return html`<label class="field"><span>${key[0].toUpperCase() + key.slice(1)}</span>
    <select name=${key} @change=${(event) => change(task, { [key]: event.target.value })}>${options.map((option) =>
      html`<option .selected=${option === task[key]}>${option}</option>`)}</select></label>`;
}

function links(task, key, label, find, chosen, single = false) {
  const pick = ({ detail }) => {
    const ids = detail.map(({ id }) => id);
    change(task, { [key]: single ? (ids.at(-1) ?? null) : { add: ids.filter((id) => !task[key].includes(id)), remove: task[key].filter((id) => !ids.includes(id)) } });
  };
  return html`<div class="field"><span aria-hidden="true">${label}</span>
    <pick-box .label=${label} .find=${find} .single=${single} .chosen=${chosen} @pick=${pick}></pick-box></div>`;
}

function fields(task) {
  const names = task.expanded ?? {};
  const title = draft(task, 'title');
  const description = draft(task, 'description');
  return html`
    <textarea class="title" name="title" aria-label="Title" rows="1" maxlength="255" dir="auto" .value=${title.value} @input=${title.write} @change=${title.keep}
      @keydown=${(event) => { if (event.key === 'Enter') { event.preventDefault(); event.target.blur(); } }}></textarea>
    <div class="fields">
      ${choice(task, 'status', STATUSES)} ${choice(task, 'priority', PRIORITIES)}
      <label class="field"><span>Due date</span><input type="date" name="due_date" .value=${task.due_date ?? ''} @change=${(event) => change(task, { due_date: event.target.value || null })}></label>
      ${links(task, 'account', 'Account', findAccounts, names.account ? [names.account] : [], true)}
      ${links(task, 'assigned_to', 'Assigned to', findPeople, names.assigned_to)}
      ${links(task, 'teams', 'Teams', findTeams, names.teams)}
      ${links(task, 'contacts', 'Contacts', findContacts, names.contacts?.map((contact) => ({ ...contact, name: contactName(contact) })))}
      ${ownFields(task, change)}
    </div>
    <label class="field wide"><span>Description</span><textarea name="description" rows="4" dir="auto" .value=${description.value}
      @input=${description.write} @change=${description.keep}></textarea></label>`;
}

// --- comments ---

// Which users the text before the caret can mean.
async function complete(event) {
  const { panel } = state;
  const { value, selectionStart } = event.target;
  panel.comment = value;
  const [, text] = /(?:^|\s)@([^\s@]*)$/.exec(value.slice(0, selectionStart)) ?? [];
  const asked = (panel.asked = {});
  const offer = (people) => {
    panel.mention = text !== undefined && people.length > 0 ? { people, active: 0, start: selectionStart - text.length, end: selectionStart } : null;
    show();
  };
  // A task tells up to 500 people who can be mentioned; in a larger organization there may be more.
  const known = panel.users_mention;
  offer(known.filter((person) => matches(person, text ?? '')).slice(0, 8));
  if (text === undefined || known.length < 500) return;
  const people = await findPeople(text).catch(() => []);
  if (panel.asked === asked) offer(people);
}

function mention(person) {
  const { panel } = state;
  const { start, end } = panel.mention;
  const name = person.email.split('@')[0];
  const text = document.querySelector('[name=comment]');
  panel.comment = `${panel.comment.slice(0, start)}${name} ${panel.comment.slice(end)}`;
  text.value = panel.comment;
  text.setSelectionRange(start + name.length + 1, start + name.length + 1);
  text.focus();
  panel.mention = null;
  show();
}

function mentionKey(event) {
  const { mention: open } = state.panel;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) sendComment(event);
  else if (!open) return;
  else if (step) open.active = (open.active + step + open.people.length) % open.people.length;
  else if (event.key === 'Enter' || event.key === 'Tab') mention(open.people[open.active]);
  else if (event.key === 'Escape') state.panel.mention = null;
  else return;
  event.preventDefault();
  event.stopPropagation();
  show();
}

async function sendComment(event) {
  event.preventDefault();
  const { panel } = state;
  const comment = panel.comment.trim();
  if (!comment) return;
  try {
    await ask('POST', path(panel.id), { comment }, { headers: { 'idempotency-key': (panel.key ??= crypto.randomUUID()) } });
    panel.comment = '';
    panel.key = null;
    document.querySelector('[name=comment]').value = '';
    await refresh();
    loadSoon();
  } catch (error) {
    tell(error);
  }
}

function comments(panel) {
  const { mention: open } = panel;
  return html`<section aria-labelledby="comments"><h3 id="comments">Comments <span class="count">${panel.comments_count}</span></h3>
    <ol class="talk">${repeat(panel.comments, ({ id }) => id, (comment) => html`<li>
      <p class="by"><strong dir="auto">${nameOf(comment.commented_by)}</strong> <time datetime=${comment.commented_on}>${momentText(comment.commented_on)}</time></p>
      <p class="text" dir="auto">${marked(comment.comment)}</p></li>`)}</ol>
    <form class="write" @submit=${sendComment}>
      <textarea name="comment" rows="2" aria-label="Comment" dir="auto" placeholder="Write a comment; @ mentions somebody" aria-autocomplete="list"
        aria-haspopup="listbox" aria-controls="people" aria-activedescendant=${open ? `person-${open.active}` : nothing} @input=${complete} @keydown=${mentionKey}></textarea>
      <ul id="people" role="listbox" aria-label="People" ?hidden=${!open}>${(open?.people ?? []).map((person, index) =>
        html`<li id="person-${index}" role="option" aria-selected=${index === open.active} @mousedown=${(event) => event.preventDefault()}
          @click=${() => mention(person)}><span dir="auto">${person.name}</span> <small>${person.email}</small></li>`)}</ul>
      <button>Comment</button>
    </form></section>`;
}

function nameOf(id) {
  const people = [...(state.panel.users_mention ?? []), state.me.user];
  return people.find((person) => person.id === id)?.name ?? 'A former member';
}

// A text, with what looks like a mention marked.
function marked(text) {
  return text.split(/((?:^|(?<=\s))@[^\s@]+)/u).map((part, index) => (index % 2 ? html`<mark>${part}</mark>` : part));
}

// --- files ---

async function sendFiles(event) {
  const { panel } = state;
  const files = [...event.target.files];
  event.target.value = '';
  for (const file of files) {
    const item = { name: file.name, done: 0 };
    panel.uploads.push(item);
    show();
    try {
      await upload(path(panel.id), file, (done) => { item.done = done; show(); });
    } catch (error) {
      tell(error);
    }
    panel.uploads.splice(panel.uploads.indexOf(item), 1);
  }
  await refresh();
  loadSoon();
}

async function fetchFile(file) {
  const item = { name: file.file_name, done: 0 };
  state.panel?.uploads.push(item);
  await download(file, (done) => { item.done = done; show(); }).catch(tell);
  state.panel?.uploads.splice(state.panel.uploads.indexOf(item), 1);
  show();
}

async function removeFile(file) {
  await ask('DELETE', `/api/tasks/attachment/${file.id}/`).catch(tell);
  await refresh();
  loadSoon();
}

function files(panel) {
  return html`<section aria-labelledby="files"><h3 id="files">Files <span class="count">${panel.attachments_count}</span></h3>
    <ul class="files">${repeat(panel.attachments, ({ id }) => id, (file) => html`<li>
      ${file.size === null
        ? html`<a href=${file.attachment} target="_blank" rel="noopener noreferrer" dir="auto">${file.file_name}</a>`
        : html`<button class="link" dir="auto" @click=${() => fetchFile(file)}>${file.file_name}</button>`}
      <small>${sizeText(file.size)}</small>
      <button class="quiet" aria-label="Delete ${file.file_name}" @click=${() => removeFile(file)}>×</button></li>`)}
      ${panel.uploads.map(({ name, done }) => html`<li><span dir="auto">${name}</span> <progress max="1" value=${done} aria-label=${name}></progress></li>`)}</ul>
    <label class="button quiet">Add files<input type="file" multiple class="hidden" @change=${sendFiles}></label></section>`;
}

// --- history ---

const DEEDS = { created: 'created', updated: 'changed', deleted: 'deleted', restored: 'restored' };

// What somebody did: an event has a type such as comment.created.
function deed({ type }) {
  const [noun, verb] = type.split('.');
  return `${DEEDS[verb] ?? verb} the ${noun}`;
}

function told(event, key, { from, to, added, removed }) {
  const text = (value) => (value === null || value === undefined ? 'nothing' : (event.names?.[value] ?? (typeof value === 'object' ? JSON.stringify(value) : String(value))));
  const list = (ids) => ids.map(text).join(', ');
  const name = key.replaceAll('_', ' ');
  if (added || removed) return html`<li>${name}: ${added?.length ? html`<ins dir="auto">${list(added)}</ins>` : nothing} ${removed?.length ? html`<del dir="auto">${list(removed)}</del>` : nothing}</li>`;
  return html`<li>${name}: <del dir="auto">${text(from)}</del>${to === undefined ? nothing : html` → <ins dir="auto">${text(to)}</ins>`}</li>`;
}

function history(panel) {
  if (!panel.history) return nothing;
  return html`<section aria-labelledby="history"><h3 id="history">History</h3>
    <ol class="history">${panel.history.map((event) => html`<li>
      <p class="by"><strong dir="auto">${event.actor_name ?? 'The administrator'}</strong> ${deed(event)} <time datetime=${event.happened_on}>${momentText(event.happened_on)}</time></p>
      <ul>${Object.entries(event.changes ?? {}).filter(([, values]) => typeof values === 'object' && values !== null).map(([key, values]) => told(event, key, values))}</ul></li>`)}</ol></section>`;
}

// --- the panel ---

function removeThis() {
  const { id } = state.panel;
  closeTask();
  remove([id]);
}

export function panel() {
  const { panel: open } = state;
  if (!open) return nothing;
  const task = tasks.get(open.id);
  return html`<dialog class="panel" aria-label=${task?.title ?? 'Task'} data-modal="panel" @cancel=${(event) => { event.preventDefault(); closeTask(); }}
    @mousedown=${(event) => { if (event.target.matches('dialog')) closeTask(); }}>
    <div class="sheet"><header><small>${open.ready ? `Created by ${task?.expanded?.created_by?.name ?? 'a former member'} · version ${task?.version}` : 'Loading…'}</small>
      <button class="quiet" @click=${removeThis}>Delete</button><button class="quiet" aria-label="Close" @click=${closeTask}>×</button></header>
    ${task ? fields(task) : nothing}
    ${open.ready ? html`${comments(open)} ${files(open)} ${history(open)}` : nothing}</div></dialog>`;
}
