import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText, epochMs, windowUntilText } from '../../src/report/time.ts';

test('reads every ISO time as the platform does', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1900-01-01'), max: new Date('2400-01-01'), noInvalidDate: true }),
      (date) => {
        expect(epochMs(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
});

test.each(['', 'yesterday', '2026-03-14', '2026-03-14T14:02:11+01:00'])(
  'does not guess what %j means',
  (text) => {
    expect(epochMs(text)).toBeNaN();
  },
);

test.each([
  [0, '0 ms'],
  [240, '240 ms'],
  [4250, '4.2 s'],
  [59_999, '59 s'],
  [192_000, '3 min 12 s'],
  [7_500_000, '2 h 5 min'],
  [100_000_000, '1 d 3 h'],
  [-1000, '-1.0 s'],
  [Number.NaN, 'unknown'],
])('says %d milliseconds as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

test.each([
  // half a domain hour is left: the same day, or past midnight
  ['2026-03-14T14:30:00.000Z', 1_800_000, '14:30:00'],
  ['2026-03-15T00:10:00.000Z', 1_800_000, '2026-03-15 00:10:00'],
  ['2026-03-17T14:00:00.000Z', 3 * 86_400_000, '2026-03-17 14:00:00'],
  [null, null, null],
] as const)('a window that ends at %s, %s ms from then, says %s', (until, leftMs, words) => {
  const window = {
    state: 'open',
    until,
    leftMs,
    reason: '',
    asOf: '2026-11-01T09:00:00.000Z',
    event: null,
    rung: null,
  } as const;
  expect(windowUntilText(window)).toBe(words);
});
