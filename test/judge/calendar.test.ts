import { describe, expect, test } from 'vitest';
import { calendarText, judgeCalendar } from '../../src/judge/calendar.ts';
import { calendarsOver } from '../../src/runbook/lint/calendars.ts';
import type { CalendarRule } from '../../src/runbook/model/criteria.ts';
import { load } from '../runbook/memory-files.ts';

/** Written in a runbook and read as one: what is tried here is what an author gets. */
function calendarOf(
  rules: readonly string[],
  files: Readonly<Record<string, string>> = {},
): readonly CalendarRule[] {
  const loaded = load(
    '- { id: done, end: not_needed }',
    ['calendar:', ...rules.map((one) => `  - ${one}`)].join('\n'),
    files,
  );
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ code, message }) => `${code} ${message}`).join('; '));
  return loaded.runbook.calendar ?? [];
}

const at = (iso: string): number => Date.parse(iso);
const verdictAt = (rules: readonly CalendarRule[], iso: string) => judgeCalendar(rules, 'rollback', at(iso));
const onAt = (rules: readonly CalendarRule[], iso: string): readonly string[] =>
  verdictAt(rules, iso).rules.flatMap(({ id, slot }) => (slot === null ? [] : [id]));
const quietAt = (rules: readonly CalendarRule[], iso: string): string | null => {
  const { quietMs } = verdictAt(rules, iso);
  return quietMs === null ? null : new Date(quietMs).toISOString();
};

const night = '{ id: night, cron: 0 22 * * *, tz: Europe/Berlin, for: 8h, effect: forbid }';
const nightRule =
  '{ id: night, rrule: FREQ=DAILY, start: 2026-01-01T22:00, tz: Europe/Berlin, for: 8h, effect: forbid }';
const ics = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
  'freeze.ics': ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//shop//EN', ...lines, 'END:VCALENDAR', ''].join(
    '\r\n',
  ),
});
const event = (...lines: readonly string[]): string => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n');
const nightFile = ics(
  'BEGIN:VEVENT',
  'UID:night',
  'DTSTART;TZID=Europe/Berlin:20260101T220000',
  'DTEND;TZID=Europe/Berlin:20260102T060000',
  'RRULE:FREQ=DAILY',
  'END:VEVENT',
);

describe.each([
  ['cron', () => calendarOf([night])],
  ['rrule', () => calendarOf([nightRule])],
  ['ics', () => calendarOf(['{ id: night, ics: freeze.ics, effect: forbid }'], nightFile)],
])('a window over midnight, as %s', (_, make) => {
  const rules = make();

  test('is on before and after midnight, and ends exactly at its end', () => {
    expect(onAt(rules, '2026-02-10T20:59:59Z')).toEqual([]);
    expect(onAt(rules, '2026-02-10T21:00:00Z')).toEqual(['night']);
    expect(onAt(rules, '2026-02-11T04:59:59Z')).toEqual(['night']);
    expect(onAt(rules, '2026-02-11T05:00:00Z')).toEqual([]);
    expect(quietAt(rules, '2026-02-10T23:30:00Z')).toBe('2026-02-11T05:00:00.000Z');
  });

  test('ends at 06:00 on the wall in the night the clocks go forward', () => {
    expect(onAt(rules, '2026-03-28T20:59:59Z')).toEqual([]);
    expect(onAt(rules, '2026-03-28T21:00:00Z')).toEqual(['night']);
    expect(quietAt(rules, '2026-03-28T22:00:00Z')).toBe('2026-03-29T04:00:00.000Z');
    expect(onAt(rules, '2026-03-29T20:00:00Z')).toEqual(['night']);
  });

  test('ends at 06:00 on the wall in the night the clocks go back', () => {
    expect(onAt(rules, '2026-10-24T20:00:00Z')).toEqual(['night']);
    expect(quietAt(rules, '2026-10-24T22:00:00Z')).toBe('2026-10-25T05:00:00.000Z');
    expect(onAt(rules, '2026-10-25T04:59:59Z')).toEqual(['night']);
    expect(onAt(rules, '2026-10-25T20:30:00Z')).toEqual([]);
    expect(onAt(rules, '2026-10-25T21:00:00Z')).toEqual(['night']);
  });
});

