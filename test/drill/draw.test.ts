import { expect, test } from 'vitest';
import { drawFault, runbookFor } from '../../src/drill/draw.ts';
import { faultIds } from '../../src/sandbox/platform/faults.ts';

const drawn = (runbook: string | null) =>
  new Set(faultIds.map((_, seed) => drawFault(faultIds, runbook, seed)));

test('a fault is practised with the runbook that it is made for', () => {
  expect(['F01', 'F09', 'F19', 'F20'].map(runbookFor)).toEqual([
    'shop_rollback.yaml',
    'shop_downgrade.yaml',
    'blue_green_switchback.yaml',
    'blue_green_switchback.yaml',
  ]);
});

test('a runbook of ours is given only faults that it can meet', () => {
  expect(drawn('blue_green_switchback.yaml')).toEqual(new Set(['F19', 'F20']));
  expect(drawn('shop_downgrade.yaml')).toEqual(new Set(['F09', 'F10', 'F23', 'F25']));
  expect([...drawn('shop_rollback.yaml')]).not.toContain('F19');
});

test('any other runbook is given the faults of the reference runbook, and none named means any fault', () => {
  expect(drawn('mine.yaml')).toEqual(drawn('shop_rollback.yaml'));
  expect(drawn(null)).toEqual(new Set(faultIds));
});

test('the same seed draws the same fault, and where there is none nothing is drawn', () => {
  expect(drawFault(faultIds, null, 5)).toBe(drawFault(faultIds, null, 5));
  expect(drawFault([], null, 5)).toBeNull();
});
