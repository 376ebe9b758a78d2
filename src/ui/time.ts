/** Times as people read them, out of ISO texts and milliseconds; the clock itself lives outside the screen. */

const isoShape = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;

/** Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Epoch milliseconds of an ISO 8601 text in UTC; null for anything else. */
export function epochMs(iso: string | null): number | null {
  const match = iso === null ? null : isoShape.exec(iso);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = Number(`0.${match[7] ?? '0'}`) * 1000;
  return (
    ((daysFromCivil(year, month, day) * 24 + hour) * 60 + minute) * 60_000 +
    second * 1000 +
    Math.floor(fraction)
  );
}

/** A running clock: `06:12`, `1:06:12`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return hours === 0 ? rest : `${hours}:${rest}`;
}

/** A length of time in its largest useful unit: `800 ms`, `12 s`, `44 m`, `3 h`, `2 d`. */
export function lengthText(ms: number): string {
  const value = Math.max(0, ms);
  if (value < 1000) return `${Math.round(value)} ms`;
  if (value < 120_000) return `${Math.round(value / 1000)} s`;
  if (value < 7_200_000) return `${Math.round(value / 60_000)} m`;
  if (value < 172_800_000) return `${Math.round(value / 3_600_000)} h`;
  return `${Math.round(value / 86_400_000)} d`;
}

/** The time of day of an ISO text, in UTC: `18:20Z`. */
export const timeOfDay = (iso: string): string => (isoShape.test(iso) ? `${iso.slice(11, 16)}Z` : iso);

/** Milliseconds from an ISO time to now; 0 where the time is missing or lies ahead. */
export const since = (iso: string | null, nowMs: number): number =>
  Math.max(0, nowMs - (epochMs(iso) ?? nowMs));
