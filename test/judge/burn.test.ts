import { describe, expect, test } from 'vitest';
import {
  burnPairs,
  burnRate,
  burnsTooFast,
  costOfWaiting,
  dayMs,
  hourMs,
  minuteMs,
  timeToExhaustionMs,
  youngPair,
} from '../../src/judge/burn.ts';
import { burntBeforeFiring } from '../../src/runbook/service-level.ts';

const month = 30 * dayMs;

describe('burn of the error budget, against figures worked out by hand', () => {
  test('one error in a hundred against 99.9 % burns ten times too fast', () => {
    expect(burnRate(0.01, 0.999)).toBeCloseTo(10, 9);
    expect(burnRate(0, 0.999)).toBe(0);
    expect(burnRate(0.01, 1)).toBeNaN();
  });

  test('each pair’s threshold is what spends its share of 30 days in its long window', () => {
    for (const { longMs, shortMs, threshold, share } of burnPairs) {
      expect(costOfWaiting(threshold, longMs, month)).toBeCloseTo(share, 9);
      expect(longMs / shortMs).toBe(12);
    }
    expect(burnPairs.map(({ threshold }) => threshold)).toEqual([14.4, 6, 1]);
  });

  test('two per cent of the budget in the first ten minutes of a release is a rate of 86.4', () => {
    const pair = youngPair(10 * minuteMs, 0.02, month);
    expect(pair.threshold).toBeCloseTo(86.4, 9);
    expect(pair.shortMs).toBe(50_000);
    expect(youngPair(5 * hourMs, 0.02, month)).toMatchObject({ longMs: hourMs, shortMs: 5 * minuteMs });
  });

  test('both windows must burn too fast, and silence is neither', () => {
    const pair = youngPair(hourMs, 0.02, month);
    expect(burnsTooFast(pair, 20, 20)).toBe(true);
    expect(burnsTooFast(pair, 20, 1)).toBe(false);
    expect(burnsTooFast(pair, 1, 20)).toBe(false);
    expect(burnsTooFast(pair, null, 20)).toBeNull();
    expect(burnsTooFast(pair, 20, NaN)).toBeNull();
  });

  test('half of the budget at a rate of 86.4 lasts four hours and ten minutes', () => {
    expect(timeToExhaustionMs(0.5, 86.4, month)).toBeCloseTo(250 * minuteMs, 3);
    expect(timeToExhaustionMs(0.5, 0, month)).toBe(Infinity);
    expect(timeToExhaustionMs(-0.1, 5, month)).toBe(0);
  });

  test('waiting a minute at a rate of 432 costs one per cent of a month', () => {
    expect(costOfWaiting(432, minuteMs, month)).toBeCloseTo(0.01, 9);
  });

  test('a trigger at 10 % for an hour has burnt 13.9 % of a 99.9 % budget when it fires', () => {
    expect(burntBeforeFiring(0.1, 0.999, hourMs, month)).toBeCloseTo(0.1389, 4);
  });
});
