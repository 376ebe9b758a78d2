import { spanText } from './figure-text.ts';

/** Where the time of a step is known from, best first (E7). */
export type TimeSource = 'same_runbook' | 'drills' | 'expected';

export interface StepTimeKnown {
  readonly p80Ms: number;
  readonly source: TimeSource;
  /** From how many endings; 0 for what the author expects. */
  readonly count: number;
}

export interface Eta {
  /** The sum over the steps of which a time is known, milliseconds. */
  readonly ms: number;
  readonly steps: number;
  /** Steps of which nothing is known: the sum is the least that it takes. */
  readonly unknown: number;
  readonly bySource: Readonly<Record<TimeSource, number>>;
  /** The fewest endings behind any of the measured times; 0 where none is measured. */
  readonly count: number;
}

/** E7: the sum of the p80 of the steps that are left. Null stands for a step of which nothing is known. */
export function etaOf(times: readonly (StepTimeKnown | null)[]): Eta {
  const known = times.filter((time) => time !== null);
  const from = (source: TimeSource): number => known.filter((time) => time.source === source).length;
  const measured = known.filter(({ source }) => source !== 'expected').map(({ count }) => count);
  return {
    ms: known.reduce((sum, { p80Ms }) => sum + p80Ms, 0),
    steps: times.length,
    unknown: times.length - known.length,
    bySource: { same_runbook: from('same_runbook'), drills: from('drills'), expected: from('expected') },
    count: measured.length === 0 ? 0 : Math.min(...measured),
  };
}

/** `at least 4 min 10 s: 12 steps, 9 timed in sessions of this runbook (n ≥ 3), 1 by its author, 2 unknown` */
export function etaText({ ms, steps, unknown, bySource, count }: Eta): string {
  const parts = [
    ...(bySource.same_runbook > 0 ? [`${bySource.same_runbook} timed in sessions of this very runbook`] : []),
    ...(bySource.drills > 0 ? [`${bySource.drills} timed in drills`] : []),
    ...(bySource.expected > 0 ? [`${bySource.expected} as the author expects`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(count > 0 ? [`n at least ${count}`] : []),
  ];
  const time =
    unknown === steps && steps > 0 ? 'not known' : `${unknown > 0 ? 'at least ' : ''}${spanText(ms)}`;
  return `${time}: ${steps} steps${parts.length === 0 ? '' : `, ${parts.join(', ')}`}`;
}

export interface WayOut {
  readonly id: string;
  readonly open: boolean;
  readonly eta: Eta;
}

/**
 * The next faster way where the one recommended takes longer than customers put up with (E7): the slowest that still
 * fits, else the fastest of those that are faster. Null where it fits, where nothing faster is open, or where it is not
 * known how long the recommended one takes at the least.
 */
export function fasterThan(recommended: string, ways: readonly WayOut[], leftMs: number): WayOut | null {
  const slow = ways.find(({ id }) => id === recommended);
  if (slow === undefined || slow.eta.ms <= leftMs) return null;
  const faster = ways
    .filter(({ id, open, eta }) => open && id !== recommended && eta.unknown === 0 && eta.ms < slow.eta.ms)
    .toSorted((one, other) => other.eta.ms - one.eta.ms);
  return faster.find(({ eta }) => eta.ms <= leftMs) ?? faster.at(-1) ?? null;
}
