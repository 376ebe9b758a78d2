import { OperatorError } from '../../errors.ts';
import { knowsZone, slotsOf, wallTimeOf } from '../../runbook/recurrence.ts';
import { pausedLines, type PausedTable } from './crontab-table.ts';

/** One run that did not happen. */
export interface MissedRun {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** As the wall clock of the job's time zone shows it: `2026-03-29T03:00:00+02:00`. */
  readonly local: string;
}

export interface Missed {
  readonly runs: readonly MissedRun[];
  /** There are more than are listed. */
  readonly more: boolean;
}

/** A job of every minute misses one a minute: after so many the number no longer matters. */
const mostRuns = 1_000;

/**
 * When a job would have run in a span, its beginning not included. As cron has it: what falls into the hour that a change
 * of the clocks skips runs right after it, and what falls into a repeated hour runs once, unless its minute or hour is
 * a star.
 */
export function missedRuns(pattern: string, tz: string, fromMs: number, untilMs: number): Missed {
  if (!knowsZone(tz))
    throw new OperatorError(`There is no time zone “${tz}”.`, ['Write it like Europe/Berlin.']);
  const runs: MissedRun[] = [];
  const after = starts(pattern, tz);
  for (let at = after(fromMs); at !== null && at <= untilMs; at = after(at)) {
    if (runs.length === mostRuns) return { runs, more: true };
    runs.push({ atMs: at, local: wallTimeOf(at, tz) });
  }
  return { runs, more: false };
}

type After = (ms: number) => number | null;

/**
 * Cron takes a day of the month and a day of the week as one or the other, but as both where either begins with a star,
 * a stepped one included: then it is the days on which the two patterns with one of them each agree.
 */
function starts(pattern: string, tz: string): After {
  const [minute, hour, day, month, weekday, ...more] = pattern.trim().split(/\s+/);
  const isStepped = [day, weekday].some((field) => /^\*./.test(field ?? ''));
  if (more.length > 0 || weekday === undefined || !isStepped) return plainStarts(pattern, tz, pattern);
  return bothOf(
    plainStarts([minute, hour, day, month, '*'].join(' '), tz, pattern),
    plainStarts([minute, hour, '*', month, weekday].join(' '), tz, pattern),
  );
}

/** Ends where either has no start any more. */
const bothOf =
  (one: After, other: After): After =>
  (ms) => {
    let [first, second] = [one(ms), other(ms)];
    while (first !== null && second !== null && first !== second)
      if (first < second) first = one(second - 1);
      else second = other(first - 1);
    return first === null || second === null ? null : first;
  };

function plainStarts(pattern: string, tz: string, given: string): After {
  try {
    const [slots] = slotsOf({ recurrence: { kind: 'cron', pattern, forMs: 0 }, tz });
    if (slots !== undefined) return slots.after;
  } catch {
    // said below
  }
  throw new OperatorError(`“${given}” is no cron expression.`, [
    'Write five fields, or @daily and its like.',
  ]);
}

export interface MissedJob extends Missed {
  readonly pattern: string;
  readonly tz: string;
  readonly command: string;
}

/** What the jobs of a paused table have missed since the pause; its `CRON_TZ` lines hold from there on. */
export function missedOfTable(
  pause: PausedTable,
  tz: string,
  fromMs: number,
  untilMs: number,
): readonly MissedJob[] {
  const paused = new Set(pausedLines(pause));
  let zone = tz;
  return (pause.original ?? '').split('\n').flatMap((line) => {
    zone = /^\s*CRON_TZ\s*=\s*"?([^"\s]+)"?\s*$/.exec(line)?.[1] ?? zone;
    const job = jobOf(line);
    // `@reboot` has no time, so nothing can say that it was missed
    if (job === null || !paused.has(line) || job.pattern === '@reboot') return [];
    return [{ ...job, tz: zone, ...missedRuns(job.pattern, zone, fromMs, untilMs) }];
  });
}

/** The schedule of a line and what it runs. */
function jobOf(line: string): { readonly pattern: string; readonly command: string } | null {
  const [, pattern, command] = /^\s*(@[a-z]+|(?:\S+\s+){4}\S+)\s+(\S.*)$/.exec(line) ?? [];
  return pattern === undefined || command === undefined || /^\s*#/.test(line)
    ? null
    : { pattern: pattern.replaceAll(/\s+/g, ' '), command };
}

/** When a table was paused, epoch milliseconds, by its own words; null where they do not say. */
export function pausedAtMs({ words }: PausedTable, epochMsOf: (iso: string) => number): number | null {
  const ms = epochMsOf(words.split(' ')[0] ?? '');
  return Number.isNaN(ms) ? null : ms;
}
