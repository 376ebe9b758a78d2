import { expect, test } from 'vitest';
import type { SmokeView } from '../../src/machine/view.ts';
import { smokeLines } from '../../src/report/smoke-text.ts';
import { oneOfEachFact } from '../machine/one-of-each-fact.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const { type: _type, ...ran } = oneOfEachFact()['smoke.ran'];
const smoke: SmokeView = { ...ran, at: '2026-03-01T18:06:00.000Z', attempt: 'schema_down#1' };

const screenOf = (columns: number, rows: number, over: Partial<SmokeView> = {}) =>
  openTestScreen({
    columns,
    rows,
    view: viewAt(
      { kind: 'smoke', attempt: 'schema_down#1', status: 'failed' },
      { phases: freshPhases, smokes: [{ ...smoke, ...over }] },
    ),
  });

test.each([
  [100, 30],
  [80, 24],
])('at %dx%d a smoke test shows every way with its runs, and below it what is wrong', (columns, rows) => {
  const text = screenOf(columns, rows).text();
  expect(text).toContain('✗ smoke test FAIL · good is 3 in a row');
  expect(text).toMatch(/proxy {3}version ✓✓✓/);
  expect(text).toMatch(/shop-2 {2}checkout ✓✗✓/);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('checkout: unstable, status 500, not 200');
});

test('of many instances those that are not well are drawn, and the others counted', () => {
  const [good, bad] = smoke.cells;
  if (good === undefined || bad === undefined) throw new Error('the example has two cells');
  const cells = [
    ...Array.from({ length: 40 }, (_, at) => ({
      ...good,
      way: 'each_instance' as const,
      name: `node-${at}`,
    })),
    bad,
  ];
  const text = screenOf(100, 30, { cells }).text();
  expect(text).toContain('shop-2');
  expect(text.indexOf('shop-2')).toBeLessThan(text.indexOf('node-0'));
  expect(text).toContain('node-5');
  expect(text).not.toContain('node-6');
  expect(text).toContain('34 more: every test passed');
});

test('the linear form says the same in words', () => {
  expect(smokeLines(smoke)).toEqual([
    'smoke test FAIL',
    '  proxy: version pass (3 of 3)',
    '  shop-2: checkout fail (pass, fail, pass: unstable): status 500, not 200, expected status 200',
  ]);
  expect(smokeLines({ ...smoke, final: false })[0]).toBe('smoke test FAIL so far, round 3');
});
