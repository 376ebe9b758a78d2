import { expect, test } from 'vitest';
import type { BudgetGauge, Gauge } from '../../src/session/client.ts';
import { openTestScreen } from './draw.ts';
import { decisionStep, freshPhases, liveOf, openFakeClient, viewAt } from './fake-client.ts';

const gauge = (over: Partial<Gauge>): Gauge => ({
  id: 'err',
  unit: 'ratio',
  value: 0.081,
  code: null,
  samples: [0.001, 0.05, 0.081],
  threshold: 0.02,
  op: '>',
  setBy: 'Ada (product)',
  state: 'FIRED',
  pending: null,
  ...over,
});

const budget: BudgetGauge = {
  id: 'checkout',
  target: 0.999,
  periodMs: 30 * 86_400_000,
  owner: 'product',
  sla: { target: 0.995, exclusions: ['announced maintenance'] },
  longMs: 3_600_000,
  shortMs: 300_000,
  longRate: 14.4,
  shortRate: 81,
  left: 0.72,
  covered: 1,
  lastsMs: 6.4 * 3_600_000,
  costPerMinute: 81 / 43_200,
  events: 12_000,
  code: null,
  detail: '',
};

const screenOf = (
  gauges: readonly Gauge[],
  columns: number,
  rows: number,
  budgets: readonly BudgetGauge[] = [budget],
) => {
  const live = liveOf({
    gauges,
    budgets,
    eta: { ms: 480_000, unknown: 1, steps: 9, leftMs: 240_000 },
  });
  const view = viewAt(
    {},
    {
      phases: freshPhases,
      advice: {
        advice: 'rollback',
        because: 'err fired; the rule is any of err',
        since: '2026-03-01T18:00:00.000Z',
      },
    },
  );
  return openTestScreen({ client: openFakeClient(view, live), columns, rows });
};

test('at 80×24 one row says what the numbers say and how long it takes, another how the trigger stands', () => {
  const screen = screenOf([gauge({})], 80, 24);
  const lines = screen.lines();
  expect(lines.find((line) => line.includes('err 8.1 %'))).toMatch(/FIRED/);
  expect(lines.find((line) => line.includes('numbers say'))).toMatch(
    /^ numbers say ROLLBACK {4}eta at least 8 m, customers wait 4 m more/,
  );
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('with room the panel says the threshold, who set it, what is left and what waiting costs', () => {
  const text = screenOf([gauge({})], 200, 50).text();
  expect(text).toContain('threshold > 2 %, set by Ada (product)');
  expect(text).toMatch(/budget checkout \[█{7}·{3}\] 72 % left · burns 81x/);
  expect(text).toMatch(/0\.188 % a\s+minute/);
  expect(text).toContain('objective 99.9 % in 30 d (product)');
  expect(text).toContain('99.5 %');
  expect(text).toMatch(/numbers say ROLLBACK: err fired/);
});

test.each([
  [gauge({ state: 'PENDING', pending: { forMs: 72_000, ofMs: 120_000 } }), /PENDING 01:12 of 02:00/],
  [gauge({ state: 'UNKNOWN', value: null, code: 'target_down' }), /err \? target_down.*UNKNOWN/],
  [gauge({ state: 'UNKNOWN', value: null, code: 'no_data', blind: true }), /UNKNOWN BLIND: investigate/],
  [gauge({ state: 'UNKNOWN', code: 'coverage' }), /err 8\.1 %.*UNKNOWN \(coverage\)/],
  [gauge({ state: 'OK', value: 0.001 }), /err 0\.1 %.* ok/],
] as const)('a gauge says its state and why, %#', (one, expected) => {
  const lines = screenOf([one], 100, 30).lines();
  expect(lines.find((line) => line.includes('err '))).toMatch(expected);
});

test('a budget that is not known says why, and draws no bar', () => {
  const text = screenOf([gauge({})], 200, 50, [
    { ...budget, code: 'target_down', detail: 'the target is down' },
  ]).text();
  expect(text).toMatch(/budget checkout \? target_down/);
  expect(text).not.toContain('% left');
});

test('a change that waits until the numbers were watched says so beside its command, and for how long', () => {
  const view = viewAt(
    {},
    {
      phases: freshPhases,
      observation: { until: '2026-03-01T18:06:54.000Z', spanMs: 60_000, because: 'p95 fired' },
    },
  );
  const screen = openTestScreen({ client: openFakeClient(view), columns: 80, rows: 24 });
  expect(screen.text().replaceAll(/\s+/g, ' ')).toMatch(/watch first: .* may begin in 42 s/);

  screen.wait(42_000);
  expect(screen.text()).not.toContain('watch first');
});

test('and above the facts of a decision, at 80×24', () => {
  const observation = { until: '2026-03-01T18:06:54.000Z', spanMs: 60_000, because: 'p95 fired' };
  const view = viewAt(decisionStep(), { phases: freshPhases, observation });
  const screen = openTestScreen({ client: openFakeClient(view), columns: 80, rows: 24 });
  screen.calmly('a');
  const lines = screen.lines();
  const lineOf = (words: string): number => lines.findIndex((line) => line.includes(words));
  expect(lineOf('watch first')).toBeGreaterThan(0);
  expect(lineOf('watch first')).toBeLessThan(lineOf('error rate'));
});

test.each([
  [80, 24],
  [100, 30],
] as const)(
  'at %i×%i the calendar says what waiting costs before a narrow screen cuts it',
  (columns, rows) => {
    const calendar = {
      state: 'avoid' as const,
      on: ['friday_peak'],
      rule: 'friday_peak',
      until: null,
      quietAt: null,
      text: 'friday_peak until 22:00 Europe/Berlin, next quiet 22:00',
    };
    const view = viewAt({}, { phases: freshPhases, calendar });
    const live = liveOf({ waiting: 'waiting costs 3.1 % budget' });
    const line = openTestScreen({ client: openFakeClient(view, live), columns, rows })
      .lines()
      .find((one) => one.includes('CALENDAR'));
    expect(line).toContain('CALENDAR AVOID waiting costs 3.1 % budget; friday_peak until 22:00');
  },
);

test('at 100×30 the key 4 shows the figures in the place of the step, and 2 brings the step back', () => {
  const screen = screenOf([gauge({})], 100, 30);
  expect(screen.text()).not.toContain('threshold > 2 %');
  screen.calmly('4');
  expect(screen.text()).toContain('threshold > 2 %, set by Ada (product)');
  expect(screen.text()).toContain('objective 99.9 % in 30 d (product)');
  screen.calmly('2');
  expect(screen.text()).not.toContain('threshold > 2 %');
});
