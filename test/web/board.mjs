// The task board in a real browser, as people use it, with the database of 067_board. GATEWAY: the
// server of the board and the API, which this script starts at PORT; DEMO_SECRET and PG*: for it.
// CHROMIUM: the browser; MODULES: the folder of playwright-core and axe-core. Waits for what a
// person would see, never for a time.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { is, ok } from './harness.mjs';

const require = createRequire(`${process.env.MODULES}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const base = `http://127.0.0.1:${process.env.PORT}`;
const PATIENCE = Number(process.env.PATIENCE ?? 180_000);

// --- the server ---

let server = null;

// Starts a server, and resolves to its process and address.
async function start(options, env = {}) {
  const process_ = spawn('node', [process.env.GATEWAY, ...options], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  for await (const line of process_.stdout) {
    const [, address] = /^listening on (\S+)/.exec(line) ?? [];
    if (address) return { process: process_, address };
  }
  throw new Error('the server has ended');
}

async function startServer() {
  ({ process: server } = await start(['--demo']));
}

async function stopServer() {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
process.on('exit', () => server?.kill('SIGKILL'));

// --- what others do, without a browser ---

const tokens = {};

async function ask(user, method, path, body, headers = {}) {
  tokens[user] ??= (await (await fetch(`${base}/demo/users/${user}/token/`, { method: 'POST' })).json()).token;
  const response = await fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${tokens[user]}`, 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, json: text && JSON.parse(text) };
}

async function newTask(user, data) {
  return (await ask(user, 'POST', '/api/tasks/', data)).json;
}

async function taskOf(user, id) {
  return (await ask(user, 'GET', `/api/tasks/${id}/`)).json.task_obj;
}

// Waits until something that is asked for again and again is true.
async function until(condition) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited too long for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// --- the browser ---

await startServer();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const complaints = [];
const strangers = [];

// A window of a user who has signed in.
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.stack));
  page.on('console', (message) => /Content Security|Trusted/.test(message.text()) && complaints.push(message.text()));
  page.on('dialog', (dialog) => { complaints.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => !request.url().startsWith(base) && !request.url().startsWith('blob:') && strangers.push(request.url()));
  await page.goto(base);
  if (name) await page.getByRole('button', { name }).click();
  return page;
}

const button = (place, name) => place.getByRole('button', { name, exact: true });
const column = (page, name) => page.locator('.column', { has: page.locator('h2', { hasText: name }) });
const cardOf = (page, title) => page.locator('.card').filter({ has: page.getByRole('button', { name: title, exact: true }) });

async function search(page, text) {
  await page.getByRole('searchbox').fill(text);
  await page.waitForURL((url) => (new URLSearchParams(url.hash.slice(1)).get('filters') ?? '').includes(text && `"search":"${text}"`));
}

async function openTask(page, title) {
  await page.getByRole('button', { name: title, exact: true }).first().click();
  await page.locator('#history').waitFor();
  return page.getByRole('dialog');
}

async function accessible(page, what) {
  const { violations } = await page.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
  is(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`), [], `axe finds nothing in ${what}`);
}

// --- what is tested ---

async function signingIn() {
  const page = await open();
  await page.getByRole('button', { name: /Alice/ }).waitFor();
  await accessible(page, 'the first page');
  const csp = (await (await fetch(base)).headers.get('content-security-policy'));
  ok(csp.startsWith("default-src 'none'; script-src 'self'; style-src 'self'") && !csp.includes('unsafe'), 'the policy allows own scripts and styles only');
  is((await fetch(`${base}/server.js`)).status, 404, 'other files are not served');
  is((await fetch(`${base}/demo/users/mallory/token/`, { method: 'POST' })).status, 404, 'there are tokens for the users of the demo alone');
  is((await fetch(`${base}/demo/users/bob/token/`, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })).status, 404, 'and not for other sites');
  is(await statusFor('rebound.example', '/demo/users/bob/token/'), 404, 'also if their name is that of this machine');
  await page.getByRole('button', { name: /Alice/ }).click();
  await page.locator('.card').first().waitFor();
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js')));
  const told = await page.evaluate(() => [...document.querySelectorAll('head [href], head [src]')].map(({ href, src }) => href ?? src));
  is(loaded.filter((name) => !told.includes(name)), [], 'the page tells all its modules beforehand');
  return page;
}

// The status of a POST to the server under another name.
function statusFor(host, path) {
  return new Promise((resolve, reject) => {
    http.request(base + path, { method: 'POST', headers: { host } }, (response) => resolve(response.resume().statusCode)).on('error', reject).end();
  });
}

