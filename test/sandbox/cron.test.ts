import { expect, test } from 'vitest';
import { parseCrontab } from '../../src/sandbox/platform/cron.ts';

const at = (iso: string): number => Date.parse(iso);

test.each([
  ['* * * * *', '2026-03-01T10:07:00Z', true],
  ['*/5 * * * *', '2026-03-01T10:05:00Z', true],
  ['*/5 * * * *', '2026-03-01T10:06:00Z', false],
  ['15 2 * * *', '2026-03-01T02:15:00Z', true],
  ['15 2 * * *', '2026-03-01T03:15:00Z', false],
  ['0 9-17/4 * * *', '2026-03-01T13:00:00Z', true],
  ['0 9-17/4 * * *', '2026-03-01T14:00:00Z', false],
  ['0,30 * * * *', '2026-03-01T10:30:00Z', true],
  ['10/20 * * * *', '2026-03-01T10:50:00Z', true],
  ['0 0 * * 0', '2026-03-01T00:00:00Z', true],
  ['0 0 * * 7', '2026-03-01T00:00:00Z', true],
  ['0 0 13 * 5', '2026-03-06T00:00:00Z', true],
  ['0 0 13 * *', '2026-03-06T00:00:00Z', false],
  ['0 0 1 2 *', '2026-03-01T00:00:00Z', false],
])('the line "%s" at %s: %s', (fields, moment, wanted) => {
  expect(parseCrontab(`# a comment\n\n${fields} job\n`)[0]?.matches(at(moment))).toBe(wanted);
});

test.each(['* * * * job', '61 * * * * job', '* * * * mon job', '5-1 * * * * job', '*/0 * * * * job'])(
  'refuses the line "%s"',
  (line) => {
    expect(() => parseCrontab(line)).toThrow(/five fields|field ".*"/u);
  },
);
