import { calendar } from '../clock.ts';

/** A line of a crontab: five fields (UTC) and the job's name. */
export interface CronLine {
  readonly name: string;
  matches(atMs: number): boolean;
}

const limits = [
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day', 1, 31],
  ['month', 1, 12],
  ['weekday', 0, 7],
] as const;

/** Reads a crontab: stars, lists, ranges and steps; comments and empty lines are passed over. Throws on anything else. */
export function parseCrontab(text: string): readonly CronLine[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(parseLine);
}

function parseLine(line: string): CronLine {
  const parts = line.split(/\s+/);
  const name = parts[5];
  if (parts.length !== 6 || name === undefined)
    throw new Error(`a crontab line has five fields and a name: ${line}`);
  const sets = limits.map(([field, least, most], index) =>
    parseField(parts[index] ?? '', field, least, most),
  );
  // As cron does: when both day fields are restricted, either may match.
  const eitherDay = parts[2] !== '*' && parts[4] !== '*';
  return {
    name,
    matches(atMs) {
      const at = calendar(atMs);
      const [minute, hour, day, month, weekday] = sets;
      const dayHit = day?.has(at.day) === true;
      const weekdayHit = weekday?.has(at.weekday) === true || (at.weekday === 0 && weekday?.has(7) === true);
      const today = eitherDay ? dayHit || weekdayHit : dayHit && weekdayHit;
      return (
        minute?.has(at.minute) === true &&
        hour?.has(at.hour) === true &&
        month?.has(at.month) === true &&
        today
      );
    },
  };
}

function parseField(text: string, field: string, least: number, most: number): ReadonlySet<number> {
  const numbers = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) throw new Error(`cannot read the ${field} field ${JSON.stringify(text)}`);
    const from = match[1] === undefined ? least : Number(match[1]);
    const open = match[1] === undefined || (match[3] !== undefined && match[2] === undefined);
    const to = match[2] === undefined ? (open ? most : from) : Number(match[2]);
    const step = Number(match[3] ?? 1);
    if (from < least || to > most || from > to || step < 1)
      throw new Error(`the ${field} field ${JSON.stringify(text)} is out of range`);
    for (let number = from; number <= to; number += step) numbers.add(number);
  }
  return numbers;
}