async function boardOfGroups(page) {
  const { json } = await ask('alice', 'GET', '/api/tasks/totals/');
  for (const status of ['New', 'In Progress', 'Completed']) {
    is(await column(page, status).locator('h2 .count').textContent(), json.by_status[status].toLocaleString('en'), `the column ${status} tells its number`);
  }
  const cards = column(page, 'New').locator('.card');
  const before = await cards.count();
  await column(page, 'New').locator('.cards').evaluate((list) => { list.scrollTop = list.scrollHeight; });
  await until(async () => (await cards.count()) > before);
  ok(true, 'a column grows as one scrolls');
  await page.getByLabel('Group by').selectOption('priority');
  await column(page, 'Urgent').locator('.card').first().waitFor();
  is(await page.locator('.column').count(), 4, 'grouped by priority');
  await page.getByLabel('Group by').selectOption('assigned_to');
  await column(page, 'Alice Hartmann').locator('.card').first().waitFor();
  ok(true, 'grouped by assignee');
  await page.getByLabel('Group by').selectOption('status');
  await column(page, 'New').locator('.card').first().waitFor();
}

async function moving(page) {
  const task = await newTask('alice', { title: 'Carry the board' });
  await search(page, 'carry the board');
  await cardOf(page, 'Carry the board').waitFor();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await cardOf(page, 'Carry the board').dragTo(column(page, 'In Progress').locator('.cards'));
  is((await sent).headers()['if-match'], '"1"', 'a drop sends the version that was seen');
  await column(page, 'In Progress').locator('.card').waitFor();
  await until(async () => (await taskOf('alice', task.id)).status === 'In Progress');
  ok(true, 'a card is dragged to another column');

  await button(page, 'Carry the board').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await column(page, 'Completed').locator('.card').waitFor();
  await until(async () => (await taskOf('alice', task.id)).status === 'Completed');
  ok(true, 'and moved by keyboard');
  await until(() => page.evaluate(() => document.activeElement.textContent === 'Carry the board'));
  ok(true, 'which keeps the focus');

  // On a slow network the card is there before the answer.
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/tasks/*-*/*', async (route) => { await held; await route.continue(); });
  await page.keyboard.press('Shift+ArrowLeft');
  await column(page, 'In Progress').locator('.card').waitFor();
  is((await taskOf('alice', task.id)).status, 'Completed', 'a move shows before the server has answered');
  release();
  await until(async () => (await taskOf('alice', task.id)).status === 'In Progress');
  await page.unroute('**/api/tasks/*-*/*');

  // What the server refuses goes back, with its reason.
  await page.route('**/api/tasks/*-*/*', (route) => route.fulfill({ status: 403, json: { message: 'not today', details: null, hint: null } }));
  await button(page, 'Carry the board').focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await page.getByText('Not saved: Not today.').waitFor();
  await column(page, 'In Progress').locator('.card').waitFor();
  await page.unroute('**/api/tasks/*-*/*');
  ok(true, 'a move that is refused goes back, with the reason');
}

// Changes of others come after the conflict that they cause, before it, or before they are shown.
async function conflicts(page) {
  const panel = await openTask(page, 'Carry the board');
  const title = panel.getByLabel('Title');
  const question = page.getByRole('dialog', { name: 'Somebody else has changed this task' });
  const { id } = await newestTask('carry the board');
  const theirs = (data) => ask('bob', 'PATCH', `/api/tasks/${id}/`, data);
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(/\/api\/sync\//, async (route) => { await held; await route.continue(); });
  await title.fill('Carry it home');
  await theirs({ title: 'Carry it away' });
  await title.blur();
  await question.getByText('Carry it home').waitFor();
  release();
  is(await question.locator('tbody td').allTextContents(), ['Carry it home', 'Carry it away'], '412 shows both texts');
  await accessible(page, 'the question which to keep');
  await button(question, 'Keep mine').click();
  await until(async () => (await taskOf('alice', id)).title === 'Carry it home');
  ok(true, 'mine can be kept');

  await title.fill('Mine again');
  await theirs({ title: 'Carry the board', description: 'Told.' });
  await until(async () => (await panel.getByLabel('Description').inputValue()) === 'Told.');
  is(await title.inputValue(), 'Mine again', 'what is being written stays when others change it');
  await title.blur();
  await button(question, 'Take theirs').click();
  await until(async () => (await title.inputValue()) === 'Carry the board');
  is((await taskOf('alice', id)).title, 'Carry the board', 'theirs can be taken');

  await title.fill('Unseen');
  const told = page.waitForResponse(async (answer) => answer.url().includes('/api/sync/') && (await answer.text()).includes('Carry it on'));
  await page.evaluate(() => {
    window.frames_held = [];
    window.draw_frame = window.requestAnimationFrame;
    window.requestAnimationFrame = (draw) => window.frames_held.push(draw);
  });
  await theirs({ title: 'Carry it on' });
  await told;
  await page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    document.activeElement.blur();
    window.requestAnimationFrame = window.draw_frame;
    window.frames_held.forEach((draw) => requestAnimationFrame(draw));
  });
  await button(question, 'Take theirs').click();
  ok(true, 'nor is it lost where the page knows of it and does not show it yet');

  await panel.getByLabel('Description').fill('Mine.');
  await theirs({ title: 'Carry the board' });
  await until(async () => (await title.inputValue()) === 'Carry the board');
  await panel.getByLabel('Description').blur();
  await until(async () => (await taskOf('alice', id)).description === 'Mine.');
  ok(true, 'a change of another field is no conflict');
  await theirs({ description: null });
  await page.keyboard.press('Escape');
}

