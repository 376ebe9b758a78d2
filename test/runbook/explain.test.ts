import { expect, test } from 'vitest';
import { explainExpression } from '../../src/runbook/explain.ts';
import type { Json } from '../../src/runbook/model/values.ts';

const at = { file: 'x.yaml', line: 1, column: 1 };
const values: Readonly<Record<string, Json>> = {
  triggers: { err: { state: 'FIRED', value: 0.08 }, p95: { state: 'OK', value: 0.2 } },
  probes: { failed: 3.5, recent: 0.002, long: 0.044633250473045685 },
  window: { open: true },
};
const explained = (source: string) => explainExpression({ source, at, probes: [] }, values);

test.each([
  [`triggers.err.state == 'FIRED' ? 'rollback' : 'wait'`, `triggers.err.state == 'FIRED' (is FIRED)`],
  [`triggers.p95.state == 'FIRED' ? 'rollback' : 'wait'`, `not triggers.p95.state == 'FIRED' (is OK)`],
  [
    `triggers.p95.state == 'FIRED' ? 'a' : probes.failed > 2.0 && probes.recent < 0.01 ? 'b' : 'c'`,
    `not triggers.p95.state == 'FIRED' (is OK), and probes.failed > 2.0 (is 3.5), and probes.recent < 0.01 (is 0.002)`,
  ],
  [`window.open || triggers.p95.state == 'FIRED'`, 'window.open (is true)'],
  [`window.open && triggers.p95.state == 'FIRED'`, `not triggers.p95.state == 'FIRED' (is OK)`],
  [
    `probes.failed > triggers.err.value`,
    'probes.failed > triggers.err.value (probes.failed is 3.5, triggers.err.value is 0.08)',
  ],
  [`probes.gone > 1.0`, 'probes.gone > 1.0 (is unknown)'],
  [`probes.long > 0.01`, 'probes.long > 0.01 (is 0.0446333)'],
  [`'rollback'`, ''],
])('%s comes to what it does because %s', (source, why) => {
  expect(explained(source)).toBe(why);
});
