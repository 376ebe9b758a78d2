import { holdsTo } from './condition.ts';
import { besideLimit, figureText, spanText } from './figure-text.ts';
import type { Comparison } from './measured.ts';
import { wilsonInterval } from './wilson.ts';

/** Epoch milliseconds and the value then; null, NaN or an infinite value is no value. Oldest first. */
export type Sample = readonly [number, number | null];

/** Holds where `value op limit`. */
export interface Limit {
  readonly op: Comparison;
  readonly value: number;
}

export interface TriggerInput {
  /** At least those of `[nowMs − forMs, nowMs]`; older ones are used to know how long a breach lasts. */
  readonly samples: readonly Sample[];
  readonly breach: Limit;
  /** Where it counts as over; between the two limits nothing changes. */
  readonly clear: Limit;
  /** How long a breach must last, in milliseconds. */
  readonly forMs: number;
  readonly intervalMs: number;
  /** How many events must stand behind a breach; null asks for none. */
  readonly minEvents: number | null;
  /** Events in the window (the `n` of a ratio `k/n`); null where it is not known. */
  readonly events: number | null;
  readonly nowMs: number;
  /** Of the value: what the words that it is told in are made with. */
  readonly unit?: string | null;
  /** Why nothing is known whatever the samples say: the question failed, or what is measured is down. */
  readonly fault?: Fault | null;
}

/** A stable code (`target_down`, `query`, `connection`, …) and words. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
}

export type TriggerState = 'OK' | 'PENDING' | 'FIRED' | 'CLEARED' | 'UNKNOWN';

export interface TriggerJudgement {
  readonly state: TriggerState;
  /** When this state began: for PENDING the first breach. Epoch milliseconds. */
  readonly sinceMs: number;
  /** Valid samples ÷ samples due in the window, 0 to 1. */
  readonly coverage: number;
  /** The newest valid value in the window, or null. */
  readonly value: number | null;
  readonly detail: string;
  /** Why it is UNKNOWN: `no_data`, `nan`, `coverage`, `stale`, `no_events`, or the code of the fault; else null. */
  readonly code: string | null;
  /** True where it has been UNKNOWN for at least `forMs`: a reason to investigate. */
  readonly blind: boolean;
  /** How long the breach has gone on, in milliseconds; 0 where there is none. */
  readonly breachedForMs: number;
  /** First sample of the breach that goes on; null where there is none. */
  readonly breachSinceMs: number | null;
  /** First sample on the clear side without a break; null where there is none. */
  readonly clearSinceMs: number | null;
  /** True from FIRED until CLEARED, also while it is UNKNOWN. */
  readonly fired: boolean;
}

/** Least share of the samples due that must be there (E1). */
const leastCoverage = 0.8;

/**
 * E1. FIRED when every valid sample has breached for `forMs`, at least 80 % of the samples due are there, and enough
 * events stand behind it; PENDING from the first breach; CLEARED after `forMs` on the clear side; UNKNOWN when fewer
 * samples are there or the newest is more than two intervals old. Where the number of events is known and the
 * threshold is a ratio that is exceeded, the lower Wilson bound (95 %) of the mean must exceed it, not the mean alone.
 * A half-empty window, silence and NaN are never health. Pure: the answer goes back in as `previous`.
 */
export function judgeTrigger(input: TriggerInput, previous: TriggerJudgement | null): TriggerJudgement {
  const { nowMs, forMs, intervalMs, breach, clear } = input;
  const known = input.samples.filter((sample): sample is ValidSample => isValid(sample, nowMs));
  const window = known.filter(([at]) => at >= nowMs - forMs);
  const due = Math.max(1, forMs / intervalMs);
  const seen: Seen = {
    window,
    due,
    coverage: Math.min(1, new Set(window.map(([at]) => at)).size / due),
    newest: window.at(-1) ?? null,
    breachSinceMs: runSince(known, (value) => reaches(value, breach), previous?.breachSinceMs ?? null),
    clearSinceMs: runSince(known, (value) => reaches(value, clear), previous?.clearSinceMs ?? null),
  };
  const {
    state,
    detail,
    code = null,
  } = blindness(input, seen) ??
  (previous?.fired === true ? fired(input, seen) : waiting(input, seen, previous));
  const sinceMs =
    state === 'PENDING' && seen.breachSinceMs !== null
      ? seen.breachSinceMs
      : previous?.state === state
        ? previous.sinceMs
        : nowMs;
  return {
    state,
    sinceMs,
    coverage: seen.coverage,
    value: seen.newest?.[1] ?? null,
    detail,
    code,
    blind: state === 'UNKNOWN' && nowMs - sinceMs >= forMs,
    breachedForMs: seen.breachSinceMs === null ? 0 : nowMs - seen.breachSinceMs,
    breachSinceMs: seen.breachSinceMs,
    clearSinceMs: seen.clearSinceMs,
    fired: state === 'FIRED' || (state === 'UNKNOWN' && previous?.fired === true),
  };
}

type ValidSample = readonly [number, number];

interface Seen {
  /** Valid samples in `[nowMs − forMs, nowMs]`, and how many there should be. */
  readonly window: readonly ValidSample[];
  readonly due: number;
  readonly coverage: number;
  readonly newest: ValidSample | null;
  readonly breachSinceMs: number | null;
  readonly clearSinceMs: number | null;
}

