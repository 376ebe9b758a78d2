import { expect, test } from 'vitest';
import { waitingText, type Spendable } from '../../../src/judge/budget.ts';
import { statusLines } from '../../../src/plain/header.ts';
import { startMonitor } from '../../../src/session/monitor.ts';
import { criteriaBook, openMetrics, watchedSession } from './metrics-world.ts';

const month = 30 * 86_400_000;
const hour = 3_600_000;

const budget = (more: Partial<Spendable> = {}): Spendable => ({
  id: 'checkout',
  periodMs: month,
  shortRate: 5.58,
  left: 0.8,
  code: null,
  ...more,
});

test.each([
  // 5.58 times too fast for 4 of 720 hours
  ['of one budget', [budget()], 4 * hour, 'waiting costs 3.1 % budget'],
  [
    'of the one that suffers most',
    [budget(), budget({ id: 'search', shortRate: 18 })],
    4 * hour,
    'waiting costs 10 % of the budget of search',
  ],
  ['of more than is left', [budget({ left: 0.02 })], 4 * hour, 'waiting costs 3.1 % budget, and 2 % is left'],
  ['of nothing', [budget({ shortRate: 0 })], 4 * hour, 'waiting costs no budget'],
  [
    'of what is not known',
    [budget({ shortRate: null, code: 'target_down' })],
    hour,
    'what waiting costs is unknown (target_down)',
  ],
  ['without a budget', [], hour, null],
] as const)('R8.2: says what waiting costs %s', (_, budgets, waitMs, words) => {
  expect(waitingText(budgets, waitMs)).toBe(words);
});

test('R8.2: in the peak the decision says until when, when it is quiet next, and what waiting for that costs', async () => {
  const metrics = openMetrics();
  await metrics.pass(600, { perSecond: 20, errors: 0.0144 });
  const book = criteriaBook(`
slo:
  - id: checkout
    target: 0.999
    period: 30d
    prometheus: http://127.0.0.1:1
    bad: requests{status="500"}
    total: requests
calendar:
  - { id: peak, cron: '0 11 * * *', tz: Europe/Berlin, for: 15m, effect: forbid }
`);
  const session = await watchedSession(metrics, book, { monitored: false });
  const monitor = startMonitor(session.session, () => undefined);
  await metrics.pass(60, { perSecond: 20, errors: 0.0144 });
  const question = session.facts('question.posed').at(-1);
  const word = question?.facts.find(({ subject }) => subject === 'calendar');

  // until 10:15 UTC; 14.4 times too fast spends 14.4 minutes of the budget's 43,200 in each
  const toWait = (from: string): number => (Date.parse('2026-03-01T10:15:00Z') - Date.parse(from)) / 60_000;
  const [, cost = ''] =
    /^"peak until 11:15 Europe\/Berlin, next quiet 11:15, waiting costs ([\d.]+) % budget"$/.exec(
      word?.value ?? '',
    ) ?? [];
  const byHand = (100 * 14.4 * toWait(session.session.view().session.startedAt)) / 43_200;
  expect(Math.abs(Number(cost) / byHand - 1)).toBeLessThan(0.01);

  const { gauges, budgets = [], waiting = null } = monitor.figures();
  const live = {
    gauges,
    budgets,
    waiting,
    preview: null,
    usual: null,
    watchers: 0,
    recording: { ok: true, detail: null },
  };
  expect(statusLines(session.session.view(), live, metrics.clock.now().iso)).toContainEqual(
    expect.stringMatching(
      /^calendar FORBID: peak until 11:15 Europe\/Berlin, next quiet 11:15, waiting costs 0\.133 % budget$/,
    ),
  );

  await metrics.clock.advance(5 * 60_000);
  expect(session.session.view().calendar?.state).toBe('quiet');
  expect(monitor.figures().waiting).toBeNull();
  monitor.stop();
});
