import { expect, test } from 'vitest';
import type { ComparisonView } from '../../src/machine/view.ts';
import { comparisonLines } from '../../src/report/comparison-text.ts';
import { oneOfEachFact } from '../machine/one-of-each-fact.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const { type: _type, ...made } = oneOfEachFact()['comparison.made'];
const wave = (value: number) => Array.from({ length: 48 }, (_, at) => value + (at % 2) * 0.02);
const comparison: ComparisonView = {
  ...made,
  at: '2026-03-01T18:06:00.000Z',
  attempt: 'schema_down#1',
  metrics: made.metrics.map((metric) => ({
    ...metric,
    series: { baseline: wave(0.2), failed: wave(0.9), current: wave(0.4) },
  })),
};

const screenOf = (columns: number, rows: number, over: Partial<ComparisonView> = {}) =>
  openTestScreen({
    columns,
    rows,
    view: viewAt(
      { kind: 'compare', attempt: 'schema_down#1', status: 'performing' },
      { phases: freshPhases, comparisons: [{ ...comparison, ...over }] },
    ),
  });

test.each([
  [100, 30],
  [80, 24],
])('at %dx%d a comparison shows its verdict, its figures and three spans on one scale', (columns, rows) => {
  const text = screenOf(columns, rows).text();
  expect(text).toContain('WORSE latency critical');
  expect(text.replaceAll(/\s+/g, ' ')).toContain('shift +200 ms');
  const line = text.split('\n').find((one) => one.includes('before') && one.includes('failed')) ?? '';
  // low before, high while the release failed, in between now: better, but not back
  expect(line).toMatch(/before [▁▂]{5,} 200 ms {2}failed [▇█]{5,} 900 ms {2}now [▃▄]{5,} 400 ms/);
});

test('one that is looked at for longer says so', () => {
  expect(screenOf(100, 30, { final: false }).text()).toContain('WORSE so far latency');
  expect(comparisonLines({ ...comparison, final: false })[0]).toBe(
    'comparison WORSE, not clear so far: it is looked at for longer',
  );
});

test('the linear form says the same in words', () => {
  expect(comparisonLines(comparison)).toEqual([
    'comparison WORSE',
    '  latency: before 200 ms, failed 900 ms, now 400 ms; shift +200 ms (90 % +180 ms to +220 ms), limit +50 ms, ' +
      'p below 0.001, A12 1, ρ 0.1, n 61/31, 1 outliers counted in',
  ]);
});
