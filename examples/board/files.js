// The files of the task in the panel: sent and fetched with progress, and deleted.
import { html, nothing } from './lit-html/lit-html.js';
import { repeat } from './lit-html/directives/repeat.js';
import { ask, download, upload } from './api.js';
import { refresh, showWhole } from './panel.js';
import { loadSoon, show, state, tell } from './store.js';
import { sizeText } from './words.js';

// Shows the progress of work, which gets a function that tells it from 0 to 1.
async function transfer(name, work) {
  const { transfers } = state.panel;
  const item = { name, done: 0 };
  transfers.push(item);
  show();
  await work((done) => { item.done = done; show(); }).catch(tell);
  transfers.splice(transfers.indexOf(item), 1);
  show();
}

async function send({ target }) {
  const path = `/api/tasks/${state.panel.id}/`;
  const chosen = [...target.files];
  target.value = '';
  for (const file of chosen) {
    if (state.panel) await transfer(file.name, (progress) => upload(path, file, progress));
  }
  await refresh();
  loadSoon();
}

async function remove({ id }) {
  await ask('DELETE', `/api/tasks/attachment/${id}/`).catch(tell);
  await refresh();
  loadSoon();
}

function oneFile(file) {
  const { attachment, file_name: name, size } = file;
  return html`<li>${size === null
    ? html`<a href=${attachment} target="_blank" rel="noopener noreferrer" dir="auto">${name}</a>`
    : html`<button class="link" dir="auto" @click=${() => transfer(name, (progress) => download(file, progress))}>${name}</button>`}
    <small>${sizeText(size)}</small><button class="quiet" aria-label="Delete ${name}" @click=${() => remove(file)}>×</button></li>`;
}

export function files({ attachments, attachments_count: number, transfers }) {
  return html`<section aria-labelledby="files"><h3 id="files">Files <span class="count">${number}</span></h3>
    ${attachments.length < number ? html`<button class="quiet" @click=${showWhole}>Show earlier files</button>` : nothing}
    <ul class="files">${repeat(attachments, ({ id }) => id, oneFile)}
      ${transfers.map(({ name, done }) => html`<li><span dir="auto">${name}</span> <progress max="1" value=${done} aria-label=${name}></progress></li>`)}</ul>
    <label class="button quiet">Add files<input type="file" multiple class="hidden" @change=${send}></label></section>`;
}
