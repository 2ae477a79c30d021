// The comments of the task in the panel: written, edited and deleted, with @ to mention somebody.
import { html, nothing } from './lit-html/lit-html.js';
import { repeat } from './lit-html/directives/repeat.js';
import { ask } from './api.js';
import { refresh, showWhole } from './panel.js';
import { findPeople, matches } from './picker.js';
import { loadSoon, show, state, tell } from './store.js';
import { momentText } from './words.js';

// The panel keeps texts that are being written in panel.writing, by the id of the comment, or by
// 'new'.  panel.mention: whom @ can mean: {key: of the text, people, active, start, end}.
// panel.toDelete: the comment about which the user is asked.
const NEW = 'new';

// --- @ ---

// Offers the people whom the text before the caret can mean.
async function complete({ target }, key) {
  const { panel } = state;
  const { value, selectionStart: end } = target;
  panel.writing[key] = value;
  const [, text] = /(?:^|\s)@([^\s@]*)$/.exec(value.slice(0, end)) ?? [];
  const mine = { key, people: [], active: 0, start: end - text?.length, end };
  panel.mention = text === undefined ? null : mine;
  const offer = (people) => {
    mine.people = people.slice(0, 8);
    show();
  };
  // A task tells up to 500 people who can be mentioned; in a larger organization there may be more.
  const known = panel.users_mention;
  offer(known.filter((person) => matches(person, text ?? '')));
  if (text !== undefined && known.length >= 500) await findPeople(text).then(offer, () => {});
}

function mention(person) {
  const { writing, mention: { key, start, end } } = state.panel;
  const name = person.email.split('@')[0];
  const input = document.querySelector(`[name="comment-${key}"]`);
  writing[key] = `${writing[key].slice(0, start)}${name} ${writing[key].slice(end)}`;
  input.value = writing[key];
  input.setSelectionRange(start + name.length + 1, start + name.length + 1);
  input.focus();
  state.panel.mention = null;
  show();
}

function onKey(event, key, send) {
  const { mention: open } = state.panel;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event);
  else if (event.key === 'Escape' && key !== NEW && !open) stop(key);
  else if (!open?.people.length) return;
  else if (step) open.active = (open.active + step + open.people.length) % open.people.length;
  else if (event.key === 'Enter' || event.key === 'Tab') mention(open.people[open.active]);
  else if (event.key === 'Escape') state.panel.mention = null;
  else return;
  event.preventDefault();
  event.stopPropagation();
  show();
}

// A text that is being written.  send: submits it; more: further buttons.
function writer(key, label, action, send, more = nothing) {
  const { writing, mention: open } = state.panel;
  const people = open?.key === key ? open.people : [];
  return html`<form class="write" @submit=${send}>
    <textarea name="comment-${key}" rows="2" aria-label=${label} dir="auto" placeholder="Write a comment; @ mentions somebody" .value=${writing[key] ?? ''}
      aria-autocomplete="list" aria-haspopup="listbox" aria-controls="people-${key}"
      aria-activedescendant=${people.length > 0 ? `person-${key}-${open.active}` : nothing}
      @input=${(event) => complete(event, key)} @keydown=${(event) => onKey(event, key, send)}></textarea>
    <ul id="people-${key}" role="listbox" aria-label="People" ?hidden=${people.length === 0}>${people.map((person, index) =>
      html`<li id="person-${key}-${index}" role="option" aria-selected=${index === open.active} @mousedown=${(event) => event.preventDefault()}
        @click=${() => mention(person)}><span dir="auto">${person.name}</span> <small>${person.email}</small></li>`)}</ul>
    <span><button>${action}</button>${more}</span>
  </form>`;
}

// --- comments ---

async function change(method, path, body, headers) {
  try {
    await ask(method, path, body, { headers });
  } catch (error) {
    tell(error);
    return false;
  }
  await refresh();
  loadSoon();
  return true;
}

async function add(event) {
  event.preventDefault();
  const { panel } = state;
  const comment = panel.writing[NEW]?.trim();
  if (!comment) return;
  // Sent again after an error, it is not added twice.
  panel.key ??= crypto.randomUUID();
  if (!await change('POST', `/api/tasks/${panel.id}/`, { comment }, { 'idempotency-key': panel.key })) return;
  panel.key = null;
  stop(NEW);
}

async function edit(event, { id }) {
  event.preventDefault();
  const comment = state.panel.writing[id].trim();
  if (comment && await change('PUT', `/api/tasks/comment/${id}/`, { comment })) stop(id);
}

function remove({ id }) {
  return change('DELETE', `/api/tasks/comment/${id}/`);
}

function begin({ id, comment }) {
  state.panel.writing[id] = comment;
  show();
  requestAnimationFrame(() => document.querySelector(`[name="comment-${id}"]`)?.focus());
}

function stop(key) {
  if (!state.panel) return;
  delete state.panel.writing[key];
  state.panel.mention = null;
  show();
}

function nameOf(id) {
  const people = [...(state.panel.users_mention ?? []), state.me.user];
  return people.find((person) => person.id === id)?.name ?? 'A former member';
}

// A text, with what looks like a mention marked.
function marked(text) {
  return text.split(/((?:^|(?<=\s))@[^\s@]+)/u).map((part, index) => (index % 2 ? html`<mark>${part}</mark>` : part));
}

// What the author of a comment, or an admin, can do with it.
function deeds(comment) {
  const { user, role } = state.me;
  if (comment.commented_by !== user.id && role !== 'admin') return nothing;
  const consider = (id) => { state.panel.toDelete = id; show(); };
  return state.panel.toDelete === comment.id
    ? html`<button class="danger" @click=${() => remove(comment)}>Delete for ever</button><button class="quiet" @click=${() => consider(null)}>Keep</button>`
    : html`<button class="quiet" @click=${() => begin(comment)}>Edit</button><button class="quiet" @click=${() => consider(comment.id)}>Delete</button>`;
}

function oneComment(comment) {
  const { id, commented_by, commented_on, edited_on } = comment;
  const isWriting = id in state.panel.writing;
  return html`<li><p class="by"><strong dir="auto">${nameOf(commented_by)}</strong> <time datetime=${commented_on}>${momentText(commented_on)}</time>
      ${edited_on ? html`<small title="Edited ${momentText(edited_on)}">edited</small>` : nothing}
      <span class="grow"></span>${isWriting ? nothing : deeds(comment)}</p>
    ${isWriting
      ? writer(id, 'Edit comment', 'Save', (event) => edit(event, comment), html`<button type="button" class="quiet" @click=${() => stop(id)}>Cancel</button>`)
      : html`<p class="text" dir="auto">${marked(comment.comment)}</p>`}</li>`;
}

export function comments({ comments: known, comments_count: number }) {
  return html`<section aria-labelledby="comments"><h3 id="comments">Comments <span class="count">${number}</span></h3>
    ${known.length < number ? html`<button class="quiet" @click=${showWhole}>Show earlier comments</button>` : nothing}
    <ol class="talk">${repeat(known, ({ id }) => id, oneComment)}</ol>
    ${writer(NEW, 'Comment', 'Comment', add)}</section>`;
}
