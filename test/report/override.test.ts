import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import { exportJson } from '../../src/report/json.ts';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { eventsFrom, sessionId, toldRollback, type Told } from './events.ts';

const used: Fact = {
  type: 'override.used',
  by: 'ada',
  phase: 'contain',
  key: 'override-1',
  over: ['triggers'],
  because: ['The triggers do not say roll back: every trigger is quiet.'],
  reason: 'customers cannot pay',
  evidence: [{ kind: 'customer_report', text: 'ticket 7' }],
  system: 'shop@production',
  second: null,
  due: '2026-03-15T14:02:00.000Z',
  request: 'walkback override approval 1\n',
};
const approved: Fact = {
  type: 'override.approved',
  by: 'grace',
  key: 'override-1',
  signedWith: 'SHA256:k',
  signature: 's',
  level: 'L1',
};

const events = (...more: readonly Fact[]) =>
  eventsFrom([...toldRollback, ...more.map((fact): Told => [600, fact])]);
const firstSection = (...more: readonly Fact[]): string =>
  postmortemMarkdown({
    session: { id: sessionId, outcome: null },
    events: events(...more),
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback 0.1.0',
    names: 'real',
  }).split('\n## ')[0] ?? '';

test('the export names the override in its first section, before anything else, and that nobody approved it yet', () => {
  const rows = firstSection(used)
    .split('\n')
    .filter((line) => line.startsWith('| '));

  const first = rows.find((line) => line.includes('OVERRIDE')) ?? '';
  expect(rows.indexOf(first)).toBeLessThan(rows.findIndex((line) => line.includes('Session')));
  expect(first).toContain('customers cannot pay');
  expect(first).toContain('ticket 7');
  expect(first).toContain('NOT APPROVED, due 2026-03-15');
});

test('the export says who approved it', () => {
  expect(firstSection(used, approved)).toContain('approved by grace (L1)');
  expect(firstSection()).not.toContain('OVERRIDE');
});

test('the JSON export lists overrides with who approved them', () => {
  const document = exportJson({
    session: { id: sessionId, outcome: null },
    events: events(used, approved),
    verified: { ok: true, brokenAt: null },
    program: 'walkback 0.1.0',
  });

  expect(JSON.parse(document)).toMatchObject({
    overrides: [{ key: 'override-1', reason: 'customers cannot pay', approvedBy: 'grace' }],
  });
});
