// Two helper programs for test/bench/gateway:
//
//   node gateway.mjs constant PORT        examples/gateway without a database: answers each
//                                         request with the bytes of the file ANSWER
//   node gateway.mjs load URL CLIENTS SECONDS    sends requests with the bearer token TOKEN
//                                         over persistent connections; prints requests per
//                                         second, median and 95th percentile in ms
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { build } from '../../examples/gateway/server.js';

async function constant(port) {
  const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: readFileSync(process.env.ANSWER) };
  await build(async () => answer).listen({ host: '127.0.0.1', port: Number(port) });
}

function once(agent, url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent, headers: { authorization: `Bearer ${process.env.TOKEN}` } }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`))));
    });
    request.on('error', reject);
  });
}

async function load(url, clients, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  const times = [];
  const run = async (until, note) => {
    while (performance.now() < until) {
      const start = performance.now();
      await once(agent, url);
      if (note) times.push(performance.now() - start);
    }
  };
  const all = (lasting, note) => {
    const until = performance.now() + lasting * 1000;
    return Promise.all(Array.from({ length: clients }, () => run(until, note)));
  };
  await all(1, false);
  await all(seconds, true);
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(times.length * part)].toFixed(2);
  console.log(`${Math.round(times.length / seconds)} ${at(0.5)} ${at(0.95)}`);
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'constant') await constant(rest[0]);
else await load(rest[0], Number(rest[1]), Number(rest[2]));