async function newestTask(text) {
  return (await ask('alice', 'GET', `/api/tasks/?search=${encodeURIComponent(text)}&limit=1`)).json.results[0];
}

async function pick(panel, label, text, name) {
  await panel.getByRole('combobox', { name: label }).fill(text);
  await panel.getByRole('option', { name }).waitFor();
  await panel.getByRole('combobox', { name: label }).press('Enter');
  await panel.locator('pick-box').getByText(name, { exact: true }).waitFor();
}

async function thePanel(page) {
  const panel = await openTask(page, 'Carry the board');
  const { id } = await newestTask('carry the board');
  await panel.getByLabel('Priority').selectOption('Urgent');
  await panel.getByLabel('Due date').fill('2027-03-01');
  await panel.getByLabel('Due date').blur();
  await panel.getByLabel('Description').fill('Two people.');
  await panel.getByLabel('Description').blur();
  await panel.getByLabel('effort').fill('5');
  await panel.getByLabel('effort').blur();
  await pick(panel, 'Account', 'nakamura paper', 'Nakamura Paper');
  await pick(panel, 'Assigned to', 'bob', 'Bob Okafor');
  await pick(panel, 'Teams', 'finance', 'Finance');
  await until(async () => (await taskOf('alice', id)).teams.length === 1);
  const task = await taskOf('alice', id);
  is([task.priority, task.due_date, task.description, task.effort, task.account !== null, task.assigned_to.length],
    ['Urgent', '2027-03-01', 'Two people.', 5, true, 1], 'every field is edited, also a column of their own');

  await panel.getByLabel('Comment', { exact: true }).pressSequentially('please look @bo');
  await panel.getByRole('option', { name: /Bob Okafor/ }).waitFor();
  await page.keyboard.press('Enter');
  is(await panel.getByLabel('Comment', { exact: true }).inputValue(), 'please look @bob ', '@ is completed');
  await button(panel, 'Comment').click();
  await panel.locator('mark', { hasText: '@bob' }).waitFor();
  is((await ask('alice', 'GET', `/api/tasks/${id}/comments/`)).json.results[0].mentions.length, 1, 'and mentions the person');

  await ofComments(panel, id);

  const bytes = Buffer.from('0123456789'.repeat(50_000));
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route('**/api/tasks/*-*/', async (route) => {
    if (route.request().method() === 'POST') await held;
    await route.continue();
  });
  await panel.getByLabel('Add files').setInputFiles({ name: 'plan.txt', mimeType: 'text/plain', buffer: bytes });
  await panel.getByRole('progressbar', { name: 'plan.txt' }).waitFor();
  release();
  await button(panel, 'plan.txt').waitFor();
  await panel.getByRole('progressbar').waitFor({ state: 'detached' });
  await page.unroute('**/api/tasks/*-*/');
  ok(true, 'a file shows its progress while it is sent');
  const [file] = await Promise.all([page.waitForEvent('download'), button(panel, 'plan.txt').click()]);
  is([file.suggestedFilename(), readFileSync(await file.path()).equals(bytes)], ['plan.txt', true], 'a file goes up and comes down');
  await panel.locator('.history li', { hasText: 'priority' }).first().waitFor();
  ok(true, 'the history tells what was changed');
  await accessible(page, 'the panel');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  ok(await page.evaluate(() => document.activeElement.textContent === 'Carry the board'), 'Escape returns to the card');
}

