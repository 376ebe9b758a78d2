import { describe, expect, test } from 'vitest';
import { judgeTrigger } from '../../src/judge/trigger.ts';
import type { Sample, TriggerInput, TriggerJudgement } from '../../src/judge/trigger.ts';
import { wilsonInterval } from '../../src/judge/wilson.ts';

const second = 1000;
const minute = 60 * second;
const interval = 15 * second;

const rule = {
  breach: { op: '>', value: 0.02 },
  clear: { op: '<', value: 0.016 },
  forMs: 2 * minute,
  intervalMs: interval,
  minEvents: null,
  events: null,
} as const;

/** A sample each interval, ending at `endMs`; the values from oldest to newest. */
const series = (values: readonly (number | null)[], endMs: number): readonly Sample[] =>
  values.map((value, index) => [endMs - (values.length - 1 - index) * interval, value]);

const repeat = (count: number, value: number | null): readonly (number | null)[] =>
  Array.from({ length: count }, () => value);

const judgeAt = (
  samples: readonly Sample[],
  nowMs: number,
  more: Partial<TriggerInput> = {},
  previous: TriggerJudgement | null = null,
) => judgeTrigger({ ...rule, samples, nowMs, ...more }, previous);

/** Feeds a whole history, one judgement an interval, each with the last five minutes of samples. */
function play(
  history: readonly (number | null)[],
  more: Partial<TriggerInput> = {},
): readonly TriggerJudgement[] {
  const answers: TriggerJudgement[] = [];
  history.forEach((_value, index) => {
    const nowMs = index * interval;
    const samples = series(history.slice(Math.max(0, index - 20), index + 1), nowMs);
    answers.push(judgeAt(samples, nowMs, more, answers.at(-1) ?? null));
  });
  return answers;
}
const statesOf = (answers: readonly TriggerJudgement[]): readonly string[] =>
  answers.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);

describe('a breach that lasts', () => {
  const now = 100 * minute;

  test('fires exactly when it has lasted for `for`, not one sample earlier', () => {
    const breach = (samples: number) =>
      judgeAt(series([...repeat(20, 0.001), ...repeat(samples, 0.05)], now), now);
    expect(breach(8)).toMatchObject({
      state: 'PENDING',
      breachedForMs: 7 * interval,
      sinceMs: now - 7 * interval,
    });
    expect(breach(9)).toMatchObject({ state: 'FIRED', breachedForMs: 8 * interval, sinceMs: now });
  });

  test('is pending a millisecond before `for` is over', () => {
    const samples = series([...repeat(10, 0.001), ...repeat(9, 0.05)], now);
    const started = now - 8 * interval;
    expect(judgeAt(samples, started + rule.forMs - 1).state).not.toBe('FIRED');
    expect(judgeAt(samples, started + rule.forMs).state).toBe('FIRED');
  });

  test('does not fire on the threshold itself, where the breach is “more than”', () => {
    expect(judgeAt(series(repeat(20, 0.02), now), now).state).toBe('OK');
    expect(judgeAt(series(repeat(20, 0.02), now), now, { breach: { op: '>=', value: 0.02 } }).state).toBe(
      'FIRED',
    );
    expect(
      judgeAt(series(repeat(20, 0.98), now), now, {
        breach: { op: '<', value: 0.99 },
        clear: { op: '>', value: 0.995 },
      }).state,
    ).toBe('FIRED');
  });

  test('starts anew after one sample that does not breach', () => {
    const values = [...repeat(12, 0.05), 0.019, ...repeat(4, 0.05)];
    expect(judgeAt(series(values, now), now)).toMatchObject({
      state: 'PENDING',
      breachedForMs: 3 * interval,
    });
  });

  test('is known to go on where only the window is given', () => {
    const history = [...repeat(10, 0.001), ...repeat(30, 0.05)];
    let previous: TriggerJudgement | null = null;
    let firedAt: number | null = null;
    history.forEach((_value, index) => {
      // what is given begins seven seconds into the window: the run can never be seen whole
      const nowMs = index * interval;
      const samples = series(history.slice(0, index + 1), nowMs).filter(
        ([at]) => at > nowMs - rule.forMs + 7 * second,
      );
      previous = judgeAt(samples, nowMs, {}, previous);
      if (firedAt === null && previous.state === 'FIRED') firedAt = index;
    });
    expect(firedAt).toBe(10 + 8);
  });

  test('a pending breach that ended and began again between two looks has the new beginning', () => {
    const first = judgeAt(series([...repeat(12, 0.001), ...repeat(3, 0.05)], now), now);
    const later = now + 4 * interval;
    const second_ = judgeAt(
      series([...repeat(12, 0.001), 0.05, 0.05, 0.05, 0.001, 0.05, 0.05, 0.05], later),
      later,
      {},
      first,
    );
    expect([first.state, second_.state]).toEqual(['PENDING', 'PENDING']);
    expect(second_.sinceMs).toBe(later - 2 * interval);
  });
});

