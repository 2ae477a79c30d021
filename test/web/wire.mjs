// Connections: many at once, kept alive, broken off in the middle.
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, base, is, ok } from './harness.mjs';

const alice = process.env.TOKEN_ALICE;
const carol = process.env.TOKEN_CAROL;
const { ORG1, ORG2 } = process.env;
const { hostname, port } = new URL(base);

async function concurrency() {
  const jobs = [];
  for (let i = 0; i < 200; i++) {
    const [token, org] = i % 2 ? [alice, ORG1] : [carol, ORG2];
    jobs.push((async () => {
      const created = await ask(token, 'POST', '/api/tasks/', { title: `at once ${i}` });
      const list = await ask(token, 'GET', '/api/tasks/?title=at%20once&limit=200');
      const orgs = new Set(list.json.results.map((task) => task.org));
      return created.status === 201 && created.json.org === org && orgs.size === 1 && orgs.has(org) &&
        list.json.results.some((task) => task.id === created.json.id);
    })());
  }
  const results = await Promise.all(jobs);
  is(results.filter(Boolean).length, 200, '200 clients of two organizations at once: each sees its own');
  is((await ask(alice, 'GET', '/api/tasks/?title=at%20once&limit=1')).json.count, 100, 'no request is lost');

  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'contended' });
  const updates = await Promise.all(Array.from({ length: 40 }, (_, i) =>
    ask(alice, 'PUT', `/api/tasks/${task.id}/`, { description: `${i}` })));
  is(updates.map((u) => u.status).filter((status) => status !== 200), [], '40 updates of one task at once');
  is((await ask(alice, 'GET', `/api/tasks/${task.id}/`)).json.task_obj.version, 41, 'each of them counted');
  const raced = await Promise.all(Array.from({ length: 20 }, (_, i) =>
    ask(alice, 'PUT', `/api/tasks/${task.id}/`, { description: `r${i}` }, { 'if-match': '"41"' })));
  is(raced.map((u) => u.status).sort(), [200, ...Array(19).fill(412)], 'of 20 with the same If-Match, one succeeds');
}

// Sends a request with an agent; resolves to its status and whether its socket was new.
function over(agent, path) {
  return new Promise((resolve, reject) => {
    const request = http.request({ agent, hostname, port, path, headers: { authorization: `Bearer ${alice}` } }, (response) => {
      response.resume();
      response.on('end', () => resolve([response.statusCode, request.reusedSocket]));
    });
    request.on('error', reject);
    request.end();
  });
}

async function keepAlive() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const answers = [];
  for (const path of ['/api/tasks/', '/api/tasks/x/', '/api/tasks/?limit=x', '/api/tasks/', '/nowhere', '/api/tasks/']) {
    answers.push(await over(agent, path));
  }
  agent.destroy();
  is(answers, [[200, false], [404, true], [400, true], [200, true], [404, true], [200, true]],
    'one connection serves errors and other answers');
}

// Sends bytes and closes the connection.
async function hangUp(text) {
  const socket = net.connect(Number(port), hostname);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('connect', resolve));
  await new Promise((resolve) => socket.write(text, resolve));
  await sleep(50);
  socket.destroy();
}

async function abortedUploads() {
  const { json: task } = await ask(alice, 'POST', '/api/tasks/', { title: 'broken off' });
  const part = 'Content-Disposition: form-data; name="attachment"; filename="x"\r\n\r\n';
  const head = `POST /api/tasks/${task.id}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice}\r\n` +
    'Content-Type: multipart/form-data; boundary=XYZ\r\n';
  await Promise.all(Array.from({ length: 20 }, (_, i) =>
    hangUp(`${head}Content-Length: 5000000\r\n\r\n--XYZ\r\n${part}${'x'.repeat(i * 10000)}`)));
  await hangUp(`${head}Transfer-Encoding: chunked\r\n\r\n10\r\n--XYZ\r\n`);
  await hangUp('POST /api/tasks/ HT');
  const cut = await ask(alice, 'POST', `/api/tasks/${task.id}/`, `--XYZ\r\n${part}cut off`, { 'content-type': 'multipart/form-data; boundary=XYZ' });
  is([cut.status, cut.json.code], [400, '22023'], 'an incomplete form is refused');
  const after = await ask(alice, 'GET', `/api/tasks/${task.id}/`);
  is([after.status, after.json.attachments.length, after.json.comments.length], [200, 0, 0],
    'incomplete uploads leave nothing, and the server continues');

  const chunked = await new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method: 'POST', path: `/api/tasks/${task.id}/`,
      headers: { authorization: `Bearer ${alice}`, 'content-type': 'multipart/form-data; boundary=XYZ' } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject);
    for (const piece of ['--XY', 'Z\r\n', part, 'in pieces', '\r', '\n--XYZ-', '-']) request.write(piece);
    request.end();
  });
  is(chunked, 201, 'a form is sent in chunks of any length');
  ok((await ask(alice, 'GET', `/api/tasks/${task.id}/`)).json.attachments[0].size === 9, 'and read as one');
}

await concurrency();
await keepAlive();
await abortedUploads();
