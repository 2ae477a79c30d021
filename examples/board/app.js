// The page: who is signed in, the bars on top, and the view below them.
import { html, nothing, render } from './lit-html/lit-html.js';
import { ask, chooseOrganization, currentUser, demoUsers, isSignedIn, signInAs, signInWith, signOut } from './api.js';
import { board } from './board.js';
import { bulkBar } from './bulk.js';
import { calendar } from './calendar.js';
import { list } from './list.js';
import { follow } from './live.js';
import { readOwnColumns } from './own.js';
import { openTask, panel } from './panel.js';
import { select } from './parts.js';
import { settle } from './save.js';
import { dismiss, load, names, onShow, readAddress, set, show, state, tell } from './store.js';
import { dialogs, tools } from './tools.js';
import { totals } from './totals.js';

const VIEWS = { board, list, calendar };
const ICON = new URL('icon.svg', import.meta.url);

// --- who ---

function signIn(event) {
  event.preventDefault();
  signInWith(new FormData(event.target).get('token').trim());
}

function people() {
  return html`<main class="welcome"><h1>Tasks</h1>
    ${state.demo.length > 0
      ? html`<p>Choose who you are. Each organization sees only itself.</p><ul>${state.demo.map(({ user, name, about }) =>
        html`<li><button @click=${() => signInAs(user)}><strong>${name}</strong><small>${about}</small></button></li>`)}</ul>`
      : html`<form @submit=${signIn}><label class="field"><span>Token</span><input name="token" required autocomplete="off"></label>
        <button>Sign in</button></form>`}
  </main>`;
}

function organizations() {
  const { user, organizations: known } = state.me;
  return html`<main class="welcome"><h1>Hello, ${user.name}</h1><p>Choose an organization.</p>
    <ul>${known.map(({ id, name, role }) =>
      html`<li><button @click=${() => chooseOrganization(id)}><strong dir="auto">${name}</strong><small>${role}</small></button></li>`)}</ul></main>`;
}

// Lists of organizations and of users, where there is a choice.
function switches() {
  const { user, organizations: known, org } = state.me;
  return html`${known.length > 1
    ? select('Organization', known.map(({ id, name }) => [id, name]), org, chooseOrganization)
    : html`<span class="org" dir="auto">${known[0]?.name}</span>`}
    ${state.demo.length > 0
      ? select('User', state.demo.map(({ user: id, name }) => [id, name]), currentUser(), signInAs)
      : html`<span dir="auto">${user.name}</span><button class="quiet" @click=${signOut}>Sign out</button>`}`;
}

// --- the page ---

const LIVE = { live: 'Live', connecting: 'Connecting…', offline: 'Offline' };

function header() {
  return html`<header class="top"><h1><img src=${ICON} alt="" width="24" height="24">Tasks</h1>
    <span class="live ${state.live}" role="status">${LIVE[state.live]}</span><span class="grow"></span>
    <button class="primary" @click=${() => set({ dialog: 'new' })}>New task</button>${state.me ? switches() : nothing}</header>`;
}

function oneNote(message) {
  const { text, action, isError } = message;
  const act = () => {
    dismiss(message);
    action.run();
  };
  return html`<p class=${isError ? 'note error' : 'note'}><span dir="auto">${text}</span>
    ${action ? html`<button @click=${act}>${action.label}</button>` : nothing}
    <button class="quiet" aria-label="Dismiss" @click=${() => dismiss(message)}>×</button></p>`;
}

function notes() {
  return html`<div class="notes" role="status" aria-live="polite">${state.notes.map(oneNote)}</div>
    <p class="hidden" role="status" aria-live="assertive">${state.said}</p>`;
}

function valueText(value) {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.map(valueText).join(', ') || 'nobody';
  return names.get(value) ?? String(value);
}

// Both changes of a task, to keep one.
function conflict() {
  if (!state.conflict) return nothing;
  const { patch, theirs } = state.conflict;
  return html`<dialog class="ask" data-modal="conflict" aria-labelledby="conflict" @cancel=${(event) => { event.preventDefault(); settle(false); }}>
    <h2 id="conflict">Somebody else has changed this task</h2><p dir="auto">${theirs.title}</p>
    <table><thead><tr><th scope="col">Field</th><th scope="col">Yours</th><th scope="col">Theirs</th></tr></thead>
      <tbody>${Object.entries(patch).map(([key, value]) =>
        html`<tr><th scope="row">${key.replaceAll('_', ' ')}</th>
          <td dir="auto">${valueText(value)}</td><td dir="auto">${valueText(theirs[key])}</td></tr>`)}</tbody></table>
    <footer><button class="quiet" @click=${() => settle(false)}>Take theirs</button><button @click=${() => settle(true)}>Keep mine</button></footer></dialog>`;
}

function page() {
  if (!isSignedIn()) return people();
  if (!state.me) return html`${header()}<main class="loading" role="status">Loading…</main>`;
  if (!state.me.org) return organizations();
  return html`${header()}<main>${totals()}${tools()}${VIEWS[state.mode]()}</main>${bulkBar()}${panel()}${dialogs()}${conflict()}`;
}

// Moves the focus to the task that should have it, as soon as it is in the page; not away from
// where the user has gone meanwhile.
function moveFocus() {
  if (!state.focus || document.querySelector('dialog[open]')) return;
  const title = document.querySelector(`[data-id="${state.focus}"] .title`);
  if (!title && document.activeElement === document.body) return;
  title?.focus();
  state.focus = null;
}

// Renders the page.  Dialogs that are over are closed before, which gives the focus back; those
// that are new are opened.
function draw() {
  for (const dialog of document.querySelectorAll('dialog[open]')) if (!state[dialog.dataset.modal]) dialog.close();
  render(html`${page()}${notes()}`, document.getElementById('app'));
  for (const dialog of document.querySelectorAll('dialog[data-modal]:not([open])')) dialog.showModal();
  moveFocus();
}

// The view is asked for while the server tells who is calling, and what can wait comes after it.
// If the user has to choose an organization first, the view is an error of no interest.
async function start() {
  onShow(draw);
  show();
  const users = () => demoUsers().then((demo) => set({ demo }), tell);
  if (!isSignedIn()) {
    users();
    return;
  }
  readAddress();
  const view = load();
  view.catch(() => {});
  try {
    set({ me: await ask('GET', '/api/me/') });
    if (!state.me.org) return;
    document.title = `Tasks · ${state.me.organizations.find(({ id }) => id === state.me.org).name}`;
    await view;
    const views = ask('GET', '/api/views/?limit=100').then(({ results }) => set({ views: results }));
    await Promise.all([users(), views, readOwnColumns(), follow()]);
  } catch (error) {
    tell(error);
  }
}

addEventListener('hashchange', () => {
  const id = /task=([0-9a-f-]{36})/.exec(location.hash)?.[1];
  if (id) openTask(id);
});
start();
