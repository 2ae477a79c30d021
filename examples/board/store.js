// What the page knows: the filters and the tasks that are shown.  Every change ends in show(),
// which renders the page once per frame.
import { ApiError, ask, query } from './api.js';
import { isDragging } from './drag.js';
import { addDays, isoDay } from './words.js';

export const EXPAND = 'account,assigned_to,contacts,teams,created_by,comments_count,attachments_count';
const PAGE = 15; // cards of a column that are asked for first

export const state = {
  me: null,
  demo: [], // the users that can be chosen
  mode: 'board', // or list, calendar
  group_by: 'status',
  ordering: '-created_on',
  filters: {}, // those of the API: search, where, overdue, ...
  view: null, // the saved view that was chosen last
  views: [],
  groups: null, // of the board: {key, label, count, ids, next_cursor, filters}
  list: null, // of the list and the calendar: {of: its filters, ids, next_cursor}
  count: 0, // of all tasks that pass the filters
  month: isoDay(new Date()).slice(0, 7),
  totals: null,
  own: [], // columns that the organization has added: see own.js
  selected: new Set(),
  bulk: null, // what would be done with them: see bulk.js
  panel: null, // the task that is open: see panel.js
  conflict: null, // {id, patch, theirs}: see save.js
  dialog: null, // the name of the dialog that is open
  moved: null, // the task that was moved last
  focus: null, // the task that gets the focus
  notes: [], // messages, the last ones at the end
  said: '', // the last message to those who do not see the page
  live: 'connecting', // or live, offline
};

// By id: the tasks of all views as they are shown, and the names of what they refer to.
export const tasks = new Map();
export const names = new Map();
// The tasks as the server has told them, and their changes that it has not answered yet.
const stored = new Map();
export const pending = new Map();

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

// What is added to a set or removed from it overwrites nothing.
export const isSetChange = (value) => Boolean(value?.add || value?.remove);

function changed(task, patch) {
  const result = { ...task, ...patch };
  for (const [key, { add = [], remove = [] }] of Object.entries(patch).filter(([, value]) => isSetChange(value))) {
    result[key] = [...new Set([...task[key].filter((id) => !remove.includes(id)), ...add])];
  }
  return result;
}

// Shows a task with its changes.
export function combine(id) {
  if (stored.has(id)) tasks.set(id, (pending.get(id) ?? []).reduce(changed, stored.get(id)));
}

// Keeps a task that the server has told, unless a later version of it is known.
export function put(task) {
  const known = stored.get(task.id);
  for (const { id, name } of Object.values(task.expanded ?? {}).flat().filter(Boolean)) if (name) names.set(id, name);
  if (known && known.version > task.version) return;
  // Without names, those that are known stay.
  stored.set(task.id, { ...task, expanded: task.expanded ?? known?.expanded });
  combine(task.id);
}

// Forgets a task that has been deleted.
export function drop(id) {
  stored.delete(id);
  tasks.delete(id);
}

function putAll(answers) {
  answers.forEach(put);
  return answers.map(({ id }) => id);
}

async function loadBoard(signal) {
  const longest = Math.max(PAGE, ...(state.groups ?? []).map(({ ids }) => ids.length));
  const options = { group_by: state.group_by, ordering: state.ordering, limit: Math.min(longest, 1000), expand: EXPAND };
  const { groups, count } = await ask('GET', `/api/tasks/groups/${query({ ...state.filters, ...options })}`, undefined, { signal });
  const shown = groups.filter(({ filters }) => filters).map(({ results, ...group }) => ({ ...group, ids: putAll(results) }));
  return { groups: shown, count };
}

async function loadList(signal) {
  const chosen = { ...state.filters, ordering: state.ordering };
  const limit = Math.max(100, Math.min(state.list?.ids.length ?? 0, 1000));
  const { results, next_cursor, count } = await ask('GET', `/api/tasks/${query({ ...chosen, cursor: 'start', limit, expand: EXPAND })}`, undefined, { signal });
  const list = { of: query(chosen), ids: putAll(results), next_cursor };
  // A list that is longer, or has grown meanwhile, keeps its place.
  const before = state.list?.of === list.of && state.list.ids.length > limit ? state.list : null;
  return { list: before ? { ...before, ids: [...new Set([...list.ids, ...before.ids])] } : list, count };
}

