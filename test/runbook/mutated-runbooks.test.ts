import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadFragment, loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from './memory-files.ts';

const folder = fileURLToPath(new URL('../../runbooks/', import.meta.url));
const book = readFileSync(`${folder}/format_example.yaml`, 'utf8');
const fragment = readFileSync(`${folder}/steps/freeze_writes.yaml`, 'utf8');
const migrate = readFileSync(`${folder}/migrate`, 'utf8');

const pieces = [
  '',
  ' ',
  '\n',
  ':',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '${{',
  '}}',
  '&a',
  '*a',
  '!x',
  '#',
  '\t',
  '0',
  'null',
  '~',
  'id',
  'use',
  'steps',
  '🙂',
  '\u202e',
];
const mutation = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 40 }),
  put: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 10 })),
});

/** Takes lines out, puts pieces in: most results are wrong in some new way. */
const mutate = (
  text: string,
  changes: readonly { readonly place: number; readonly removed: number; readonly put: string }[],
): string =>
  changes.reduce((before, { place, removed, put }) => {
    const at = Math.floor(place * before.length);
    return before.slice(0, at) + put + before.slice(at + removed);
  }, text);

test('a mutated runbook is accepted or refused at a place, and never anything else', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), fc.boolean(), (changes, inFragment) => {
      const files = memoryFiles({
        'book.yaml': inFragment ? book : mutate(book, changes),
        'steps/freeze_writes.yaml': inFragment ? mutate(fragment, changes) : fragment,
        migrate,
      });
      for (const result of [
        loadRunbook('book.yaml', files),
        loadFragment('steps/freeze_writes.yaml', files),
      ]) {
        if (result.ok) continue;
        expect(result.problems.length).toBeGreaterThan(0);
        for (const { code, at, message } of result.problems) {
          expect(code).toMatch(/^WB\d{3}$/);
          expect(message).not.toBe('');
          expect(at.line).toBeGreaterThan(0);
          expect(at.column).toBeGreaterThan(0);
        }
      }
    }),
    { numRuns: 200 },
  );
});