test('a day’s peak keeps its hours on both sides of both changes', () => {
  const peak = calendarOf(['{ id: peak, cron: 0 8 * * *, tz: Europe/Berlin, for: 6h, effect: forbid }']);
  for (const [day, startHour] of [
    ['2026-03-28', 7],
    ['2026-03-29', 6],
    ['2026-10-24', 6],
    ['2026-10-25', 7],
  ] as const) {
    const start = at(`${day}T0${startHour}:00:00Z`);
    expect(onAt(peak, new Date(start - 1000).toISOString())).toEqual([]);
    expect(onAt(peak, new Date(start).toISOString())).toEqual(['peak']);
    expect(onAt(peak, new Date(start + 6 * 3_600_000 - 1000).toISOString())).toEqual(['peak']);
    expect(onAt(peak, new Date(start + 6 * 3_600_000).toISOString())).toEqual([]);
  }
});

test('says which rule is on until when, in its own zone, and when it is quiet again', () => {
  const rules = calendarOf([
    '{ id: peak, cron: 0 8 * * *, tz: Europe/Berlin, for: 6h, effect: forbid }',
    '{ id: batch, cron: 30 13 * * *, tz: Europe/Berlin, for: 1h, effect: avoid }',
  ]);
  const now = '2026-02-10T11:00:00Z';

  expect(calendarText(verdictAt(rules, now), at(now))).toBe(
    'peak until 14:00 Europe/Berlin, next quiet 14:30',
  );
  expect(verdictAt(rules, '2026-02-10T13:15:00Z').state).toBe('avoid');
  expect(calendarText(verdictAt(rules, '2026-02-10T05:00:00Z'), at('2026-02-10T05:00:00Z'))).toBe(
    'quiet until 08:00 Europe/Berlin (peak)',
  );
});

test('a rule for other classes of action does not hold for a rollback, and is on all the same', () => {
  const rules = calendarOf([
    '{ id: freeze, cron: 0 0 * * *, tz: UTC, for: 1d, effect: forbid, classes: [deploy, schema] }',
  ]);

  expect(verdictAt(rules, '2026-02-10T11:00:00Z').state).toBe('quiet');
  expect(onAt(rules, '2026-02-10T11:00:00Z')).toEqual(['freeze']);
  expect(judgeCalendar(rules, 'deploy', at('2026-02-10T11:00:00Z'))).toMatchObject({
    state: 'forbid',
    quietMs: null,
  });
});

test('a calendar file: whole days, moved, cancelled and left-out events', () => {
  const rules = calendarOf(
    ['{ id: freeze, ics: freeze.ics, tz: Europe/Berlin, effect: forbid }'],
    ics(
      event('UID:x', 'DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'),
      event(
        'UID:m',
        'DTSTART;TZID=Europe/Berlin:20260302T100000',
        'DURATION:PT2H',
        'RRULE:FREQ=WEEKLY;BYDAY=MO',
        'EXDATE;TZID=Europe/Berlin:20260309T100000',
      ),
      event(
        'UID:m',
        'RECURRENCE-ID;TZID=Europe/Berlin:20260316T100000',
        'DTSTART;TZID=Europe/Berlin:20260317T100000',
        'DTEND;TZID=Europe/Berlin:20260317T120000',
      ),
      event('UID:c', 'STATUS:CANCELLED', 'DTSTART:20260318T100000Z', 'DURATION:PT2H'),
    ),
  );

  const on = (iso: string): boolean => onAt(rules, iso).length > 0;
  expect([
    on('2026-12-23T22:59:59Z'),
    on('2026-12-23T23:00:00Z'),
    on('2026-12-26T22:59:59Z'),
    on('2026-12-26T23:00:00Z'),
  ]).toEqual([false, true, true, false]);
  expect([on('2026-03-02T09:30:00Z'), on('2026-03-09T09:30:00Z'), on('2026-03-16T09:30:00Z')]).toEqual([
    true,
    false,
    false,
  ]);
  expect([on('2026-03-17T09:30:00Z'), on('2026-03-23T09:30:00Z'), on('2026-03-18T10:30:00Z')]).toEqual([
    true,
    true,
    false,
  ]);
});

test('a calendar whose last event is over is told, one that has any ahead is not', () => {
  const rules = calendarOf([
    '{ id: old, rrule: FREQ=DAILY;COUNT=3, start: 2026-01-01T08:00, tz: UTC, for: 2h, effect: forbid }',
    night,
  ]);

  expect(calendarsOver({ calendar: rules }, at('2026-01-03T09:00:00Z'))).toEqual([]);
  expect(calendarsOver({ calendar: rules }, at('2026-02-01T00:00:00Z'))).toMatchObject([
    {
      code: 'WB633',
      severity: 'warning',
      message: 'No event of `old` lies ahead.',
      at: { line: 8, column: 5 },
    },
  ]);
});
