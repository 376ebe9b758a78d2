import type { Ledger } from './open-ledger.ts';

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
      const times = ledger
        .stepTimes(runbook, step, { mode, limit: newest })
        .flatMap(({ passed, commandMs, checkMs }) => (passed ? [(commandMs ?? 0) + (checkMs ?? 0)] : []))
        .toSorted((one, other) => one - other);
      if (times.length === 0) return [];
      return [
        [step, { p50Ms: quantile(times, 0.5), p80Ms: quantile(times, 0.8), count: times.length }] as const,
      ];
    }),
  );
}

/** The smallest value that at least this share of the sorted values does not exceed. */
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
