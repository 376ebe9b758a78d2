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
  /(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d{2}:?\d{2})(?!\d))?/;
const access = /(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})/;
const syslog = /^([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) /;
const level =
  /\b(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|SEVERE|CRIT(?:ICAL)?|ALERT|EMERG|FATAL|PANIC)\b/i;
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
  'SEVERE',
  'CRIT',
  'CRITICAL',
  'ALERT',
  'EMERG',
  'FATAL',
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
    return place(
      full,
      `${year}-${month}-${day}T${clock}${part}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`,
    );
  }
  const web = access.exec(head);
  if (web !== null) {
    const [, day, name, year, clock, hours, minutes] = web;
    return place(web, `${year}-${monthOf(name)}-${day}T${clock}${hours}:${minutes}`);
  }
  const system = syslog.exec(head);
  if (system === null) return null;
  const [, name, day = '', clock] = system;
  // it says no year: the newest one that does not lie ahead
  const now = times.now();
  const thisYear = Number(times.isoOf(now).slice(0, 4));
  const of = (year: number) =>
    place(system, `${year}-${monthOf(name)}-${day.trim().padStart(2, '0')}T${clock}`);
  const newest = of(thisYear);
  return newest !== null && newest.atMs > now + dayMs ? of(thisYear - 1) : newest;
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

function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

/** Seconds or milliseconds since 1970, or a text. */
function jsonTime(value: unknown, times: Times): number | null {
  if (typeof value === 'number') return value < 1e11 ? Math.round(value * 1000) : Math.round(value);
  return typeof value === 'string' ? (timeIn(value, times)?.atMs ?? null) : null;
}
