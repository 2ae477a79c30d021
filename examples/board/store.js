// What the page knows, and how it changes: the filters, the tasks that are shown, and the
// writing of tasks.  Every change ends in show(), which renders the page once per frame.
import { ApiError, ask, query } from './api.js';

export const EXPAND = 'account,assigned_to,contacts,teams,created_by,comments_count,attachments_count';
const PAGE = 25;

export const state = {
  me: null,
  demo: [],
  mode: 'board', // or list, calendar
  group_by: 'status',
  ordering: '-created_on',
  filters: {}, // those of the API: search, where, overdue, ...
  view: null, // the saved view that was chosen last
  views: [],
  groups: null, // of the board: {key, label, count, ids, next_cursor, filters}
  list: null, // {of: its filters, ids, next_cursor}
  month: new Date().toISOString().slice(0, 7),
  totals: null,
  selected: new Set(),
  panel: null,
  conflict: null,
  dialog: null, // the name of the dialog that is open
  notes: [], // messages, the last ones at the end
  live: 'connecting', // or live, offline
  dragging: null,
};

// The tasks of all views, and the names of what they refer to, by id.
export const tasks = new Map();
export const names = new Map();

let render = () => {};
let frame = 0;

export function onShow(callback) {
  render = callback;
}

export function show() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    render();
  });
}

export function set(changes) {
  Object.assign(state, changes);
  show();
}

// --- messages ---

// Shows a message; action: {label, run} of a button in it.
export function note(text, { action = null, isError = false } = {}) {
  const message = { text, action, isError };
  set({ notes: [...state.notes.slice(-2), message] });
  setTimeout(() => dismiss(message), isError || action ? 12_000 : 5000);
}

export function dismiss(message) {
  set({ notes: state.notes.filter((other) => other !== message) });
}

// Tells why something failed; a request that was replaced by another one has not failed.
export function tell(error) {
  if (error.name === 'AbortError') return;
  if (!(error instanceof ApiError)) console.error(error);
  note(error.reason ?? error.message, { isError: true });
}

// --- reading ---

export function put(task) {
  const known = tasks.get(task.id);
  for (const { id, name } of Object.values(task.expanded ?? {}).flat().filter(Boolean)) if (name) names.set(id, name);
  if (known && known.version > task.version) return known;
  // Without names, those that are known stay.
  tasks.set(task.id, task.expanded || !known ? task : { ...task, expanded: known.expanded });
  return task;
}

// The answers of a view that has been left come too late.
let loading = new AbortController();
let saves = 0;
let wanted = null;

function group(answer) {
  const { results, ...rest } = answer;
  return { ...rest, ids: results.map((task) => put(task).id) };
}

async function loadBoard(signal) {
  const longest = Math.max(PAGE, ...(state.groups ?? []).map(({ ids }) => ids.length));
  const options = { group_by: state.group_by, ordering: state.ordering, limit: Math.min(longest, 1000), expand: EXPAND };
  const answer = await ask('GET', `/api/tasks/groups/${query({ ...state.filters, ...options })}`, undefined, { signal });
  return { groups: answer.groups.filter(({ filters }) => filters).map(group), count: answer.count };
}

async function loadList(signal) {
  const chosen = { ...state.filters, ordering: state.ordering };
  const limit = Math.max(100, Math.min(state.list?.ids.length ?? 0, 1000));
  const answer = await ask('GET', `/api/tasks/${query({ ...chosen, cursor: 'start', limit, expand: EXPAND })}`, undefined, { signal });
  const list = { of: query(chosen), ids: answer.results.map((task) => put(task).id), next_cursor: answer.next_cursor };
  // A list that is longer, or has grown meanwhile, keeps its place.
  if (state.list?.of !== list.of || state.list.ids.length <= limit) return { list, count: answer.count };
  return { list: { ...state.list, ids: [...new Set([...list.ids, ...state.list.ids])] }, count: answer.count };
}

// The tasks that are due in a month, and in the days of the weeks around it.
async function loadCalendar(signal) {
  const first = new Date(`${state.month}-01T00:00:00Z`);
  const [from, to] = [-6, 37].map((days) => new Date(first.getTime() + days * 86_400_000).toISOString().slice(0, 10));
  const range = { ...state.filters, due_date__gte: from, due_date__lte: to };
  const ids = [];
  let cursor = 'start';
  while (cursor) {
    const options = { ordering: 'due_date,-priority', cursor, limit: 1000, count: 'none', expand: 'assigned_to' };
    const answer = await ask('GET', `/api/tasks/${query({ ...range, ...options })}`, undefined, { signal });
    ids.push(...answer.results.map((task) => put(task).id));
    cursor = answer.next_cursor;
  }
  return { list: { ids, next_cursor: null } };
}

const loaders = { board: loadBoard, list: loadList, calendar: loadCalendar };

// Loads what is shown, again if something is there; keeps it until the new answer is there.
export async function load() {
  loading.abort();
  loading = new AbortController();
  const { signal } = loading;
  try {
    const [view, totals] = await Promise.all([
      loaders[state.mode](signal),
      ask('GET', `/api/tasks/totals/${query(state.filters)}`, undefined, { signal }),
    ]);
    if (saves > 0 && (state.groups || state.list)) loadSoon();
    else set({ ...view, totals });
  } catch (error) {
    tell(error);
  }
}

