import type { Times } from '../times.ts';

export interface LogLine {
  /** Epoch milliseconds; null where the line says no time that can be read. */
  readonly atMs: number | null;
  /** The level that the line gives itself, in capital letters; null where it gives none. */
  readonly level: string | null;
  /** The line without its time; of JSON lines the message. */
  readonly message: string;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const iso =
  /(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|UTC\b|GMT\b|[+-]\d{2}:?\d{2})(?!\d))?/;
const access = /(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})/;
const syslog = /^([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) /;
const level =
  /\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|ERR|CRIT(?:ICAL)?|ALERT|EMERG|FATAL|FTL|PANIC)\b/i;
const dayMs = 24 * 3_600_000;
/** The time of a line stands at its beginning, behind an address at most. */
const longestHead = 200;
/** What numbers stand for where a level is one (pino, bunyan). */
const levelNumbers: Readonly<Record<string, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};

/** Levels that say that something went wrong. */
export const badLevels: ReadonlySet<string> = new Set([
  'ERROR',
  'ERR',
  'SEVERE',
  'CRIT',
  'CRITICAL',
  'ALERT',
  'EMERG',
  'FATAL',
  'FTL',
  'PANIC',
]);

/**
 * One line of a log: text with a time as ISO 8601, nginx, access logs or syslog write it, or one JSON object. A time without a
 * zone is the machine's own.
 */
export function readLogLine(line: string, times: Times): LogLine {
  return line.startsWith('{') ? (jsonLine(line, times) ?? textLine(line, times)) : textLine(line, times);
}

function textLine(line: string, times: Times): LogLine {
  const head = line.slice(0, longestHead);
  const found = timeIn(head, times);
  const message = found === null ? line : `${line.slice(0, found.from)} ${line.slice(found.to)}`.trim();
  return {
    atMs: found?.atMs ?? null,
    level: level.exec(message.slice(0, longestHead))?.[1]?.toUpperCase() ?? null,
    message,
  };
}

function timeIn(
  head: string,
  times: Times,
): { readonly atMs: number; readonly from: number; readonly to: number } | null {
  const place = (match: RegExpExecArray, text: string) => {
    const atMs = times.epochMsOf(text);
    return Number.isNaN(atMs) ? null : { atMs, from: match.index, to: match.index + match[0].length };
  };
  const full = iso.exec(head);
  if (full !== null) {
    const [, year, month, day, clock, fraction = '', zone = ''] = full;
    const part = fraction === '' ? '' : `.${fraction.slice(0, 3)}`;
    return place(full, `${year}-${month}-${day}T${clock}${part}${zoneText(zone)}`);
  }
  const web = access.exec(head);
  if (web !== null) {
    const [, day, name, year, clock, hours, minutes] = web;
    return place(web, `${year}-${monthOf(name)}-${day}T${clock}${hours}:${minutes}`);
  }
  const system = syslog.exec(head);
  if (system === null) return null;
  const [, name, day = '', clock] = system;
  // it says no year: the newest one that does not lie ahead, and it may be the next one here before it is in Greenwich
  const now = times.now();
  const year = Number(times.isoOf(now).slice(0, 4));
  const of = (one: number) =>
    place(system, `${one}-${monthOf(name)}-${day.trim().padStart(2, '0')}T${clock}`);
  return (
    [of(year + 1), of(year), of(year - 1)].find((one) => one !== null && one.atMs <= now + dayMs) ?? null
  );
}

function zoneText(zone: string): string {
  if (zone === 'UTC' || zone === 'GMT') return 'Z';
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
}

const monthOf = (name = ''): string => String(months.indexOf(name) + 1).padStart(2, '0');

function jsonLine(line: string, times: Times): LogLine | null {
  const fields = objectOf(line);
  if (fields === null) return null;
  const first = (...names: readonly string[]): unknown =>
    names.map((name) => fields[name]).find((value) => value !== undefined);
  const said = first('level', 'severity', 'lvl', 'levelname');
  const named =
    typeof said === 'number'
      ? (levelNumbers[said] ?? String(said))
      : typeof said === 'string'
        ? said.toUpperCase()
        : null;
  const error = first('err', 'error', 'exception');
  const nested =
    typeof error === 'object' && error !== null
      ? (error as Readonly<Record<string, unknown>>)['message']
      : error;
  const message = [first('msg', 'message', 'event'), nested]
    .filter((one) => typeof one === 'string')
    .join(': ');
  return {
    atMs: jsonTime(first('time', 'timestamp', '@timestamp', 'ts', 'datetime'), times),
    level: named,
    message: message === '' ? line : message,
  };
}

/** Below the first, a number counts so many to a millisecond: seconds, milliseconds, microseconds; above, nanoseconds. */
const units = [
  [1e11, 1e-3],
  [1e14, 1],
  [1e17, 1e3],
] as const;

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by how many they are; or a text. */
function jsonTime(value: unknown, times: Times): number | null {
  if (typeof value === 'number') {
    const [, perMs] = units.find(([most]) => value < most) ?? [0, 1e6];
    return Math.round(value / perMs);
  }
  return typeof value === 'string' ? (timeIn(value, times)?.atMs ?? null) : null;
}