describe('a spike', () => {
  test('of twenty seconds never fires', () => {
    const states = play([...repeat(20, 0.001), 0.9, 0.9, ...repeat(20, 0.001)]).slice(9);
    expect(statesOf(states)).toEqual(['OK', 'PENDING', 'OK']);
  });
});

describe('samples that are missing', () => {
  const now = 100 * minute;

  test('a half-empty window in which every sample breaches is unknown, not fired', () => {
    const values = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 0.05 : null));
    expect(judgeAt(series(values, now), now)).toMatchObject({ state: 'UNKNOWN', coverage: 4 / 8 });
  });

  test('a half-empty window without a breach is unknown, not well', () => {
    const values = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 0.001 : null));
    expect(judgeAt(series(values, now), now).state).toBe('UNKNOWN');
  });

  test('four fifths of the samples are enough, fewer are not', () => {
    // 10 samples are due in 150 s
    const without = (missing: number) => [
      ...repeat(30, 0.05).slice(0, 20),
      ...repeat(missing, null),
      ...repeat(11 - missing, 0.05),
    ];
    const forMs = 150 * second;
    expect(judgeAt(series(without(3), now), now, { forMs })).toMatchObject({ state: 'FIRED', coverage: 0.8 });
    expect(judgeAt(series(without(4), now), now, { forMs })).toMatchObject({
      state: 'UNKNOWN',
      coverage: 0.7,
    });
  });

  test.each([NaN, Infinity, -Infinity, null])('%d is no sample', (value) => {
    expect(judgeAt(series(repeat(20, value), now), now)).toMatchObject({
      state: 'UNKNOWN',
      value: null,
      coverage: 0,
    });
  });

  test('the same sample given several times counts once', () => {
    const one = series(repeat(4, 0.05), now);
    expect(
      judgeAt(
        [...one, ...one, ...one].toSorted(([a], [b]) => a - b),
        now,
      ),
    ).toMatchObject({ coverage: 0.5, state: 'UNKNOWN' });
  });

  test('samples from the future do not count', () => {
    expect(judgeAt(series(repeat(20, 0.05), now + 10 * minute), now).state).toBe('UNKNOWN');
  });

  test('a series that stopped is unknown before its window has run empty', () => {
    const samples = series(repeat(40, 0.05), now);
    const long = { forMs: 10 * minute };
    expect(judgeAt(samples, now + 2 * interval, long).state).toBe('FIRED');
    expect(judgeAt(samples, now + 2 * interval + 1, long)).toMatchObject({
      state: 'UNKNOWN',
      coverage: 38 / 40,
    });
  });

  test('no samples at all are unknown', () => {
    expect(judgeAt([], now)).toMatchObject({ state: 'UNKNOWN', blind: false, value: null });
  });

  test('unknown for as long as `for` is blind: a reason to investigate', () => {
    const answers = play([...repeat(20, 0.001), ...repeat(20, null)]);
    const unknown = answers.findIndex(({ state }, index) => index > 10 && state === 'UNKNOWN');
    expect(unknown).toBeGreaterThan(19);
    expect(answers.map(({ blind }) => blind).indexOf(true, 10)).toBe(unknown + 8);
    expect(answers.at(-1)?.blind).toBe(true);
  });
});

describe('after it fired', () => {
  const breach = [...repeat(10, 0.001), ...repeat(10, 0.05)];

  test('between the two limits nothing changes, and it clears after `for` on the clear side', () => {
    const answers = play([...breach, ...repeat(10, 0.018), ...repeat(9, 0.01), ...repeat(5, 0.018)]);
    expect(statesOf(answers.slice(9))).toEqual(['OK', 'PENDING', 'FIRED', 'CLEARED']);
    expect(answers.findIndex(({ state }) => state === 'CLEARED')).toBe(10 + 10 + 10 + 8);
  });

  test('clearing starts anew after one sample between the limits', () => {
    const answers = play([...breach, ...repeat(8, 0.01), 0.018, ...repeat(8, 0.01)]);
    expect(answers.at(-1)?.state).toBe('FIRED');
  });

  test('it is unknown while nothing is measured, and still fired when something is again', () => {
    const answers = play([...breach, ...repeat(10, null), ...repeat(8, 0.018)]);
    expect(statesOf(answers.slice(9))).toEqual(['OK', 'PENDING', 'FIRED', 'UNKNOWN', 'FIRED']);
  });

  test('once cleared it fires again by the same rule', () => {
    const answers = play([...breach, ...repeat(12, 0.01), ...repeat(12, 0.05)]);
    expect(statesOf(answers.slice(9))).toEqual(['OK', 'PENDING', 'FIRED', 'CLEARED', 'PENDING', 'FIRED']);
  });
});

