import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clockText, epochMs, lengthText, timeOfDay } from '../../src/ui/time.ts';

test('reads every ISO time as the platform does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
      expect(epochMs(new Date(ms).toISOString())).toBe(ms);
    }),
  );
});

test.each([null, '', 'yesterday', '2026-03-01 18:00', '2026-03-01T18:00:00+02:00'])(
  'has no time for %j',
  (text) => {
    expect(epochMs(text)).toBeNull();
  },
);

test.each([
  [-5, '00:00'],
  [372_000, '06:12'],
  [3_972_000, '1:06:12'],
])('a clock at %i shows %s', (ms, shown) => {
  expect(clockText(ms)).toBe(shown);
});

test.each([
  [800, '800 ms'],
  [12_000, '12 s'],
  [2_640_000, '44 m'],
  [10_800_000, '3 h'],
  [172_800_000, '2 d'],
])('%i milliseconds are %s', (ms, shown) => {
  expect(lengthText(ms)).toBe(shown);
});

test('a time of day says that it is UTC', () => {
  expect(timeOfDay('2026-03-01T18:20:00.000Z')).toBe('18:20Z');
});
