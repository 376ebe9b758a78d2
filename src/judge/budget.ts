import { costOfWaiting, minuteMs, timeToExhaustionMs } from './burn.ts';
import { figureText, spanText } from './figure-text.ts';
import type { Fault } from './trigger.ts';

/** What was measured of an error budget. Rates are multiples of what is allowed (E2); null is not known. */
export interface BudgetInput {
  readonly periodMs: number;
  readonly longMs: number;
  readonly shortMs: number;
  readonly longRate: number | null;
  readonly shortRate: number | null;
  /** The rate over as much of the period as there is a history of, and how much that is (0 to 1). */
  readonly periodRate: number | null;
  readonly covered: number | null;
  /** Events in the long window: the `n` behind the rate. */
  readonly events: number | null;
  readonly fault: Fault | null;
}

export interface Budget {
  readonly longMs: number;
  readonly shortMs: number;
  readonly longRate: number | null;
  readonly shortRate: number | null;
  /** The share of the whole budget that is left, 0 where it is gone. An upper limit where the history is short. */
  readonly left: number | null;
  readonly covered: number | null;
  /** How long the rest lasts at the rate of the short window; Infinity where nothing burns. */
  readonly lastsMs: number | null;
  /** The share of the whole budget that a minute of waiting costs at that rate. */
  readonly costPerMinute: number | null;
  readonly events: number | null;
  readonly code: string | null;
  readonly detail: string;
}

/**
 * E2: budget left, time until it is gone (`left · period / rate`), and what waiting costs (`rate / minutes of the
 * period` a minute). Of a history shorter than the period only what it shows is counted as spent: `left` is then the
 * most that can be left, and says so. Where a rate is not known nothing that hangs on it is.
 */
export function judgeBudget(input: BudgetInput): Budget {
  const { periodMs, longMs, shortMs, events, fault } = input;
  const known = (rate: number | null): number | null =>
    fault === null && rate !== null && Number.isFinite(rate) ? Math.max(0, rate) : null;
  const longRate = known(input.longRate);
  const shortRate = known(input.shortRate);
  const periodRate = known(input.periodRate);
  const covered = input.covered === null ? null : Math.min(1, Math.max(0, input.covered));
  const left = periodRate === null || covered === null ? null : Math.max(0, 1 - periodRate * covered);
  const lastsMs = left === null || shortRate === null ? null : timeToExhaustionMs(left, shortRate, periodMs);
  const costPerMinute = shortRate === null ? null : (shortRate * minuteMs) / periodMs;
  const seen = fault ?? (longRate === null || shortRate === null ? noRate : null);
  const figures = { longMs, shortMs, longRate, shortRate, left, covered, lastsMs, costPerMinute, events };
  return { ...figures, code: seen?.code ?? null, detail: seen?.detail ?? budgetText(figures) };
}

const noRate: Fault = { code: 'no_data', detail: 'nothing says how fast the budget burns' };

/** The whole of it in one line: rates with their windows, what is left, how long it lasts, what waiting costs. */
function budgetText(budget: Omit<Budget, 'code' | 'detail'>): string {
  const { longMs, shortMs, longRate, shortRate, left, covered, lastsMs, costPerMinute, events } = budget;
  const rate = (value: number | null, ms: number): string =>
    `${value === null ? 'unknown' : `${short(value)}x`} over ${spanText(ms)}`;
  const parts = [
    `${rate(longRate, longMs)}, ${rate(shortRate, shortMs)}`,
    left === null
      ? 'what is left is not known'
      : `${covered !== null && covered < 0.8 ? 'at most ' : ''}${share(left)} left`,
    ...(lastsMs === null
      ? []
      : [lastsMs === Infinity ? 'nothing burns now' : `gone in ${spanText(lastsMs)}`]),
    ...(costPerMinute === null ? [] : [`waiting costs ${share(costPerMinute)} a minute`]),
    ...(covered !== null && covered < 0.8 ? [`history of ${share(covered)} of the period`] : []),
    ...(events === null ? [] : [`${Math.round(events)} events`]),
  ];
  return parts.join('; ');
}

const short = (value: number): string => figureText(String(value), null);
const share = (value: number): string => figureText(String(value), 'ratio');

/** What is asked of a budget to say what waiting costs of it. */
export type Spendable = Pick<Budget, 'shortRate' | 'left' | 'code'> & {
  readonly id: string;
  readonly periodMs: number;
};

/**
 * What waiting that long costs, of the budget that suffers most, as part of a sentence (E2: `rate · wait / period`). Null
 * where there is no budget; what is not known is said so.
 */
export function waitingText(budgets: readonly Spendable[], waitMs: number): string | null {
  const costs = budgets.flatMap(({ id, shortRate, left, periodMs }) =>
    shortRate === null ? [] : [{ id, left, cost: costOfWaiting(shortRate, waitMs, periodMs) }],
  );
  const [dearest] = costs.toSorted((one, other) => other.cost - one.cost);
  if (dearest === undefined)
    return budgets.length === 0 ? null : `what waiting costs is unknown (${budgets[0]?.code ?? 'no_data'})`;
  if (dearest.cost === 0) return 'waiting costs no budget';
  const whose = budgets.length === 1 ? 'budget' : `of the budget of ${dearest.id}`;
  const gone =
    dearest.left !== null && dearest.cost > dearest.left ? `, and ${share(dearest.left)} is left` : '';
  return `waiting costs ${share(dearest.cost)} ${whose}${gone}`;
}