// Loads again soon, after changes that others made; not while the user moves a task.
export function loadSoon() {
  wanted ??= setTimeout(() => {
    wanted = null;
    if (saves > 0 || state.dragging) loadSoon();
    else load();
  }, 100);
}

// The next tasks of a column, or of the list if there is none.
export async function loadMore(column) {
  const place = column ?? state.list;
  if (!place.next_cursor || place.busy) return;
  place.busy = true;
  try {
    const options = { ordering: state.ordering, cursor: place.next_cursor, limit: 100, count: 'none', expand: EXPAND };
    const { filters = {} } = column ?? {};
    const answer = await ask('GET', `/api/tasks/${query({ ...state.filters, ...filters, ...options })}`);
    place.ids.push(...answer.results.map((task) => put(task).id));
    place.next_cursor = answer.next_cursor;
  } catch (error) {
    tell(error);
  }
  place.busy = false;
  show();
}

// The address keeps what is shown, for a reload and for links.
function keepAddress() {
  const { mode, group_by, ordering, filters } = state;
  const shown = { mode, group_by, ordering, ...(Object.keys(filters).length > 0 && { filters: JSON.stringify(filters) }) };
  history.replaceState(null, '', `#${new URLSearchParams(shown)}`);
}

// Chooses other filters, another view or another order, and loads it.
export function choose(changes) {
  const other = ['mode', 'group_by', 'filters', 'month'].some((key) => key in changes);
  Object.assign(state, other ? { groups: null, list: null, selected: new Set() } : {}, changes);
  keepAddress();
  show();
  return load();
}

// Sets one filter, or removes it with null.
export function filterBy(changes) {
  const filters = Object.fromEntries(Object.entries({ ...state.filters, ...changes })
    .filter(([, value]) => value !== null && value !== '' && value !== undefined));
  return choose({ filters, groups: state.groups, list: state.list });
}

// --- writing ---

// What a task looks like after a change; sets can be changed with {add, remove}.
export function changed(task, patch) {
  const result = { ...task, ...patch };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) continue;
    const gone = value.remove ?? [];
    result[key] = [...new Set([...task[key].filter((id) => !gone.includes(id)), ...(value.add ?? [])])];
  }
  return result;
}

// The changes of one task are sent one after the other, each with the version of the answer before.
const queues = new Map();
// The versions that changes of this page have made: "id version" -> version.
const made = new Map();

// Returns the version that a version has become by changes of this page alone.
function latest(id, version) {
  let next = version;
  while (made.has(`${id} ${next}`)) next = made.get(`${id} ${next}`);
  return next;
}

// Changes a task: shows the change at once, and takes it back with the reason if the server
// refuses it.  version: the one that the user has seen, if it is not the last one.  undo: what
// takes back the change elsewhere in the page.  Resolves to whether it is saved.
export function save(id, patch, { version, undo } = {}) {
  const seen = version === undefined ? null : version;
  const before = tasks.get(id);
  tasks.set(id, changed(before, patch));
  saves++;
  // An answer from before the change would take it back.
  loading.abort();
  show();
  const mine = (queues.get(id) ?? Promise.resolve()).then(() => sendChange(id, patch, seen, before, undo));
  queues.set(id, mine);
  return mine;
}

async function sendChange(id, patch, seen, before, undo) {
  const version = latest(id, seen ?? tasks.get(id)?.version ?? before.version);
  // What is added to a set or removed from it overwrites nothing.
  const overwrites = Object.values(patch).some((value) => value === null || !(value.add || value.remove));
  try {
    const headers = overwrites ? { 'if-match': `"${version}"` } : {};
    const task = await ask('PATCH', `/api/tasks/${id}/${query({ expand: EXPAND })}`, patch, { headers });
    put(task);
    if (task.version === version + 1) made.set(`${id} ${version}`, task.version);
    return true;
  } catch (error) {
    tasks.set(id, before);
    undo?.();
    if (error.status === 412) await askWhichToKeep(id, patch);
    else note(`Not saved: ${error.reason ?? error.message}`, { isError: true });
    return false;
  } finally {
    saves--;
    loadSoon();
  }
}

// Somebody else has changed the task: shows both, and lets the user keep or take.
async function askWhichToKeep(id, patch) {
  try {
    const theirs = await readTask(id);
    set({ conflict: { id, patch, theirs } });
  } catch (error) {
    tell(error);
  }
}

export function settle(keepMine) {
  const { id, patch, theirs } = state.conflict;
  set({ conflict: null });
  if (keepMine) save(id, patch, { version: theirs.version });
}

// Reads one task with all names; the answer of its page goes into the panel.
export async function readTask(id) {
  const answer = await ask('GET', `/api/tasks/${id}/${query({ expand: EXPAND })}`);
  put(answer.task_obj);
  if (state.panel?.id === id) Object.assign(state.panel, answer, { ready: true });
  show();
  return answer.task_obj;
}

export async function create(data) {
  const task = await ask('POST', `/api/tasks/${query({ expand: EXPAND })}`, data, { headers: { 'idempotency-key': crypto.randomUUID() } });
  put(task);
  loadSoon();
  return task;
}
