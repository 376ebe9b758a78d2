import { expect, test } from 'vitest';
import { allOf, and, anyOf, combine, kOf, not, or } from '../../src/judge/kleene.ts';
import type { Result } from '../../src/judge/kleene.ts';

const letters: Readonly<Record<string, Result>> = { p: 'pass', f: 'fail', u: 'unknown' };
const results = (word: string): readonly Result[] => [...word].map((letter) => letters[letter] ?? 'unknown');
const one = (letter: string): Result => letters[letter] ?? 'unknown';

test.each(['ppp', 'pff', 'puu', 'fpf', 'fff', 'fuf', 'upu', 'uff', 'uuu'])(
  '%s: left and right give the third',
  (row) => {
    const [left, right, expected] = results(row);
    expect(and(left ?? 'unknown', right ?? 'unknown')).toBe(expected);
  },
);

test.each(['ppp', 'pfp', 'pup', 'fpp', 'fff', 'fuu', 'upp', 'ufu', 'uuu'])(
  '%s: left or right gives the third',
  (row) => {
    const [left, right, expected] = results(row);
    expect(or(left ?? 'unknown', right ?? 'unknown')).toBe(expected);
  },
);

test.each([
  ['p', 'f'],
  ['f', 'p'],
  ['u', 'u'],
])('not %s is %s', (from, to) => {
  expect(not(one(from))).toBe(one(to));
});

test.each([
  [2, 'pp', 'p'],
  [2, 'ppf', 'p'],
  [2, 'ppu', 'p'],
  [2, 'pfu', 'u'],
  [2, 'pff', 'f'],
  [2, 'puu', 'u'],
  [2, 'ffu', 'f'],
  [2, 'fuu', 'u'],
  [0, 'f', 'p'],
  [2, 'p', 'f'],
])('%i of %s comes to %s', (k, word, expected) => {
  expect(kOf(k, results(word))).toBe(one(expected));
});

test('nothing at all: every one of them passes, and none of them does', () => {
  expect(allOf([])).toBe('pass');
  expect(anyOf([])).toBe('fail');
});

test('a rule combines its triggers by its own kind', () => {
  const word = results('puf');
  expect([combine('any', 9, word), combine('all', 1, word), combine('k_of_n', 2, word)]).toEqual([
    'pass',
    'fail',
    'unknown',
  ]);
});

test('de Morgan holds for every pair', () => {
  for (const left of results('pfu')) {
    for (const right of results('pfu')) expect(not(and(left, right))).toBe(or(not(left), not(right)));
  }
});
