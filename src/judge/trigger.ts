import { holdsTo } from './condition.ts';
import type { Comparison } from './tolerance.ts';
import { wilsonInterval } from './wilson.ts';

/** Epoch milliseconds and the value then; null, NaN or an infinite value is no value. Oldest first. */
export type Sample = readonly [number, number | null];

/** Holds where `value op limit`. */
interface Limit {
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
  const { state, detail } =
    blindness(input, seen) ??
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
}

/** Too few samples, or none of late. */
function blindness(
  { forMs, intervalMs, nowMs }: TriggerInput,
  { window, due, coverage, newest }: Seen,
): Said | null {
  if (coverage < leastCoverage) {
    const detail = `${window.length} of ${Math.ceil(due)} samples in ${seconds(forMs)}: too few to tell`;
    return { state: 'UNKNOWN', detail };
  }
  const age = nowMs - (newest?.[0] ?? 0);
  return age > 2 * intervalMs
    ? { state: 'UNKNOWN', detail: `the newest sample is ${seconds(age)} old` }
    : null;
}

/** Once fired it stays so until it was on the clear side for long enough. */
function fired({ clear, forMs, nowMs }: TriggerInput, { newest, clearSinceMs }: Seen): Said {
  if (clearSinceMs === null)
    return { state: 'FIRED', detail: `${newest?.[1] ?? 'it'} is not yet ${limitText(clear)}` };
  const lasted = nowMs - clearSinceMs;
  return lasted >= forMs
    ? { state: 'CLEARED', detail: `${limitText(clear)} for ${seconds(lasted)}` }
    : { state: 'FIRED', detail: `${limitText(clear)} for ${seconds(lasted)} of ${seconds(forMs)}` };
}

function waiting(input: TriggerInput, seen: Seen, previous: TriggerJudgement | null): Said {
  const { breach, forMs, minEvents, events, nowMs } = input;
  const { newest, breachSinceMs, coverage, window } = seen;
  const limit = limitText(breach);
  if (breachSinceMs === null) {
    const state = previous?.state === 'CLEARED' ? 'CLEARED' : 'OK';
    return { state, detail: `${newest?.[1] ?? 'it'} is not ${limit}` };
  }
  const lasted = nowMs - breachSinceMs;
  if (lasted < forMs)
    return { state: 'PENDING', detail: `${limit} for ${seconds(lasted)} of ${seconds(forMs)}` };
  if (minEvents !== null && events === null) {
    return {
      state: 'UNKNOWN',
      detail: `${limit}, but nothing counts the events behind it: give the trigger \`events\``,
    };
  }
  if (minEvents !== null && events !== null && events < minEvents) {
    return {
      state: 'PENDING',
      detail: `${limit} for ${seconds(lasted)}, but only ${events} of ${minEvents} events`,
    };
  }
  const doubt = smallCountDoubt(input, window);
  if (doubt !== null) return { state: 'PENDING', detail: doubt };
  const share = `${Math.round(coverage * 100)} % of samples`;
  return { state: 'FIRED', detail: `${newest?.[1] ?? 'it'} ${limit} for ${seconds(lasted)}, ${share}` };
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
  return low > value
    ? null
    : `${mean.toPrecision(3)} of ${events} events may still be ${low.toPrecision(3)} (95 %)`;
}

const limitText = ({ op, value }: Limit): string => `${op} ${value}`;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