// Alice is an admin, and may change the comments of others.
async function ofComments(panel, id) {
  const comment = panel.locator('.talk li');
  await button(comment, 'Edit').click();
  const text = panel.getByLabel('Edit comment');
  await text.fill('');
  await text.pressSequentially('never mind @bo');
  await panel.getByRole('option', { name: /Bob Okafor/ }).waitFor();
  await text.press('Enter');
  await button(comment, 'Save').click();
  await comment.getByText('never mind').waitFor();
  await comment.getByText('edited').waitFor();
  is((await ask('alice', 'GET', `/api/tasks/${id}/comments/`)).json.results.map(({ comment: one }) => one), ['never mind @bob'], 'a comment is edited, with @ too');
  await button(comment, 'Edit').click();
  await text.fill('a mistake');
  await text.press('Escape');
  await comment.getByText('never mind').waitFor();
  ok(true, 'Escape leaves it as it was');

  await ask('bob', 'POST', `/api/tasks/${id}/`, { comment: 'of Bob' });
  const bobs = comment.filter({ hasText: 'of Bob' });
  await button(bobs, 'Delete').click();
  await button(bobs, 'Keep').click();
  is((await ask('alice', 'GET', `/api/tasks/${id}/comments/`)).json.results.length, 2, 'a comment is not deleted without a question');
  await button(bobs, 'Delete').click();
  await button(bobs, 'Delete for ever').click();
  await bobs.waitFor({ state: 'detached' });
  is((await ask('alice', 'GET', `/api/tasks/${id}/comments/`)).json.results.length, 1, 'and then it is');
}

// The task "Much to say" has 101 comments.
async function longTalk(page) {
  await search(page, 'much to say');
  const panel = await openTask(page, 'Much to say');
  const talk = panel.locator('.talk > li');
  is(await talk.count(), 100, 'a task shows its newest 100 comments');
  await button(panel, 'Show earlier comments').click();
  await until(async () => (await talk.count()) === 101);
  is([await talk.first().locator('.text').textContent(), await talk.last().locator('.text').textContent()], ['comment 1', 'comment 101'], 'and the earlier ones if they are asked for');
  await until(async () => (await panel.locator('.history > li').count()) === 102);
  await page.keyboard.press('Escape');
}

