// Requests to the API.  The token, the user and the organization are those of this tab; they
// survive a reload of the page, and end with the tab.
import { EventSourceParserStream } from './eventsource-parser/stream.js';

const session = {
  user: sessionStorage.getItem('user'),
  org: sessionStorage.getItem('org'),
  token: sessionStorage.getItem('token'),
};

export class ApiError extends Error {
  // status: 0 if there was no answer.
  constructor(status, body = {}) {
    super(body.message ?? `The server answered ${status}.`);
    this.status = status;
    this.details = body.details;
    this.hint = body.hint;
  }

  // What a person is told.
  get reason() {
    return [this.message, this.details, this.hint].filter(Boolean)
      .map((text) => text[0].toUpperCase() + text.slice(1).replace(/[^.!?]$/, '$&.')).join(' ');
  }
}

// --- who ---

export function currentUser() {
  return session.user;
}

export function isSignedIn() {
  return Boolean(session.user ?? session.token);
}

// The page begins anew, so nothing of the last user is left in it.
function begin(next) {
  session.isOver = true;
  sessionStorage.clear();
  for (const [key, value] of Object.entries(next)) if (value) sessionStorage.setItem(key, value);
  location.replace(location.pathname);
}

export const signInAs = (user) => begin({ user });
export const signInWith = (token) => begin({ token });
export const signOut = () => begin({});
export const chooseOrganization = (org) => begin({ user: session.user, token: session.token, org });

// The users that can be chosen, or none without a demo.
export async function demoUsers() {
  const response = await fetch('/demo/users/');
  return response.ok ? (await response.json()).users : [];
}

let renewal = null;

// One new token for all requests that need one.
function newToken() {
  renewal ??= fetchToken().finally(() => { renewal = null; });
  return renewal;
}

async function fetchToken() {
  const response = session.user && await fetch(`/demo/users/${encodeURIComponent(session.user)}/token/`, { method: 'POST' });
  if (!response?.ok) throw new ApiError(401, { message: 'the token is not valid any more' });
  session.token = (await response.json()).token;
  // Another user may have been chosen meanwhile, who must not get this token.
  if (!session.isOver) sessionStorage.setItem('token', session.token);
}

// --- requests ---

function headersOf(more = {}) {
  return { authorization: `Bearer ${session.token}`, ...(session.org && { 'organization-id': session.org }), ...more };
}

// Sends a request with the token, and once more with a new token if that has expired.  Returns
// the response; throws an ApiError if there is none, or if it is an error.
export async function send(method, path, { body, headers, signal } = {}) {
  for (let attempt = 1; ; attempt++) {
    if (!session.token) await newToken();
    const { token } = session;
    let response;
    try {
      response = await fetch(path, { method, body, signal, headers: headersOf(headers), cache: 'no-store' });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw new ApiError(0, { message: navigator.onLine ? 'the server cannot be reached' : 'you are offline' });
    }
    if (response.ok) return response;
    if (response.status !== 401 || attempt === 2) throw new ApiError(response.status, await response.json().catch(() => ({})));
    if (session.token === token) session.token = null;
  }
}

// Sends and receives JSON.
export async function ask(method, path, body, { headers, signal } = {}) {
  const response = await send(method, path, {
    signal,
    body: body === undefined ? undefined : JSON.stringify(body),
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
  });
  return response.status === 204 ? null : response.json();
}

// A query string; arrays become repeated parameters, and objects JSON.
export function query(values) {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    for (const one of [value].flat()) {
      if (one !== null && one !== undefined && one !== '') parts.append(key, typeof one === 'object' ? JSON.stringify(one) : one);
    }
  }
  return parts.size > 0 ? `?${parts}` : '';
}

// --- files and events ---

// Sends a file with a task; progress: called with a number from 0 to 1.  (fetch does not tell
// how far it is.)
export function upload(path, file, progress) {
  const form = new FormData();
  form.append('attachment', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    for (const [name, value] of Object.entries(headersOf())) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    request.onload = () => (request.status === 201 ? resolve(request.response) : reject(new ApiError(request.status, request.response ?? {})));
    request.onerror = () => reject(new ApiError(0, { message: 'the file could not be sent' }));
    request.send(form);
  });
}

async function* chunks(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

// Fetches a file and hands it to the browser to save; progress as for upload().
export async function download({ attachment, file_name, size }, progress) {
  const response = await send('GET', attachment);
  const parts = [];
  let loaded = 0;
  for await (const part of chunks(response.body)) {
    parts.push(part);
    loaded += part.length;
    progress(loaded / (size || loaded));
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type: 'application/octet-stream' }));
  link.download = file_name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Opens a stream of server-sent events; resolves to an iterator of {id, event, data}.  (EventSource
// cannot send a token.)
export async function openEvents(path, options) {
  const response = await send('GET', path, { ...options, headers: { accept: 'text/event-stream' } });
  return chunks(response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()));
}
