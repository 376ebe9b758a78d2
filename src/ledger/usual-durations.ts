import type { StepTimeKnown } from '../judge/eta.ts';
import { quantileOf } from '../judge/quantile.ts';
import type { Ledger } from './open-ledger.ts';
import type { StepTime } from './read-rows.ts';

export interface UsualDuration {
  readonly p50Ms: number;
  readonly p80Ms: number;
  readonly count: number;
}

/** How many of the newest attempts say what is usual. */
const newest = 50;

/** Usual durations of a runbook's steps from earlier sessions of the same mode, by step id; good endings only. */
export function usualDurations(
  ledger: Ledger,
  runbook: string,
  mode: 'LIVE' | 'DRILL',
  steps: readonly string[],
): Readonly<Record<string, UsualDuration>> {
  return Object.fromEntries(
    steps.flatMap((step) => {
      const times = goodTimes(ledger.stepTimes(runbook, step, { mode, limit: newest }));
      if (times.length === 0) return [];
      return [
        [
          step,
          { p50Ms: quantileOf(times, 0.5) ?? 0, p80Ms: quantileOf(times, 0.8) ?? 0, count: times.length },
        ] as const,
      ];
    }),
  );
}

/**
 * Times of a runbook's steps for an estimate (E7), by step id: from sessions of the same mode of this very runbook, by
 * its hash; else from drills, of whatever hash. A step that never ended well is not there.
 */
export function timesForEta(
  ledger: Ledger,
  runbook: { readonly id: string; readonly hash: string },
  mode: 'LIVE' | 'DRILL',
  steps: readonly string[],
): Readonly<Record<string, StepTimeKnown>> {
  const known = steps.flatMap((step): readonly (readonly [string, StepTimeKnown])[] => {
    const same = goodTimes(
      ledger.stepTimes(runbook.id, step, { mode, runbookHash: runbook.hash, limit: newest }),
    );
    const times =
      same.length > 0
        ? same
        : goodTimes(ledger.stepTimes(runbook.id, step, { mode: 'DRILL', limit: newest }));
    if (times.length === 0) return [];
    const source = same.length > 0 ? 'same_runbook' : 'drills';
    return [[step, { p80Ms: quantileOf(times, 0.8) ?? 0, source, count: times.length }]];
  });
  return Object.fromEntries(known);
}

const goodTimes = (times: readonly StepTime[]): readonly number[] =>
  times
    .flatMap(({ passed, commandMs, checkMs }) => (passed ? [(commandMs ?? 0) + (checkMs ?? 0)] : []))
    .toSorted((one, other) => one - other);