async function filters(page) {
  await search(page, 'nakamura');
  const { json } = await ask('alice', 'GET', '/api/tasks/?search=nakamura&limit=0');
  await until(async () => (await counts(page)) === json.count);
  ok(true, 'the board is searched as one types');
  await search(page, 'zzz nothing');
  await until(async () => (await counts(page)) === 0);
  await page.getByRole('searchbox').fill('');
  await until(async () => (await counts(page)) > 4000);

  await page.getByLabel('Due', { exact: true }).selectOption({ label: 'Next 7 days' });
  const week = await ask('alice', 'GET', '/api/tasks/?due_date__gte=today&due_date__lte=P7D&limit=0');
  await until(async () => (await counts(page)) === week.json.count);
  ok(true, 'relative dates');

  await button(page, 'Conditions').click();
  const form = page.getByRole('dialog', { name: 'Conditions' });
  await form.getByLabel('Field').selectOption('priority');
  await form.getByLabel('Value of Priority').selectOption('Urgent');
  await button(form, 'Add group').click();
  await form.getByLabel('Field').nth(1).selectOption('status');
  await form.getByLabel('Value of Status').selectOption('New');
  await accessible(page, 'the form of conditions');
  await button(form, 'Apply').click();
  const where = encodeURIComponent('{"and": [{"priority": {"eq": "Urgent"}}, {"or": [{"status": {"eq": "New"}}]}]}');
  const urgent = await ask('alice', 'GET', `/api/tasks/?due_date__gte=today&due_date__lte=P7D&where=${where}&limit=0`);
  await until(async () => (await counts(page)) === urgent.json.count);
  ok(true, 'a tree of conditions is written as a form');
  await until(() => page.evaluate(() => document.activeElement.textContent.startsWith('Conditions')));
  ok(true, 'which gives the focus back to its button');

  await button(page, 'Conditions, in use').click();
  await button(form, 'No conditions').click();
  await until(async () => (await counts(page)) === week.json.count);
  await page.getByLabel('Due', { exact: true }).selectOption({ label: 'Any due date' });
  await button(page, 'Conditions').click();
  await form.getByLabel('Field').selectOption('effort');
  await form.getByLabel('Comparison').selectOption('from');
  await form.getByLabel('Value of effort').fill('5');
  await button(form, 'Apply').click();
  const effort = await ask('alice', 'GET', '/api/tasks/?effort__gte=5&limit=0');
  await until(async () => (await counts(page)) === effort.json.count);
  ok(effort.json.count > 0, 'and about a column of their own');
  await button(page, 'Conditions, in use').click();
  is(await form.getByLabel('Value of effort').inputValue(), '5', 'which the form reads again');
  await form.getByLabel('Field').selectOption('priority');
  await form.getByLabel('Value of Priority').selectOption('Urgent');
  await button(form, 'Add group').click();
  await form.getByLabel('Field').nth(1).selectOption('status');
  await button(form, 'Apply').click();
  await page.getByLabel('Due', { exact: true }).selectOption({ label: 'Next 7 days' });
  await until(async () => (await counts(page)) === urgent.json.count);

  await button(page, 'Save view').click();
  await page.getByRole('dialog').getByLabel('Name').fill('Urgent this week');
  await button(page.getByRole('dialog'), 'Save').click();
  await page.getByText('Saved the view').waitFor();
  await page.getByLabel('Saved view').selectOption({ label: 'All tasks' });
  await until(async () => (await counts(page)) > 4000);
  await page.getByLabel('Saved view').selectOption({ label: 'Urgent this week' });
  await until(async () => (await counts(page)) === urgent.json.count);
  await page.reload();
  await until(async () => (await counts(page)) === urgent.json.count);
  await until(() => page.getByLabel('Saved view').evaluate((list) => list.selectedOptions[0].textContent === 'Urgent this week'));
  ok(true, 'a view is saved and used, also after a reload');
  await page.getByLabel('Saved view').selectOption({ label: 'All tasks' });
  await page.locator('.tile.overdue').click();
  const overdue = await ask('alice', 'GET', '/api/tasks/?overdue=true&limit=0');
  await until(async () => (await counts(page)) === overdue.json.count);
  await page.locator('.tile.overdue').click();
  await until(async () => (await counts(page)) > 4000);
  ok(true, 'the totals filter by what they count');
}

// The number of tasks that the columns tell; while the page begins anew, none.
async function counts(page) {
  const texts = await page.locator('.column h2 .count').allTextContents().catch(() => []);
  return texts.reduce((sum, text) => sum + Number(text.replace(/\D/g, '')), 0);
}

async function bulk(page) {
  for (const n of [1, 2, 3]) await newTask('alice', { title: `bulky ${n}`, priority: n === 3 ? 'Low' : 'High' });
  await button(page, 'List').click();
  await search(page, 'bulky');
  await until(async () => (await page.locator('tbody tr').count()) === 3);
  await page.getByLabel('Select all that are shown').check();
  await page.getByLabel('Change').selectOption({ label: 'Priority: Low' });
  await page.getByText('would change 2 of 3 tasks').waitFor();
  is((await ask('alice', 'GET', '/api/tasks/?search=bulky&priority=Low&limit=0')).json.count, 1, 'a dry run tells what would change, and changes nothing');
  await accessible(page, 'the list with selected tasks');
  await button(page, 'Change 2').click();
  await page.getByText('Changed 2 tasks.').waitFor();
  is((await ask('alice', 'GET', '/api/tasks/?search=bulky&priority=Low&limit=0')).json.count, 3, 'then it changes them');
}