describe('events', () => {
  const now = 100 * minute;
  const bad = series(repeat(20, 0.05), now);

  test('too few of them keep it pending', () => {
    expect(judgeAt(bad, now, { minEvents: 100, events: 99 }).state).toBe('PENDING');
    expect(judgeAt(series(repeat(20, 0.3), now), now, { minEvents: 100, events: 100 }).state).toBe('FIRED');
  });

  test('where they are asked for and nothing counts them it is unknown', () => {
    expect(judgeAt(bad, now, { minEvents: 100, events: null })).toMatchObject({
      state: 'UNKNOWN',
      detail: expect.stringContaining('give the trigger `events`'),
    });
    expect(judgeAt(series(repeat(20, 0.001), now), now, { minEvents: 100, events: null }).state).toBe('OK');
  });

  test('three of a hundred are no proof of more than two per cent, eight are', () => {
    const at = (share: number, events: number) =>
      judgeAt(series(repeat(20, share), now), now, { events }).state;
    expect(at(0.03, 100)).toBe('PENDING');
    expect(at(0.08, 100)).toBe('FIRED');
    expect(at(0.03, 10_000)).toBe('FIRED');
  });

  test('a limit that is no ratio is not held against a share', () => {
    const slow = { breach: { op: '>', value: 800 }, clear: { op: '<', value: 640 }, events: 3 } as const;
    expect(judgeAt(series(repeat(20, 900), now), now, slow).state).toBe('FIRED');
  });
});

describe('the Wilson interval', () => {
  // Hand figures, from the closed formula: 0 of 10, 1 of 10, 8 of 100, 50 of 100.
  test.each([
    [0, 10, 0, 0.2775],
    [1, 10, 0.0179, 0.4042],
    [8, 100, 0.0411, 0.15],
    [50, 100, 0.4038, 0.5962],
    [10, 10, 0.7225, 1],
  ])('%i of %i lies between %d and %d', (k, n, low, high) => {
    const interval_ = wilsonInterval(k, n);
    expect(interval_.low).toBeCloseTo(low, 4);
    expect(interval_.high).toBeCloseTo(high, 4);
  });

  test('of no events anything is possible', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });
});

describe('false alarms, simulated with fixed seeds', () => {
  /** mulberry32: the same numbers for the same seed everywhere. */
  const randomFrom = (seed: number) => {
    let state = seed;
    return (): number => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
  };

  test('a day of healthy noise, a fifth of it over the limit and a tenth of it missing, never fires', () => {
    for (const seed of [1, 2, 3]) {
      const random = randomFrom(seed);
      const history = Array.from({ length: 5760 }, () =>
        random() < 0.1 ? null : random() < 0.2 ? 0.03 : 0.005,
      );
      expect(history.filter((value) => value === 0.03).length).toBeGreaterThan(900);
      expect(play(history).filter(({ state }) => state === 'FIRED')).toEqual([]);
    }
  });

  test('a real breach with a tenth of the samples missing fires on every seed', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = randomFrom(seed);
      const history = [
        ...repeat(20, 0.005),
        ...Array.from({ length: 60 }, () => (random() < 0.1 ? null : 0.05)),
      ];
      expect(play(history).some(({ state }) => state === 'FIRED')).toBe(true);
    }
  });

  test('with a true rate under the limit, few events fire in less than one in twenty trials', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = randomFrom(seed);
      const failed = Array.from({ length: 60 }, () => (random() < 0.02 ? 1 : 0)).reduce<number>(
        (sum, one) => sum + one,
        0,
      );
      const now = 100 * minute;
      const { state } = judgeAt(series(repeat(20, failed / 60), now), now, { events: 60 });
      if (state === 'FIRED') alarms += 1;
    }
    expect(alarms).toBeLessThan(20);
  });
});
