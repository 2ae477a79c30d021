// Checks answers of SQL functions against the JSON Schemas of the OpenAPI document. DOCUMENT: a
// file with the document; ANSWERS: a file with one line for each answer, {function, schema,
// answer}; answer is the text of the answer, and schema ends in [] for an array.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { compile } from './schemas.mjs';
import { is, ok } from './harness.mjs';

const problemOf = compile(JSON.parse(readFileSync(process.env.DOCUMENT)), { Ajv, addFormats });
const functions = new Map();
// Does not use node:readline, which treats U+2028 as the end of a line.
for (const line of readFileSync(process.env.ANSWERS, 'utf8').split('\n').filter(Boolean)) {
  const { function: name, schema, answer } = JSON.parse(line);
  const seen = functions.get(name) ?? { count: 0, wrong: 0, first: null };
  const values = schema.endsWith('[]') ? JSON.parse(answer) : [JSON.parse(answer)];
  const problem = values.map((value) => problemOf(schema.replace('[]', ''), value)).find((found) => found);
  seen.count++;
  if (problem) {
    seen.wrong++;
    seen.first ??= `${problem.slice(0, 500)} of ${answer.slice(0, 500)}`;
  }
  functions.set(name, seen);
}
for (const [name, { count, wrong, first }] of functions) is([wrong, first], [0, null],
  `${count} answers of ${name} conform to the schema`);
ok(functions.size > 10, `${functions.size} functions answered`);