async function theList(page) {
  await page.getByRole('searchbox').fill('');
  await button(page, 'Title').click();
  const { json } = await ask('alice', 'GET', '/api/tasks/?ordering=title&limit=100');
  const wanted = json.results.map(({ title }) => title);
  let titles;
  // The rows of the list before it may still be there, or none.
  await until(async () => {
    titles = (await page.locator('tbody button.title').allTextContents()).slice(0, 100);
    return titles.join() === wanted.join();
  });
  is(titles, wanted, 'the list is sorted by its headers');
  await until(async () => {
    await page.locator('.list').evaluate((list) => { list.scrollTop = list.scrollHeight; });
    return Number((await page.locator('.end').textContent()).split(' of ')[0].replace(/\D/g, '')) >= 300;
  });
  await page.locator('.list').evaluate((list) => { list.scrollTop = 245 * 37; });
  await page.locator('[aria-rowindex="252"]').waitFor();
  const later = await ask('alice', 'GET', '/api/tasks/?ordering=title&limit=1&offset=250');
  is(await page.locator('[aria-rowindex="252"] button.title').textContent(), later.json.results[0].title, 'and grows by cursor, in order');
  await button(page, 'Calendar').click();
  await page.locator('.calendar td.today').waitFor();
  const today = await page.locator('.calendar td.today time').getAttribute('datetime');
  await button(page, 'Month after').click();
  await page.locator('.calendar td.today').waitFor({ state: 'detached' }).catch(() => {});
  await button(page, 'Month before').click();
  await page.locator('.calendar td.today li').first().waitFor();
  const due = await ask('alice', 'GET', `/api/tasks/?due_date=${today}&limit=0`);
  const more = await page.locator('.calendar td.today > button').textContent().catch(() => '+0');
  is(Number(more.replace(/\D/g, '')) + (await page.locator('.calendar td.today li').count()), due.json.count, 'the calendar has what is due on a day');
  await accessible(page, 'the calendar');
  await calendar(page, today);
  await button(page, 'Board').click();
  await page.locator('.card').first().waitFor();
}

// Due dates are changed by dragging, and by keys.
async function calendar(page, today) {
  const on = (day) => page.locator(`.calendar td[data-place="${day}"]`);
  const month = today.slice(0, 7);
  const { id } = await newTask('alice', { title: 'Water the plants', due_date: `${month}-10` });
  await search(page, 'water the plants');
  await on(`${month}-10`).getByText('Water the plants').waitFor();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await on(`${month}-10`).locator('li').dragTo(on(`${month}-18`));
  is((await sent).headers()['if-match'], '"1"', 'a task dragged to another day is sent with its version');
  await on(`${month}-18`).getByText('Water the plants').waitFor();
  await until(async () => (await taskOf('alice', id)).due_date === `${month}-18`);
  ok(true, 'a task is dragged to another day');

  const title = page.locator('.calendar').getByRole('button', { name: 'Water the plants' });
  const hasFocus = () => title.evaluate((one) => one === document.activeElement).catch(() => false);
  await title.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await on(`${month}-12`).getByText('Water the plants').waitFor();
  await until(async () => (await taskOf('alice', id)).due_date === `${month}-12`);
  await until(hasFocus);
  ok(true, 'and moved by a day and a week with the keyboard, which keeps the focus');
  for (let week = 1; week <= 4; week++) {
    await page.keyboard.press('Shift+ArrowDown');
    await until(hasFocus);
  }
  const later = new Date(`${month}-12T00:00:00Z`).getTime() + 28 * 86_400_000;
  await on(new Date(later).toISOString().slice(0, 10)).getByText('Water the plants').waitFor();
  await until(hasFocus);
  ok(true, 'also into the next month');

  await page.route('**/api/tasks/*-*/*', (route) => route.fulfill({ status: 403, json: { message: 'not that day', details: null, hint: null } }));
  await page.keyboard.press('Shift+ArrowLeft');
  await page.getByText('Not saved: Not that day.').waitFor();
  await on(new Date(later).toISOString().slice(0, 10)).getByText('Water the plants').waitFor();
  await page.unroute('**/api/tasks/*-*/*');
  ok(true, 'a day that is refused goes back, with the reason');

  await page.route('**/api/tasks/*-*/*', async (route) => {
    if (route.request().method() === 'PATCH') await ask('bob', 'PATCH', `/api/tasks/${id}/`, { due_date: '2031-01-01' });
    await route.continue();
  });
  await title.focus();
  await page.keyboard.press('Shift+ArrowLeft');
  const question = page.getByRole('dialog', { name: 'Somebody else has changed this task' });
  await question.getByText('2031-01-01').waitFor();
  await page.unroute('**/api/tasks/*-*/*');
  await button(question, 'Take theirs').click();
  await title.waitFor({ state: 'detached' });
  is((await taskOf('alice', id)).due_date, '2031-01-01', 'and one that somebody else has changed meanwhile is asked about');
  await search(page, '');
}

const HOSTILE = ['<script>alert(1)</script>', '<img src=x onerror=alert(1)>', 'أهلا وسهلا ‮gnp.exe', '👩🏽‍💻🏳️‍🌈 e\u0301', 'W'.repeat(255)];

