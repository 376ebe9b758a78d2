import ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';
import type { IcsEvent } from './model/criteria.ts';

export type IcsRead =
  | { readonly ok: true; readonly events: readonly IcsEvent[] }
  | { readonly ok: false; readonly detail: string };

const dayMs = 86_400_000;

/**
 * The events of an iCalendar file (RFC 5545) that block time: cancelled and transparent ones do not count, and an
 * event that was moved replaces the one of its series.
 * @param tz the zone of times that name none
 */
export function readIcs(text: string, tz: string): IcsRead {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text));
    const events = calendar.getAllSubcomponents('vevent').map((event) => readEvent(event, tz));
    const moved = events.filter(({ replaces }) => replaces !== null);
    return {
      ok: true,
      events: events
        .filter(({ blocks }) => blocks)
        .map(({ event, uid, replaces }) => {
          if (event.rule === null || replaces !== null) return event;
          const out = moved.filter((one) => one.uid === uid).flatMap((one) => one.replaces ?? []);
          const excluded = out.map((local) => `EXDATE;TZID=${event.tz}:${compact(local)}`);
          return { ...event, rule: [event.rule, ...excluded].join('\n') };
        }),
    };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

interface Read {
  readonly event: IcsEvent;
  readonly uid: string;
  /** The local start of the one event of its series that it stands for. */
  readonly replaces: string | null;
  readonly blocks: boolean;
}

function readEvent(event: ICAL.Component, tz: string): Read {
  const start = timeOf(event, 'dtstart', tz);
  if (start === null) throw new Error('an event has no DTSTART');
  const end = timeOf(event, 'dtend', start.tz);
  const lasts = event.getFirstPropertyValue('duration');
  const forMs =
    end !== null
      ? end.utcMs - start.utcMs
      : lasts instanceof ICAL.Duration
        ? lasts.toSeconds() * 1000
        : start.date
          ? dayMs
          : 0;
  const rule = event.getFirstPropertyValue('rrule');
  const excluded = event
    .getAllProperties('exdate')
    .flatMap((property) => property.getValues() as readonly unknown[])
    .map((value) => `EXDATE;TZID=${start.tz}:${compact(String(value))}`);
  const lines = [`DTSTART;TZID=${start.tz}:${compact(start.local)}`, `RRULE:${String(rule)}`, ...excluded];
  const of = timeOf(event, 'recurrence-id', start.tz);
  const status = String(event.getFirstPropertyValue('status') ?? '').toUpperCase();
  const shows = String(event.getFirstPropertyValue('transp') ?? '').toUpperCase();
  return {
    event: {
      start: start.local,
      tz: start.tz,
      rule: rule === null ? null : lines.join('\n'),
      forMs,
    },
    uid: String(event.getFirstPropertyValue('uid') ?? ''),
    replaces: of === null ? null : of.local,
    blocks: status !== 'CANCELLED' && shows !== 'TRANSPARENT' && forMs > 0,
  };
}

interface Time {
  /** `2026-03-02T22:00:00` */
  readonly local: string;
  readonly tz: string;
  readonly date: boolean;
  /** As if the local time were UTC: for differences on the wall. */
  readonly utcMs: number;
}

function timeOf(event: ICAL.Component, name: string, tz: string): Time | null {
  const property = event.getFirstProperty(name);
  const value: unknown = property?.getFirstValue();
  if (property === null || !(value instanceof ICAL.Time)) return null;
  const written = value.toString();
  const zone: unknown = property.getParameter('tzid');
  const date = value.isDate;
  const local = date ? `${written}T00:00:00` : written.replace(/Z$/, '');
  return {
    local,
    tz: typeof zone === 'string' ? zone : written.endsWith('Z') ? 'UTC' : tz,
    date,
    utcMs: Temporal.PlainDateTime.from(local).toZonedDateTime('UTC').epochMilliseconds,
  };
}

/** `20260302T220000` */
const compact = (local: string): string => {
  const bare = local.replaceAll(/[-:]|Z$/g, '');
  return bare.includes('T') ? bare : `${bare}T000000`;
};
