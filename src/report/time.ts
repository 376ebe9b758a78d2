import { isoOf } from '../machine/iso-time.ts';
import type { SessionView } from '../machine/view.ts';

/** Times as the ledger writes them: ISO 8601 in UTC. Read by arithmetic, so that no clock is near. */

const iso = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?Z$/;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Epoch milliseconds of an ISO 8601 UTC time; NaN for anything else. */
export function epochMs(text: string): number {
  const found = iso.exec(text);
  if (found === null) return Number.NaN;
  const [year = 0, month = 0, date = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1, 7).map(Number);
  const millis = Number((found[7] ?? '').padEnd(3, '0'));
  return daysSinceEpoch(year, month, date) * day + hours * hour + minutes * minute + seconds * 1000 + millis;
}

/** Days from 1970-01-01 in the Gregorian calendar (years start in March, so that the leap day is the last one). */
function daysSinceEpoch(year: number, month: number, date: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Milliseconds from one time to a later one. */
export const between = (from: string, to: string): number => epochMs(to) - epochMs(from);

/** `14:02:11` of an ISO time. */
export const clockText = (at: string): string => (iso.test(at) ? at.slice(11, 19) : at);

/** `2026-03-14 14:02:11` of an ISO time. */
export const dateText = (at: string): string =>
  iso.test(at) ? `${at.slice(0, 10)} ${at.slice(11, 19)}` : at;

/** A duration in words, in its two largest units. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < minute) return `${whole(ms, 1000)} s`;
  if (ms < hour) return `${whole(ms, minute)} min ${whole(ms % minute, 1000)} s`;
  if (ms < day) return `${whole(ms, hour)} h ${whole(ms % hour, minute)} min`;
  return `${whole(ms, day)} d ${whole(ms % day, hour)} h`;
}

const whole = (ms: number, unit: number): string => String(Math.floor(ms / unit));

/**
 * What is left of the window's state, in milliseconds of domain time, at a moment of wall time (ISO). Null where it has
 * no end.
 */
export function windowLeftMs(
  { window, session }: Pick<SessionView, 'window' | 'session'>,
  nowIso: string,
): number | null {
  if (window === null || window.leftMs === null) return null;
  const goneMs = Math.max(0, epochMs(nowIso) - epochMs(window.asOf));
  return Math.max(0, window.leftMs - goneMs * session.speed);
}

/** When a state of the window ends, in the window's own time: `14:02:11`, with its date where that is another day. */
export function windowUntilText({ until, leftMs, asOf }: NonNullable<SessionView['window']>): string | null {
  if (until === null) return null;
  const then = leftMs === null ? asOf : isoOf(epochMs(until) - leftMs);
  return until.slice(0, 10) === then.slice(0, 10) ? clockText(until) : dateText(until);
}