async function hostileTexts(page) {
  const made = [];
  for (const title of HOSTILE) made.push(await newTask('alice', { title, description: 'hostile' }));
  await ofHostilePanel(page, made[0]);
  await search(page, 'hostile');
  await until(async () => (await page.locator('.card').count()) === HOSTILE.length);
  const titles = (await page.locator('.card .title').allTextContents()).sort();
  is(titles, [...HOSTILE].sort(), 'hostile titles are texts');
  ok(await page.evaluate(() => [...document.querySelectorAll('.card')].every((one) => one.scrollWidth <= one.clientWidth)), 'and stay within their cards');
  await accessible(page, 'the board with them');
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await accessible(page, 'the dark board');
  await page.setViewportSize({ width: 360, height: 740 });
  ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a phone needs no scrolling sideways');
  await accessible(page, 'the board on a phone');
  const panel = await openTask(page, HOSTILE[4]);
  ok(await panel.evaluate((dialog) => dialog.scrollWidth <= innerWidth && getComputedStyle(dialog).animationName === 'none'), 'nor does the panel, which does not move in');
  await page.keyboard.press('Escape');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1360, height: 850 });
}

// Texts of others in the panel, in the names of views, and in an address.
async function ofHostilePanel(page, { id }) {
  const text = '<img src=x onerror=alert(1)> @<b>';
  const form = new FormData();
  form.append('attachment', new Blob(['x']), '<i>x.html');
  await ask('alice', 'POST', `/api/tasks/${id}/`, { comment: text });
  await fetch(`${base}/api/tasks/${id}/`, { method: 'POST', body: form, headers: { authorization: `Bearer ${tokens.alice}` } });
  await ask('alice', 'POST', '/api/views/', { name: text, filters: {} });
  for (const hash of ['filters=null', 'filters=[', 'mode=constructor&group_by=constructor', `task=${id}`]) {
    await page.goto(`${base}/#${hash}`);
    await page.reload();
    await page.getByRole('searchbox').waitFor();
  }
  await search(page, 'hostile');
  const panel = await openTask(page, HOSTILE[0]);
  is([await panel.locator('.talk .text').textContent(), await panel.locator('.files .link').textContent(), await page.getByLabel('Saved view').locator('option').filter({ hasText: 'onerror' }).textContent()],
    [text, '<i>x.html', text], 'so are hostile comments, files and views');
  await page.keyboard.press('Escape');
}

async function theBin(page) {
  const { id } = await newTask('alice', { title: 'Drop me' });
  await search(page, 'drop me');
  const panel = await openTask(page, 'Drop me');
  await button(panel, 'Delete task').click();
  await page.getByText('Deleted 1 task.').waitFor();
  is((await ask('alice', 'GET', `/api/tasks/${id}/`)).status, 404, 'a task is deleted');
  await button(page, 'Undo').click();
  await cardOf(page, 'Drop me').waitFor();
  is((await taskOf('alice', id)).title, 'Drop me', 'and comes back');
  await ask('alice', 'DELETE', `/api/tasks/${id}/`);
  await cardOf(page, 'Drop me').waitFor({ state: 'detached' });
  await button(page, 'Bin').click();
  await accessible(page, 'the bin');
  await button(page, 'Restore Drop me').click();
  await button(page, 'Restore Drop me').waitFor({ state: 'detached' });
  await button(page.getByRole('dialog'), 'Close').click();
  await cardOf(page, 'Drop me').waitFor();
  ok(true, 'also from the bin, later');
}

