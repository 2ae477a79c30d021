// The OpenAPI document: it is valid, and every schema compiles. DOCUMENT: the file to write it
// to, for the generation of types.
import { writeFileSync } from 'node:fs';
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { compile } from './schemas.mjs';
import { ask, is, ok } from './harness.mjs';

const answer = await ask(undefined, 'GET', '/api/openapi.json');
is(answer.status, 200, 'the document needs no token');
const document = answer.json;
writeFileSync(process.env.DOCUMENT, JSON.stringify(document));

const problem = await SwaggerParser.validate(structuredClone(document)).then(() => null, (error) => error.message);
is(problem, null, 'the document is a valid OpenAPI 3.1 document');
const broken = structuredClone(document);
delete broken.info.title;
ok(await SwaggerParser.validate(broken).then(() => false, () => true), 'without a title it is not valid');

const problemOf = compile(document, { Ajv, addFormats });
const task = {
  id: '0a000000-0000-4000-8000-000000000001', title: 'x', status: 'New', priority: 'Normal', due_date: null, account: null, contacts: [],
  created_on: '2023-01-15T10:30:00Z', assigned_to: [], teams: [], description: null, created_by: null, updated_on: '2023-01-15T10:30:00Z', completed_on: null,
  completed_by: null, version: 1,
  org: '0a000000-0000-4000-8000-000000000001',
};
is(problemOf('Task', task), null, 'a task conforms to its schema');
for (const [what, wrong] of Object.entries({
  'another key': { ...task, more: 1 }, 'a key less': { ...task, title: undefined }, 'another status': { ...task, status: 'new' },
  'no id': { ...task, id: 'x' }, 'no date': { ...task, due_date: '2023-02-30' }, 'a version of 0': { ...task, version: 0 }, 'no array': { ...task, teams: null },
})) ok(problemOf('Task', JSON.parse(JSON.stringify(wrong))), `a task with ${what} does not`);
is(problemOf('TaskUpdate', task), null, 'a task that was read can be sent back');
is(problemOf('TaskData', { title: 'x', status: null, contacts: null }), null, 'a new task requires only a title');
ok(problemOf('TaskData', { status: 'New' }), 'a new task requires a title');
is(problemOf('Filters', { ordering: '-priority,due_date,title,-status' }), null,
  'an ordering by several keys conforms');
for (const ordering of ['colour', 'title,', ',title', 'title, status', '--title', 'title,status,priority,due_date,created_on'])
  ok(problemOf('Filters', { ordering }) !== null, `an ordering "${ordering}" does not`);
is(problemOf('Filters', { status: ['New', 'Completed'], assigned_to: '@me', due_date__lte: '2023-02-15', ordering: '-due_date', limit: 5, title: null }), null,
  'filters conform to their schema');
ok(problemOf('Filters', { statuses: 'New' }), 'an unknown filter does not');
