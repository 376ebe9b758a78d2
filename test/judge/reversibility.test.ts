import { expect, test } from 'vitest';
import { reversibilityRank } from '../../src/judge/reversibility.ts';

const ranked = (reversible: string | null, more: { again?: boolean; ends?: boolean } = {}) =>
  reversibilityRank({ reversible, again: false, ends: false, ...more });

test('options stand in the order of what it costs to take them back', () => {
  const order = [
    ranked('flag'),
    ranked('switch back'),
    ranked('config'),
    ranked('app'),
    ranked('app + schema'),
    ranked('restore'),
    ranked('roll forward'),
    ranked(null, { again: true }),
    ranked(null, { ends: true }),
  ];
  expect(order.every((rank, index) => index === 0 || rank > (order[index - 1] ?? 9))).toBe(true);
});

test.each([
  ['seconds', 'flag'],
  ['30s', 'flag'],
  ['minutes', 'app'],
  ['20m', 'app'],
  ['hours', 'restore'],
  ['2h', 'restore'],
  ['never', 'roll forward'],
])('%s ranks as %s does', (measure, kind) => {
  expect(ranked(measure)).toBe(ranked(kind));
});