// Two people look at the same board.
async function live(page) {
  const bobs = await open(/Bob/);
  await bobs.locator('.card').first().waitFor();
  for (const one of [page, bobs]) await search(one, 'sunflower');
  const carols = await open(/Carol/);
  await search(carols, 'sunflower');
  for (const one of [page, bobs, carols]) await one.locator('.live.live').waitFor();
  // A page asks what has changed when it begins, and when its stream of events begins.
  const asked = () => carols.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/sync/')).length);
  await until(async () => (await asked()) >= 2);
  const before = await asked();
  const { id } = await newTask('alice', { title: 'Sunflower one' });
  for (const one of [page, bobs]) await column(one, 'New').getByText('Sunflower one').waitFor();
  ok(true, 'a new task appears in both windows');
  is([await carols.locator('.card').count(), await asked()], [0, before], 'and another organization is told nothing');
  await carols.context().close();
  await button(bobs, 'Sunflower one').focus();
  await bobs.keyboard.press('Shift+ArrowRight');
  await column(page, 'In Progress').getByText('Sunflower one').waitFor();
  ok(true, 'one sees what the other moves');
  const panel = await openTask(page, 'Sunflower one');
  await ask('bob', 'POST', `/api/tasks/${id}/`, { comment: 'seen at once' });
  await panel.locator('.talk').getByText('seen at once').waitFor();
  ok(true, 'and comments, in the open panel');
  await page.keyboard.press('Escape');
  await openTask(bobs, 'Sunflower one');
  await button(bobs.getByRole('dialog'), 'Delete task').click();
  await bobs.getByText('Only the creator of the task or an admin may delete it.').waitFor();
  await bobs.getByText('Sunflower one', { exact: true }).waitFor();
  ok(true, 'a task that may not be deleted stays, with the reason');

  await bobs.context().setOffline(true);
  await bobs.locator('.live.offline').waitFor();
  await ask('alice', 'PATCH', `/api/tasks/${id}/`, { title: 'Sunflower two' });
  await button(bobs, 'Sunflower one').focus();
  await bobs.keyboard.press('Shift+ArrowRight');
  await bobs.getByText('Not saved: You are offline.').waitFor();
  await column(bobs, 'In Progress').locator('.card').waitFor();
  ok(true, 'a move while offline goes back, with the reason');
  await bobs.context().setOffline(false);
  await button(bobs, 'Sunflower two').waitFor();
  ok(true, 'who was offline catches up');

  await stopServer();
  for (const one of [page, bobs]) await one.locator('.live.offline').waitFor();
  await button(bobs, 'Sunflower two').focus();
  await bobs.keyboard.press('Shift+ArrowRight');
  await bobs.getByText('Not saved: The server cannot be reached.').waitFor();
  await column(bobs, 'In Progress').getByText('Sunflower two').waitFor();
  await startServer();
  for (const one of [page, bobs]) await one.locator('.live.live').waitFor();
  await newTask('bob', { title: 'Sunflower three' });
  for (const one of [page, bobs]) await button(one, 'Sunflower three').waitFor();
  ok(true, 'the boards go on after a restart of the server');
  await bobs.context().close();
}

async function tenants() {
  const page = await open(/Alice/);
  await page.locator('.card').first().waitFor();
  await page.getByLabel('User').selectOption({ label: 'Carol Dubois' });
  await page.locator('.org', { hasText: 'Atelier Zéphyr' }).waitFor();
  await page.locator('.card').first().waitFor();
  const { json } = await ask('alice', 'GET', '/api/tasks/?limit=100&expand=account');
  const left = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...sessionStorage, ...localStorage }) + location.href + document.title);
  const canaries = ['Harbourline', json.results[0].org, ...json.results.map(({ id }) => id)];
  is(canaries.filter((text) => left.includes(text)), [], 'after a switch nothing of the first organization is left in the page');
  is(await counts(page), (await ask('carol', 'GET', '/api/tasks/?limit=0')).json.count, 'and the board is that of the second one');
  await page.getByLabel('User').selectOption({ label: 'Dora Lindqvist' });
  await page.getByRole('button', { name: /Atelier Zéphyr/ }).click();
  await page.locator('.card').first().waitFor();
  await page.getByLabel('Organization').selectOption({ label: 'Harbourline Logistics' });
  await until(async () => (await counts(page)) > 4000);
  ok(true, 'Dora chooses between two organizations');
  await page.context().close();
}

// Without --demo there are no tokens, and the page asks for one.
async function withoutDemo() {
  const { process: other, address } = await start([], { PORT: '0' });
  is([(await fetch(`${address}/demo/users/`)).status, (await fetch(`${address}/demo/users/alice/token/`, { method: 'POST' })).status], [404, 404], 'without --demo, nobody gets a token');
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(address);
  await page.getByLabel('Token').fill(tokens.alice);
  await button(page, 'Sign in').click();
  await page.locator('.card').first().waitFor();
  await button(page, 'Sign out').click();
  await page.getByLabel('Token').waitFor();
  is(await page.evaluate(() => sessionStorage.length), 0, 'one signs in with a token, and nothing is left after signing out');
  await page.close();
  other.kill('SIGKILL');
}

try {
  const page = await signingIn();
  await boardOfGroups(page);
  await moving(page);
  await conflicts(page);
  await thePanel(page);
  await longTalk(page);
  await filters(page);
  await bulk(page);
  await theList(page);
  await hostileTexts(page);
  await theBin(page);
  await live(page);
  await tenants();
  await withoutDemo();
  is(complaints, [], 'nothing broke, and no policy was violated');
  is(strangers, [], 'no other host was asked');
} finally {
  await browser.close();
  await stopServer();
}
