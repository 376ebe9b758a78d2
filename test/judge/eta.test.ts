import { expect, test } from 'vitest';
import { etaOf, etaText, fasterThan, type StepTimeKnown } from '../../src/judge/eta.ts';

const measured = (p80Ms: number, count: number, source: StepTimeKnown['source'] = 'same_runbook') => ({
  p80Ms,
  source,
  count,
});

test('E7: the time still needed is the sum of the p80 of the steps, told with its sources and the least n', () => {
  const eta = etaOf([measured(60_000, 7), measured(30_000, 3, 'drills'), measured(5000, 0, 'expected')]);
  expect(eta).toMatchObject({ ms: 95_000, steps: 3, unknown: 0, count: 3 });
  expect(etaText(eta)).toBe(
    '1 min 35 s: 3 steps, 1 timed in sessions of this very runbook, 1 timed in drills, 1 as the author expects, n at least 3',
  );
});

test('E7: a step of which nothing is known makes the sum the least that it takes', () => {
  expect(etaText(etaOf([measured(60_000, 7), null]))).toBe(
    'at least 1 min: 2 steps, 1 timed in sessions of this very runbook, 1 unknown, n at least 7',
  );
  expect(etaText(etaOf([null, null]))).toBe('not known: 2 steps, 2 unknown');
});

test('E7: where customers wait no longer than that, the next faster way is recommended, never an unknown one', () => {
  const way = (id: string, ms: number | null, open = true) => ({
    id,
    open,
    eta: etaOf([ms === null ? null : measured(ms, 5)]),
  });
  const ways = [
    way('slow', 600_000),
    way('switch', 60_000),
    way('flag', 5000),
    way('guess', null),
    way('shut', 1, false),
  ];
  expect(fasterThan('slow', ways, 300_000)?.id).toBe('switch');
  expect(fasterThan('slow', ways, 30_000)?.id).toBe('flag');
  expect(fasterThan('slow', ways, 1000)?.id).toBe('flag');
  expect(fasterThan('slow', ways, 700_000)).toBeNull();
});
