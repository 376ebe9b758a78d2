import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationText, epochMs } from '../../src/report/time.ts';

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
