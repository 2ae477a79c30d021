// Serves the files of the task board from memory: those in ../board, and the modules of npm that
// it uses.  No other file can be asked for.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

const BOARD = new URL('../board/', import.meta.url);
const FOLDERS = {
  '': BOARD,
  'lit-html/': new URL('./node_modules/lit-html/', import.meta.url),
  'lit-html/directives/': new URL('./node_modules/lit-html/directives/', import.meta.url),
  'eventsource-parser/': new URL('./node_modules/eventsource-parser/dist/', import.meta.url),
};

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

// The page runs its own scripts only, and asks no other host.  lit-html alone may turn text
// into elements, and only the text of its templates.
const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types lit-html",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('base64url');
}

// Returns the files in a folder as {path, type, bytes}.
function read([prefix, folder]) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map(({ name }) => ({ path: prefix + name, type: TYPES[extname(name)], bytes: readFileSync(new URL(name, folder)) }));
}

// Adds the routes of the board to a server.  The page is at /, and is asked for each time; its
// files are below a path that changes with them, so that browsers need to ask for each once.
export function addSite(app) {
  if (!existsSync(BOARD)) return;
  const files = Object.entries(FOLDERS).flatMap(read);
  const version = hash(Buffer.concat(files.map(({ bytes }) => bytes))).slice(0, 16);
  for (const { path, type, bytes } of files.filter((file) => file.path !== 'index.html')) {
    app.get(`/${version}/${path}`, (request, reply) =>
      reply.headers({ ...HEADERS, 'cache-control': 'public, max-age=31536000, immutable' }).type(type).send(bytes));
  }

  const page = files.find(({ path }) => path === 'index.html').bytes.toString().replace(/ (href|src)="/g, ` $1="/${version}/`);
  const etag = `"${hash(page)}"`;
  app.get('/', (request, reply) => {
    reply.headers({ ...HEADERS, etag, 'cache-control': 'no-cache' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type(TYPES['.html']).send(page);
  });
}