// The tasks that are due in a month, and in the days of the weeks around it.
async function loadCalendar(signal) {
  const range = { ...state.filters, due_date__gte: addDays(`${state.month}-01`, -6), due_date__lte: addDays(`${state.month}-01`, 37) };
  const ids = [];
  for (let cursor = 'start'; cursor;) {
    const options = { ordering: 'due_date,-priority', cursor, limit: 1000, count: 'none', expand: 'assigned_to' };
    const { results, next_cursor } = await ask('GET', `/api/tasks/${query({ ...range, ...options })}`, undefined, { signal });
    ids.push(...putAll(results));
    cursor = next_cursor;
  }
  return { list: { ids, next_cursor: null } };
}

const loaders = { board: loadBoard, list: loadList, calendar: loadCalendar };
let loading = new AbortController();
let planned = null;
let lastTook = 0; // milliseconds

// The answers of a view that has been left, and those from before a change, come too late.
export function stopLoading() {
  loading.abort();
  loading = new AbortController();
  return loading.signal;
}

// Loads what is shown, again if something is there; keeps it until the new answer is there.
export async function load() {
  const signal = stopLoading();
  const start = performance.now();
  // While changes are on their way, an answer can be from before them; after them comes another.
  const isLate = () => pending.size > 0 && (state.groups || state.list);
  await Promise.all([
    loaders[state.mode](signal).then((view) => isLate() || set(view)),
    ask('GET', `/api/tasks/totals/${query(state.filters)}`, undefined, { signal }).then((totals) => isLate() || set({ totals })),
  ]);
  lastTook = performance.now() - start;
}

// Loads again soon, after changes that others made; not while the user moves a task, and with
// pauses where it takes long, as when many cards are shown.
export function loadSoon() {
  planned ??= setTimeout(() => {
    planned = null;
    if (pending.size > 0 || isDragging()) loadSoon();
    else load().catch(tell);
  }, Math.max(100, 2 * lastTook));
}

// The next tasks of a column, or of the list if there is none.
export async function loadMore(column) {
  const place = column ?? state.list;
  if (!place.next_cursor || place.isBusy) return;
  place.isBusy = true;
  try {
    const options = { ordering: state.ordering, cursor: place.next_cursor, limit: 100, count: 'none', expand: EXPAND };
    const { results, next_cursor } = await ask('GET', `/api/tasks/${query({ ...state.filters, ...column?.filters, ...options })}`);
    place.ids.push(...putAll(results));
    place.next_cursor = next_cursor;
  } catch (error) {
    tell(error);
  }
  place.isBusy = false;
  show();
}

// --- choosing ---

// The address keeps what is shown, for a reload and for links.
function keepAddress() {
  const { mode, group_by, ordering, filters, view } = state;
  const shown = { mode, group_by, ordering, ...(view && { view }), ...(Object.keys(filters).length > 0 && { filters: JSON.stringify(filters) }) };
  history.replaceState(null, '', `#${new URLSearchParams(shown)}`);
}

export function readAddress() {
  const { mode, group_by, ordering, view, filters = '{}' } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (Object.hasOwn(loaders, mode)) state.mode = mode;
  if (group_by) state.group_by = group_by;
  if (ordering) state.ordering = ordering;
  if (view) state.view = view;
  try {
    state.filters = { ...JSON.parse(filters) };
  } catch {
    note('The address cannot be read.', { isError: true });
  }
}

// Chooses other filters, another view or another order, and loads it.
export function choose(changes) {
  const isOther = ['mode', 'group_by', 'filters', 'month'].some((key) => key in changes);
  set({ ...(isOther && { groups: null, list: null, selected: new Set() }), ...changes });
  keepAddress();
  return load().catch(tell);
}

// Sets some filters, or removes them with null; what is shown stays until the answer is there.
export function filterBy(changes) {
  const filters = Object.fromEntries(Object.entries({ ...state.filters, ...changes })
    .filter(([, value]) => value !== null && value !== '' && value !== undefined));
  return choose({ filters, groups: state.groups, list: state.list });
}
