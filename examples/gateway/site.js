// Serves the files of the task board from memory: those in ../board, and the modules of
// lit-html.  No other file can be asked for.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

const BOARD = new URL('../board/', import.meta.url);
const MODULES = new URL('./node_modules/lit-html/', import.meta.url);

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
  'cache-control': 'no-cache',
};

// Returns path -> {type, bytes, etag} for the files in a folder.
function read(folder, prefix) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map(({ name }) => {
      const bytes = readFileSync(new URL(name, folder));
      const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
      return [prefix + (name === 'index.html' ? '' : name), { type: TYPES[extname(name)], bytes, etag }];
    });
}

// Adds the routes of the board to a server.
export function addSite(app) {
  if (!existsSync(BOARD)) return;
  const files = [
    ...read(BOARD, '/'),
    ...read(MODULES, '/lit-html/'),
    ...read(new URL('directives/', MODULES), '/lit-html/directives/'),
  ];
  for (const [path, { type, bytes, etag }] of files) {
    app.get(path, (request, reply) => {
      reply.headers({ ...HEADERS, etag });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(type).send(bytes);
    });
  }
}
