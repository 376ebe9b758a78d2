import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const page = readFileSync(resolve(root, 'docs/requirements.md'), 'utf8');

/** Every `file` › title of the tables. */
const named = page
  .split('\n')
  .flatMap((line) => [...line.matchAll(/`(test\/[^`]+)` › (.+?) \|$/g)])
  .map(([, file = '', title = '']) => ({ file, title: title.trim() }));

test('every row of a table names a test', () => {
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('|') && !/what has to happen|---/.test(line));
  expect(named).toHaveLength(rows.length);
  expect(rows.length).toBeGreaterThan(30);
});

test.each(named)('$file has a test “$title”', ({ file, title }) => {
  // a title may go on: some end in a value that stands in a template
  expect(readFileSync(resolve(root, file), 'utf8').replaceAll(String.raw`\'`, "'")).toContain(title);
});