interface Said {
  readonly state: TriggerState;
  readonly detail: string;
  readonly code?: string;
}

const unknown = (code: string, detail: string): Said => ({ state: 'UNKNOWN', code, detail });

/** Nobody answers, the target is down, too few samples, or none of late. */
function blindness(input: TriggerInput, { window, due, coverage, newest }: Seen): Said | null {
  const { forMs, intervalMs, nowMs, fault = null } = input;
  if (fault !== null) return unknown(fault.code, fault.detail);
  if (coverage < leastCoverage) {
    const counted = `${window.length} of ${Math.ceil(due)} samples in ${spanText(forMs)}`;
    const last = input.samples.at(-1)?.[1];
    if (Number.isNaN(last)) return unknown('nan', `the value is not a number (NaN); ${counted}`);
    if (window.length === 0) return unknown('no_data', `no sample in ${spanText(forMs)}`);
    return unknown('coverage', `${counted}: too few to tell`);
  }
  const age = nowMs - (newest?.[0] ?? 0);
  return age > 2 * intervalMs ? unknown('stale', `the newest sample is ${spanText(age)} old`) : null;
}

/** Once fired it stays so until it was on the clear side for long enough. */
function fired(input: TriggerInput, { newest, clearSinceMs }: Seen): Said {
  const { clear, forMs, nowMs } = input;
  const limit = limitText(clear, input);
  if (clearSinceMs === null)
    return { state: 'FIRED', detail: `${newestText(newest, clear, input)} is not yet ${limit}` };
  const lasted = nowMs - clearSinceMs;
  return lasted >= forMs
    ? { state: 'CLEARED', detail: `${limit} for ${spanText(lasted)}` }
    : { state: 'FIRED', detail: `${limit} for ${spanText(lasted)} of ${spanText(forMs)}` };
}

function waiting(input: TriggerInput, seen: Seen, previous: TriggerJudgement | null): Said {
  const { breach, forMs, minEvents, events, nowMs } = input;
  const { newest, breachSinceMs, coverage, window } = seen;
  const limit = limitText(breach, input);
  if (breachSinceMs === null) {
    const state = previous?.state === 'CLEARED' ? 'CLEARED' : 'OK';
    return { state, detail: `${newestText(newest, breach, input)} is not ${limit}` };
  }
  const lasted = nowMs - breachSinceMs;
  if (lasted < forMs)
    return { state: 'PENDING', detail: `${limit} for ${spanText(lasted)} of ${spanText(forMs)}` };
  if (minEvents !== null && events === null)
    return unknown(
      'no_events',
      `${limit}, but nothing counts the events behind it: give the trigger \`events\``,
    );
  if (minEvents !== null && events !== null && events < minEvents) {
    const few = `${figureText(String(events), null)} of ${minEvents} events`;
    return { state: 'PENDING', detail: `${limit} for ${spanText(lasted)}, but only ${few}` };
  }
  const doubt = smallCountDoubt(input, window);
  if (doubt !== null) return { state: 'PENDING', detail: doubt };
  const share = `${Math.round(coverage * 100)} % of samples`;
  return {
    state: 'FIRED',
    detail: `${newestText(newest, breach, input)} ${limit} for ${spanText(lasted)}, ${share}`,
  };
}

const reaches = (value: number, { op, value: limit }: Limit): boolean => holdsTo(value, op, limit);

const isValid = ([at, value]: Sample, nowMs: number): boolean =>
  value !== null && Number.isFinite(value) && at <= nowMs;

/**
 * When the unbroken run of samples that hold began, or null where the newest does not. A run that was known before
 * keeps its beginning, unless a sample that does not hold lies between: what we are given may be shorter than the run.
 */
function runSince(
  samples: readonly ValidSample[],
  holds: (value: number) => boolean,
  before: number | null,
): number | null {
  const broken = samples.findLastIndex(([, value]) => !holds(value));
  const first = samples[broken + 1];
  if (first === undefined) return null;
  if (before === null || before >= first[0]) return first[0];
  const interrupted = broken >= 0 && (samples[broken]?.[0] ?? 0) >= before;
  return interrupted ? first[0] : before;
}

/** Where events are few the mean alone says too much: words for the doubt, or null where there is none. */
function smallCountDoubt(input: TriggerInput, window: readonly ValidSample[]): string | null {
  const { events, breach } = input;
  const { op, value } = breach;
  const isRatio = value > 0 && value < 1 && window.every(([, share]) => share >= 0 && share <= 1);
  if (events === null || !isRatio || (op !== '>' && op !== '>=')) return null;
  const mean = window.reduce((sum, [, share]) => sum + share, 0) / window.length;
  const { low } = wilsonInterval(mean * events, events);
  if (low > value) return null;
  const share = (number: number): string => figureText(String(number), 'ratio');
  return `${share(mean)} of ${figureText(String(events), null)} events may still be ${share(low)} (95 %)`;
}

type Told = Pick<TriggerInput, 'unit'>;

const limitText = ({ op, value }: Limit, told: Told): string => `${op} ${valueText(value, told)}`;

const valueText = (value: number, { unit = null }: Told): string => figureText(String(value), unit);

const newestText = (newest: ValidSample | null, limit: Limit, { unit = null }: Told): string =>
  newest === null ? 'it' : besideLimit(newest[1], limit.value, unit);
