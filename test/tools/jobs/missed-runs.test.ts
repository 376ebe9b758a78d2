import { expect, test } from 'vitest';
import { pausedTable, readPause } from '../../../src/tools/jobs/crontab-table.ts';
import { missedOfTable, missedRuns, pausedAtMs } from '../../../src/tools/jobs/missed-runs.ts';
import { walkback } from '../cli.ts';

const berlin = 'Europe/Berlin';
const ms = (iso: string): number => Date.parse(iso);
const local = (pattern: string, from: string, until: string, tz = berlin): readonly string[] =>
  missedRuns(pattern, tz, ms(from), ms(until)).runs.map((run) => run.local);

test('R6.5: two missed runs are listed correctly over the change of the clocks, also the one in the hour that was skipped', () => {
  expect(missedRuns('30 2 * * *', berlin, ms('2026-03-28T11:00:00Z'), ms('2026-03-30T11:00:00Z'))).toEqual({
    runs: [
      // 02:30 is not there that night: cron runs it right after the change
      { atMs: ms('2026-03-29T01:00:00Z'), local: '2026-03-29T03:00:00+02:00' },
      { atMs: ms('2026-03-30T00:30:00Z'), local: '2026-03-30T02:30:00+02:00' },
    ],
    more: false,
  });
});

test('in the hour that comes twice a job with a fixed time ran once, one with a star each time', () => {
  expect(local('30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
    '2026-10-25T02:30:00+02:00',
    '2026-10-26T02:30:00+01:00',
  ]);
  expect(local('0 * * * *', '2026-10-24T23:30:00Z', '2026-10-25T01:30:00Z')).toEqual([
    '2026-10-25T02:00:00+02:00',
    '2026-10-25T02:00:00+01:00',
  ]);
});

test('a span that holds no run has missed none; its beginning does not count and its end does', () => {
  expect(local('0 4 * * *', '2026-06-01T02:00:00Z', '2026-06-01T02:00:00Z')).toEqual([]);
  expect(local('0 4 * * *', '2026-06-01T02:00:00Z', '2026-06-02T02:00:00Z')).toEqual([
    '2026-06-02T04:00:00+02:00',
  ]);
  expect(local('0 0 31 2 *', '2026-06-01T02:00:00Z', '2027-06-02T02:00:00Z')).toEqual([]);
});

test('a job of every minute is counted to a thousand', () => {
  const missed = missedRuns('* * * * *', 'UTC', ms('2026-06-01T00:00:00Z'), ms('2026-06-02T00:00:00Z'));
  expect(missed).toMatchObject({ more: true });
  expect(missed.runs).toHaveLength(1_000);
});

test('what is no schedule and no time zone is refused', () => {
  expect(() => missedRuns('30 2 * *', berlin, 0, 1)).toThrow('is no cron expression');
  expect(() => missedRuns('30 2 * * *', 'Europe/Bonn', 0, 1)).toThrow('no time zone');
});

const table = `CRON_TZ=Europe/Berlin
15 2 * * *\t/srv/shop/bin/settle  --all
@reboot /srv/shop/bin/warm
CRON_TZ=UTC
@daily /srv/shop/bin/clean
0 * * * * /usr/bin/backup
`;

test('of a paused table each paused job is listed, in its own time zone, since the pause', () => {
  const pause = readPause(pausedTable(table, ['/srv/shop'], '2026-03-28T11:00:00Z by ada'));
  if (pause === null || pause === 'damaged') throw new Error('it is not paused');
  expect(pausedAtMs(pause, ms)).toBe(ms('2026-03-28T11:00:00Z'));
  const missed = missedOfTable(pause, 'UTC', ms('2026-03-28T11:00:00Z'), ms('2026-03-29T11:00:00Z'));
  expect(
    missed.map(({ pattern, command, runs }) => [pattern, command, runs.map((run) => run.local)]),
  ).toEqual([
    ['15 2 * * *', '/srv/shop/bin/settle  --all', ['2026-03-29T03:00:00+02:00']],
    ['@daily', '/srv/shop/bin/clean', ['2026-03-29T00:00:00+00:00']],
  ]);
});

test('the command prints them, and says what it cannot read', async () => {
  const given = ['jobs', 'missed', '--cron', '30 2 * * *', '--tz', berlin, '--from', '2026-03-28T11:00:00Z'];
  const until = ['--until', '2026-03-30T11:00:00Z'];
  expect((await walkback({}, ...given, ...until)).out).toBe(
    '2 missed\n  2026-03-29T03:00:00+02:00  2026-03-29T01:00:00.000Z\n  2026-03-30T02:30:00+02:00  2026-03-30T00:30:00.000Z\n',
  );
  expect((await walkback({}, ...given, ...until, '--json')).json()).toMatchObject({ count: 2, more: false });
  expect((await walkback({}, ...given, '--until', '2026-03-01T00:00:00Z')).code).toBe(2);
  expect((await walkback({}, ...given, '--until', 'tomorrow')).warned).toContain('--until is no time');
});

test('a day of the month and a day of the week are both asked for where one of them begins with a star, as cron has it', () => {
  const march = (pattern: string): readonly string[] =>
    local(pattern, '2026-03-01T12:00:00Z', '2026-03-31T12:00:00Z', 'UTC').map((at) => at.slice(8, 10));
  expect(march('0 0 */2 * 1')).toEqual(['09', '23']); // Mondays that are odd days
  expect(march('0 0 1-7 * */2')).toEqual(['03', '05', '07']); // of the first week its Tuesday, Thursday, Saturday
  expect(march('0 0 10 * 1')).toEqual(['02', '09', '10', '16', '23', '30']);
});
