import type { Sample, TriggerJudgement } from '../../src/judge/trigger.ts';
import { judgeTrigger } from '../../src/judge/trigger.ts';

/**
 * Seeded hours of a service behind a trigger, to see how often it fires when nothing is wrong and how often it misses
 * when something is. Requests come one by one, so that rates wander as counts do; a rate is taken over a minute, as
 * `rate(…[1m])` is, so that neighbouring samples share most of their requests.
 */

/** mulberry32: the same numbers for the same seed everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const intervalMs = 15_000;
const forMs = 120_000;
const window = forMs / intervalMs;
const limit = 0.02;

export interface Scenario {
  readonly name: string;
  /** Requests in one interval of 15 s. */
  readonly requests: number;
  /** The true share of errors in each interval. */
  readonly errorsAt: (interval: number) => number;
  /** Over how many intervals a rate is taken; four are a minute. */
  readonly rateOver: number;
  /** The share of samples that never arrive. */
  readonly missing: number;
  readonly intervals: number;
}

export interface Outcome {
  /** When it fired first, in intervals; null where it never did. */
  readonly firedAt: number | null;
  /** The same for the rule that fires at one sample over the limit. */
  readonly oneSampleAt: number | null;
  /** The same for the rule that asks for `for`, and does not mind how few events there are. */
  readonly withoutCountsAt: number | null;
  /** The share of looks at which it said that it could not tell, once a whole window was there. */
  readonly unknown: number;
}

/** One hour of one seed. */
export function simulate(
  { requests, errorsAt, rateOver, missing, intervals }: Scenario,
  seed: number,
): Outcome {
  const random = randomFrom(seed);
  const failed: number[] = [];
  const samples: Sample[] = [];
  let known: TriggerJudgement | null = null;
  let bare: TriggerJudgement | null = null;
  const first = { fired: -1, one: -1, bare: -1 };
  let unknown = 0;
  let looks = 0;
  for (let interval = 0; interval < intervals; interval += 1) {
    const share = errorsAt(interval);
    failed.push(
      Array.from({ length: requests }, () => (random() < share ? 1 : 0)).reduce<number>(
        (sum, one) => sum + one,
        0,
      ),
    );
    const counted = failed.slice(-rateOver);
    const ratio = counted.reduce((sum, one) => sum + one, 0) / (counted.length * requests);
    const nowMs = interval * intervalMs;
    samples.push([nowMs, random() < missing ? null : ratio]);
    const input = {
      samples: samples.slice(-2 * window - 1),
      breach: { op: '>', value: limit },
      clear: { op: '<', value: 0.8 * limit },
      forMs,
      intervalMs,
      minEvents: null,
      events: Math.min(failed.length, window) * requests,
      nowMs,
    } as const;
    known = judgeTrigger(input, known);
    bare = judgeTrigger({ ...input, events: null }, bare);
    if (interval < 2 * window) continue; // the first two windows only fill up
    looks += 1;
    if (known.state === 'UNKNOWN') unknown += 1;
    if (first.fired < 0 && known.state === 'FIRED') first.fired = interval;
    if (first.bare < 0 && bare.state === 'FIRED') first.bare = interval;
    if (first.one < 0 && ratio > limit) first.one = interval;
  }
  const at = (index: number): number | null => (index < 0 ? null : index);
  return {
    firedAt: at(first.fired),
    oneSampleAt: at(first.one),
    withoutCountsAt: at(first.bare),
    unknown: unknown / looks,
  };
}

/** Something goes wrong at this interval. */
const onset = 60;
const steady = (share: number) => () => share;
const from =
  (share: number, intervals = Infinity) =>
  (interval: number) =>
    interval >= onset && interval < onset + intervals ? share : 0.002;

export const scenarios = {
  healthy: {
    name: 'healthy: 0.5 % errors, 100 requests a minute',
    requests: 25,
    errorsAt: steady(0.005),
    rateOver: 4,
    missing: 0,
    intervals: 240,
  },
  few: {
    name: 'just under the limit: 1.5 % of 20 requests a minute',
    requests: 5,
    errorsAt: steady(0.015),
    rateOver: 4,
    missing: 0,
    intervals: 240,
  },
  spike: {
    name: 'a spike: 30 % errors for 20 s',
    requests: 25,
    errorsAt: from(0.3, 4 / 3),
    rateOver: 4,
    missing: 0,
    intervals: 120,
  },
  smeared: {
    name: 'the spike, rates over as long as `for`',
    requests: 25,
    errorsAt: from(0.3, 4 / 3),
    rateOver: 8,
    missing: 0,
    intervals: 120,
  },
  outage: {
    name: 'an outage: 8 % errors',
    requests: 25,
    errorsAt: from(0.08),
    rateOver: 4,
    missing: 0,
    intervals: 120,
  },
  gaps: {
    name: 'the outage with every tenth sample missing',
    requests: 25,
    errorsAt: from(0.08),
    rateOver: 4,
    missing: 0.1,
    intervals: 120,
  },
  half: {
    name: 'the outage with half of the samples missing',
    requests: 25,
    errorsAt: from(0.08),
    rateOver: 4,
    missing: 0.5,
    intervals: 120,
  },
} as const satisfies Readonly<Record<string, Scenario>>;

export interface Summary {
  readonly trials: number;
  /** Shares of the trials in which each rule fired. */
  readonly fired: number;
  readonly oneSample: number;
  readonly withoutCounts: number;
  readonly unknown: number;
  /** Minutes from the onset to firing: the median and the longest of those that fired after it. */
  readonly medianMinutes: number;
  readonly longestMinutes: number;
}

export function summarise(scenario: Scenario, trials: number): Summary {
  const outcomes = Array.from({ length: trials }, (_, index) => simulate(scenario, index + 1));
  const share = (pick: (outcome: Outcome) => boolean): number => outcomes.filter(pick).length / trials;
  const delays = outcomes
    .flatMap(({ firedAt }) =>
      firedAt === null || firedAt < onset ? [] : [((firedAt - onset) * intervalMs) / 60_000],
    )
    .toSorted((one, other) => one - other);
  return {
    trials,
    fired: share(({ firedAt }) => firedAt !== null),
    oneSample: share(({ oneSampleAt }) => oneSampleAt !== null),
    withoutCounts: share(({ withoutCountsAt }) => withoutCountsAt !== null),
    unknown: outcomes.reduce((sum, { unknown }) => sum + unknown, 0) / trials,
    medianMinutes: delays[Math.floor(delays.length / 2)] ?? Number.NaN,
    longestMinutes: delays.at(-1) ?? Number.NaN,
  };
}
