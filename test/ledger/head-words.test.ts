import { expect, test } from 'vitest';
import fc from 'fast-check';
import { hashOfWords, headWords } from '../../src/ledger/head-words.ts';

test('G3: a head is twelve words of the public list, and they are the first 132 bits of its hash', () => {
  expect(headWords('0'.repeat(64))).toBe(Array.from({ length: 12 }, () => 'abandon').join(' '));
  expect(headWords('f'.repeat(64))).toBe(Array.from({ length: 12 }, () => 'zoo').join(' '));
  // 00000000001 is the second word, 10000000000 the one in the middle
  expect(headWords(`003${'0'.repeat(61)}`)).toMatch(/^ability length abandon/);
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (hash) => {
      expect(hashOfWords(`  ${headWords(hash).toUpperCase()}\n`)).toEqual({ prefix: hash.slice(0, 33) });
    }),
  );
});

test('what is not twelve words of the list is not taken for a head', () => {
  expect(hashOfWords('42 6f1d')).toBeNull();
  expect(hashOfWords(headWords('0'.repeat(64)).replace('abandon', 'abandom'))).toEqual({
    unknown: 'abandom',
  });
});
