import { expect, test } from 'vitest';
import { besideLimit, spanText } from '../../src/judge/figure-text.ts';
import { judge } from '../../src/judge/tolerance.ts';

test.each([
  [0.0812244897, 0.02, 'ratio', '8.12 %'],
  [0.020004, 0.02, 'ratio', '2.0004 %'],
  [0.02, 0.02, 'ratio', '2 %'],
  [0.80049, 0.8, 'seconds', '0.80049 s'],
  [41.0004, 41, null, '41.0004'],
] as const)('%d beside a limit of %d (%s) reads %s', (value, limit, unit, expected) => {
  expect(besideLimit(value, limit, unit)).toBe(expected);
});

test.each([
  [400, '400 ms'],
  [45_000, '45 s'],
  [120_000, '2 min'],
  [72_000, '1 min 12 s'],
  [3 * 3_600_000 + 300_000, '3 h 5 min'],
  [30 * 86_400_000, '30 d'],
  [Infinity, 'for ever'],
  [NaN, 'unknown'],
] as const)('%d ms last %s', (ms, expected) => {
  expect(spanText(ms)).toBe(expected);
});

test('a reading tells its numbers in the unit of its probe, and as written where it has none', () => {
  const measured = {
    ok: true,
    value: 0.0812244897,
    exit: null,
    status: null,
    headers: {},
    text: '',
  } as const;
  const under = [{ kind: 'compare', op: '<', value: 0.02 }] as const;
  expect(judge(measured, under, undefined, 'ratio')).toMatchObject({
    detail: '8.12 % is not < 2 %',
    expected: '< 2 %',
  });
  expect(judge(measured, under)).toMatchObject({ detail: '0.0812244897 is not < 0.02', expected: '< 0.02' });
});
