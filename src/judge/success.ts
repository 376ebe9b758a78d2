import type { Limit } from '../runbook/model/criteria.ts';
import { holdsTo } from './condition.ts';
import { figureText, spanText } from './figure-text.ts';
import type { Result } from './kleene.ts';
import { allOf } from './kleene.ts';
import type { Fault, Sample } from './trigger.ts';

export interface SuccessInput {
  readonly hold: Limit;
  /** How long it may fail to hold before it is broken, milliseconds. */
  readonly forMs: number;
  readonly intervalMs: number;
  /** Oldest first, from the opening to now or to the end. */
  readonly samples: readonly Sample[];
  readonly fault: Fault | null;
  readonly unit: string | null;
  /** Epoch milliseconds; null where nobody knows when the release was finished. */
  readonly openedMs: number | null;
  readonly endMs: number | null;
  readonly nowMs: number;
}

export interface SuccessVerdict {
  readonly result: Result;
  /** `broken`, `window_open`, `no_window`, `coverage`, or the code of the fault; null for a pass. */
  readonly code: string | null;
  readonly detail: string;
}

/** Least share of the samples due that must be there, as for a trigger (E1). */
const leastCoverage = 0.8;

/**
 * Whether a criterion held from the opening of the window to its end (R1.2). Broken as soon as it has not held for its
 * `for`; a pass only once the window is over and at least 80 % of its samples were seen; unknown until then.
 */
export function judgeSuccess(input: SuccessInput): SuccessVerdict {
  const { hold, openedMs, endMs, nowMs, intervalMs, unit, fault } = input;
  const text = (value: number): string => figureText(String(value), unit);
  const limit = `${hold.op} ${text(hold.value)}`;
  if (openedMs === null || endMs === null)
    return { result: 'unknown', code: 'no_window', detail: 'when the release was finished is not known' };
  const toMs = Math.min(nowMs, endMs);
  const seen = input.samples.filter(
    (one): one is readonly [number, number] =>
      one[1] !== null && Number.isFinite(one[1]) && one[0] >= openedMs && one[0] <= toMs,
  );
  const broken = brokenAt(seen, input);
  if (broken !== null) {
    const [at, value] = broken;
    const after = spanText(at - openedMs);
    return {
      result: 'fail',
      code: 'broken',
      detail: `${text(value)} is not ${limit}, ${after} after the release`,
    };
  }
  if (fault !== null) return { result: 'unknown', code: fault.code, detail: fault.detail };
  const due = Math.max(1, (toMs - openedMs) / intervalMs);
  const coverage = Math.min(1, new Set(seen.map(([at]) => at)).size / due);
  if (nowMs < endMs)
    return {
      result: 'unknown',
      code: 'window_open',
      detail: `${limit} so far; ${spanText(endMs - nowMs)} to go`,
    };
  if (coverage < leastCoverage) {
    const share = `${Math.round(coverage * 100)} % of its samples`;
    return { result: 'unknown', code: 'coverage', detail: `only ${share} were seen: too few to tell` };
  }
  return { result: 'pass', code: null, detail: `${limit} from the release to the end of the window` };
}

/** The sample with which it had not held for `forMs`; null where it never did for so long. */
function brokenAt(
  samples: readonly (readonly [number, number])[],
  { hold, forMs }: SuccessInput,
): readonly [number, number] | null {
  let since: number | null = null;
  for (const sample of samples) {
    const [at, value] = sample;
    since = holdsTo(value, hold.op, hold.value) ? null : (since ?? at);
    if (since !== null && at - since >= forMs) return sample;
  }
  return null;
}

/** All criteria together; null where there are none. */
export const successOf = (results: readonly Result[]): Result | null =>
  results.length === 0 ? null : allOf(results);
