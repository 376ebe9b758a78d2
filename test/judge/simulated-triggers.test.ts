import { describe, expect, test } from 'vitest';
import { scenarios, simulate, summarise } from '../../bench/criteria/simulate.ts';

const trials = 60;

describe('the rule of a trigger on seeded hours', () => {
  test('never fires on healthy noise, where one sample over the limit would in most hours', () => {
    const found = summarise(scenarios.healthy, trials);
    expect(found.fired).toBe(0);
    expect(found.oneSample).toBeGreaterThan(0.5);
  });

  test('just under the limit and with few events it fires less often than `for` alone would', () => {
    const found = summarise(scenarios.few, trials);
    expect(found.fired).toBeLessThan(found.withoutCounts);
    expect(found.fired).toBeLessThan(0.45);
    expect(found.oneSample).toBe(1);
  });

  test('never fires at a spike of 20 s, but does where the rate is taken over as long as `for`', () => {
    expect(summarise(scenarios.spike, trials).fired).toBe(0);
    expect(summarise(scenarios.smeared, trials).fired).toBeGreaterThan(0.8);
  });

  test('misses no outage, and is not late by more than its `for` and an interval or two in the middle', () => {
    const found = summarise(scenarios.outage, trials);
    expect(found.fired).toBe(1);
    expect(found.medianMinutes).toBeLessThanOrEqual(2.5);
  });

  test('misses none with every tenth sample missing, and mostly cannot tell with half of them missing', () => {
    expect(summarise(scenarios.gaps, trials).fired).toBe(1);
    expect(summarise(scenarios.half, trials).unknown).toBeGreaterThan(0.8);
  });

  test('gives the same hour for the same seed', () => {
    expect(simulate(scenarios.gaps, 7)).toEqual(simulate(scenarios.gaps, 7));
    expect(simulate(scenarios.gaps, 7)).not.toEqual(simulate(scenarios.gaps, 8));
  });
});
