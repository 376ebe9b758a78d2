import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exportFileHere } from '../../src/cli/records/export-file.ts';
import { closedSession } from './closed-session.ts';

function opened() {
  const { around, session } = closedSession();
  const here = (name: string): string => join(around.cwd, name);
  return { write: exportFileHere(around), here, what: { kind: 'session', session } as const, session };
}

test('the ending of the name says what is written, and only the person may read it', async () => {
  const { write, here, what } = opened();
  for (const [name, holds] of [
    ['page.html', '<!doctype html>'],
    ['text.md', '# Post-mortem'],
    ['rows.jsonl', '"schema":'],
    ['cells.csv', 'seq,'],
    ['tests.xml', '<testsuites'],
  ] as const) {
    expect(await write(what, name)).toEqual({ file: here(name) });
    expect(readFileSync(here(name), 'utf8').slice(0, 2000).toLowerCase()).toContain(holds.toLowerCase());
    expect(statSync(here(name)).mode & 0o777).toBe(0o600);
  }
});

test('a file that is there already stays as it is; without a name the next free one is taken', async () => {
  const { write, here, what, session } = opened();
  writeFileSync(here('mine.md'), 'my own words');
  expect(await write(what, 'mine.md')).toEqual({
    trouble: `${here('mine.md')} is there already and stays as it is. Give another name.`,
  });
  expect(readFileSync(here('mine.md'), 'utf8')).toBe('my own words');
  expect(await write(what, null)).toEqual({ file: here(`${session}.html`) });
  expect(await write(what, null)).toEqual({ file: here(`${session}-2.html`) });
});

test.each([
  ['nowhere/page.html', 'cannot be written'],
  ['page.docx', 'One of: .html .md'],
  ['page', 'One of: .html .md'],
])('%s is refused with words', async (name, words) => {
  const { write, what } = opened();
  expect(await write(what, name)).toEqual({ trouble: expect.stringContaining(words) });
});

test('two sessions side by side, and the statistics, can be written too', async () => {
  const { write, here, session } = opened();
  expect(await write({ kind: 'comparison', left: session, right: session }, 'both.txt')).toEqual({
    file: here('both.txt'),
  });
  expect(readFileSync(here('both.txt'), 'utf8')).toContain('0 of them differ');
  expect(await write({ kind: 'statistics' }, 'all.csv')).toEqual({ file: here('all.csv') });
  expect(readFileSync(here('all.csv'), 'utf8')).toContain('p80');
});
