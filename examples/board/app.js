// The page: who is signed in, the bars on top, and the view below them.
import { html, nothing, render } from './lit-html/lit-html.js';
import { ask, currentUser, demoUsers, signInAs } from './api.js';
import { dismiss, load, names, note, onShow, set, settle, show, state, tell } from './store.js';
import { board } from './columns.js';
import { bulkBar } from './bulk.js';
import { calendar } from './calendar.js';
import { follow } from './live.js';
import { list } from './list.js';
import { openTask, panel } from './panel.js';
import { dialogs, tools } from './tools.js';
import { totals } from './totals.js';

const views = { board, list, calendar };

// --- who ---

function signIn(event) {
  event.preventDefault();
  signInAs(null, { token: new FormData(event.target).get('token').trim() });
}

function people() {
  return html`<main class="welcome"><h1>Tasks</h1>
    ${state.demo.length > 0
      ? html`<p>Choose who you are. Each organization sees only itself.</p><ul>${state.demo.map(({ user, name, about }) =>
        html`<li><button @click=${() => signInAs(user)}><strong>${name}</strong><small>${about}</small></button></li>`)}</ul>`
      : html`<form @submit=${signIn}><label class="field"><span>Token</span><input name="token" required autocomplete="off"></label><button>Sign in</button></form>`}
  </main>`;
}

function organizations() {
  return html`<main class="welcome"><h1>Hello, ${state.me.user.name}</h1><p>Choose an organization.</p>
    <ul>${state.me.organizations.map(({ id, name, role }) =>
      html`<li><button @click=${() => signInAs(currentUser(), { token: sessionStorage.getItem('token'), org: id })}><strong dir="auto">${name}</strong><small>${role}</small></button></li>`)}</ul></main>`;
}

// A list of users, and of organizations of the user, if there is a choice.
function switches() {
  const { user, organizations: orgs, org } = state.me;
  return html`${orgs.length > 1
    ? html`<select aria-label="Organization" @change=${(event) => signInAs(currentUser(), { token: sessionStorage.getItem('token'), org: event.target.value })}>${orgs.map(({ id, name }) =>
      html`<option value=${id} .selected=${id === org}>${name}</option>`)}</select>`
    : html`<span class="org" dir="auto">${orgs[0]?.name}</span>`}
    ${state.demo.length > 0
      ? html`<select aria-label="User" @change=${(event) => signInAs(event.target.value)}>${state.demo.map(({ user: one, name }) =>
        html`<option value=${one} .selected=${one === currentUser()}>${name}</option>`)}</select>`
      : html`<span dir="auto">${user.name}</span><button class="quiet" @click=${() => signInAs(null)}>Sign out</button>`}`;
}

// --- the page ---

const LIVE = { live: 'Live', connecting: 'Connecting…', offline: 'Offline' };

function header() {
  return html`<header class="top"><h1><img src="icon.svg" alt="" width="24" height="24">Tasks</h1>
    <span class="live ${state.live}" role="status">${LIVE[state.live]}</span><span class="grow"></span>
    <button class="primary" @click=${() => set({ dialog: 'new' })}>New task</button>${switches()}</header>`;
}

function notes() {
  return html`<div class="notes" role="status" aria-live="polite">${state.notes.map((message) =>
    html`<p class=${message.isError ? 'note error' : 'note'}><span dir="auto">${message.text}</span>
      ${message.action ? html`<button @click=${() => { dismiss(message); message.action.run(); }}>${message.action.label}</button>` : nothing}
      <button class="quiet" aria-label="Dismiss" @click=${() => dismiss(message)}>×</button></p>`)}</div>
    <p class="hidden" role="status" aria-live="assertive">${state.said}</p>`;
}

function valueText(value) {
  return value === null ? 'nothing' : Array.isArray(value) ? value.map(valueText).join(', ') || 'nobody' : (names.get(value) ?? String(value));
}

// Both changes of a task, to keep one.
function conflict() {
  if (!state.conflict) return nothing;
  const { patch, theirs } = state.conflict;
  return html`<dialog class="ask" data-modal="conflict" aria-labelledby="conflict" @cancel=${(event) => { event.preventDefault(); settle(false); }}>
    <h2 id="conflict">Somebody else has changed this task</h2><p dir="auto">${theirs.title}</p>
    <table><thead><tr><th scope="col">Field</th><th scope="col">Yours</th><th scope="col">Theirs</th></tr></thead>
      <tbody>${Object.entries(patch).map(([key, value]) =>
        html`<tr><th scope="row">${key.replaceAll('_', ' ')}</th><td dir="auto">${valueText(value)}</td><td dir="auto">${valueText(theirs[key])}</td></tr>`)}</tbody></table>
    <footer><button class="quiet" @click=${() => settle(false)}>Take theirs</button><button @click=${() => settle(true)}>Keep mine</button></footer></dialog>`;
}

function page() {
  if (!currentUser() && !sessionStorage.getItem('token')) return people();
  if (!state.me) return html`<main class="welcome" role="status">Loading…</main>`;
  if (!state.me.org) return organizations();
  return html`${header()}<main>${totals()}${tools()}${views[state.mode]()}</main>${bulkBar()}${panel()}${dialogs()}${conflict()}`;
}

// Renders the page, and moves the focus where it was asked for.  Dialogs that are over are
// closed, which gives the focus back; those that are new are opened.
function draw() {
  for (const dialog of document.querySelectorAll('dialog[open]')) if (!state[dialog.dataset.modal]) dialog.close();
  render(html`${page()}${notes()}`, document.getElementById('app'));
  for (const dialog of document.querySelectorAll('dialog[data-modal]:not([open])')) dialog.showModal();
  if (state.focus && !document.querySelector('dialog[open]')) {
    document.querySelector(`[data-id="${state.focus}"] .title`)?.focus();
    state.focus = null;
  }
}

// The address says what is shown: see keepAddress().
function readAddress() {
  const { filters = '{}', ...shown } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  try {
    for (const key of ['mode', 'group_by', 'ordering']) if (shown[key]) state[key] = shown[key];
    if (!(state.mode in views)) state.mode = 'board';
    state.filters = JSON.parse(filters);
  } catch {
    note('The address cannot be read.', { isError: true });
  }
}

// The users and the view are asked for while the server tells who is calling.
async function start() {
  onShow(draw);
  show();
  const users = demoUsers().then((demo) => set({ demo }), () => {});
  if (!currentUser() && !sessionStorage.getItem('token')) return;
  readAddress();
  try {
    set({ me: await ask('GET', '/api/me/') });
    if (!state.me.org) return;
    document.title = `Tasks · ${state.me.organizations.find(({ id }) => id === state.me.org).name}`;
    follow();
    await Promise.all([load(), users, ask('GET', '/api/views/?limit=100').then(({ results }) => set({ views: results }))]);
  } catch (error) {
    tell(error);
  }
}

addEventListener('hashchange', () => {
  const id = /task=([0-9a-f-]{36})/.exec(location.hash)?.[1];
  if (id) openTask(id);
});
await start();
