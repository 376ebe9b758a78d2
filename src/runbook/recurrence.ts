import { Cron } from 'croner';
import { RRuleTemporal } from 'rrule-temporal';
import { Temporal } from 'temporal-polyfill';
import type { CalendarRule } from './model/criteria.ts';

/**
 * When the slots of a calendar start and end. A slot lasts by the clock on the wall: eight hours from 22:00 end at
 * 06:00, on the nights of the change too. Times are epoch milliseconds.
 */

/** One recurrence: its starts, how long a slot lasts on the wall, and the end of the one that starts then. */
export interface Slots {
  /** The first start after a moment; null where there is none any more. */
  readonly after: (ms: number) => number | null;
  readonly endOf: (startMs: number) => number;
  readonly lengthMs: number;
}

/** A rule that finds nothing in so many periods has nothing. */
const mostPeriods = 5_000;

/** Reading a recurrence again and again costs more than using it. */
const known = new WeakMap<CalendarRule['recurrence'], readonly Slots[]>();

/** Throws where the recurrence cannot be read. */
export function slotsOf({ recurrence, tz }: Pick<CalendarRule, 'recurrence' | 'tz'>): readonly Slots[] {
  const made = known.get(recurrence) ?? readSlots(recurrence, tz);
  known.set(recurrence, made);
  return made;
}

function readSlots(recurrence: CalendarRule['recurrence'], tz: string): readonly Slots[] {
  switch (recurrence.kind) {
    case 'cron': {
      const cron = new Cron(recurrence.pattern, { timezone: tz, paused: true });
      return [timed((ms) => cron.nextRun(isoAt(ms))?.getTime() ?? null, tz, recurrence.forMs)];
    }
    case 'rrule':
      return [timed(recurring(recurrence.text, tz), tz, recurrence.forMs)];
    case 'ics':
      return recurrence.events.map(({ start, rule, tz: zone, forMs }) =>
        timed(rule === null ? once(start, zone) : recurring(rule, zone), zone, forMs),
      );
  }
}

const timed = (after: Slots['after'], tz: string, forMs: number): Slots => ({
  after,
  endOf: (startMs) => wallEnd(startMs, tz, forMs),
  lengthMs: forMs,
});

function once(local: string, tz: string): Slots['after'] {
  const startMs = Temporal.PlainDateTime.from(local).toZonedDateTime(tz).epochMilliseconds;
  return (ms) => (startMs > ms ? startMs : null);
}

function recurring(text: string, tz: string): Slots['after'] {
  const rule = new RRuleTemporal({
    rruleString: text,
    tzid: tz,
    temporal: Temporal,
    maxIterations: mostPeriods,
  });
  return (ms) => {
    try {
      return rule.next(zonedAt(ms, 'UTC'))?.epochMilliseconds ?? null;
    } catch {
      return null; // nothing in all the periods that it looks through
    }
  };
}

function wallEnd(startMs: number, tz: string, forMs: number): number {
  return zonedAt(startMs, tz).toPlainDateTime().add({ milliseconds: forMs }).toZonedDateTime(tz)
    .epochMilliseconds;
}

/** A moment as the clocks of a time zone show it: `2026-03-29T03:00:00+02:00`. */
export const wallTimeOf = (ms: number, tz: string): string =>
  zonedAt(ms, tz).toString({ timeZoneName: 'never', smallestUnit: 'second' });

const zonedAt = (ms: number, tz: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(tz);

const isoAt = (ms: number): string => Temporal.Instant.fromEpochMilliseconds(ms).toString();

/** The start of the next slot after a moment; null where no event lies ahead. */
export function nextStart(rule: CalendarRule, ms: number): number | null {
  const starts = slotsOf(rule).flatMap(({ after }) => after(ms) ?? []);
  return starts.length === 0 ? null : Math.min(...starts);
}

/** Whether the system knows a time zone. */
export function knowsZone(tz: string): boolean {
  try {
    zonedAt(0, tz);
    return true;
  } catch {
    return false;
  }
}
