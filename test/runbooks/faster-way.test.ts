import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lint } from '../../src/cli/commands/lint.ts';
import { openLedgerForWriting } from '../../src/cli/ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { intent, started } from '../fixtures/ledger/example-facts.ts';
import { openStage, shipped, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = openStage();
});
afterEach(() => stage.clear(), 60_000);

const first = started({ mode: 'LIVE' });
const decided: Fact = {
  type: 'decision.made',
  place: { step: 'what_to_do', item: '' },
  attempt: 'what_to_do#1',
  by: 'ana',
  option: 'rollback',
  title: 'Roll back',
  reason: null,
  fields: {},
  objection: null,
  shownAt: '2026-03-01T10:00:00.000Z',
  recommended: 'rollback',
  againAt: null,
};

/** Rollbacks of the past, from the decision to the end, in seconds each. */
function past(id: string, argv: readonly string[], tookSeconds: readonly number[], service = 'shop'): void {
  const ledger = openLedgerForWriting(stage.around);
  for (const took of tookSeconds) {
    const log = openSessionLog(ledger, randomUUID());
    const at = (seconds: number): string => new Date(Date.UTC(2026, 2, 1, 10) + seconds * 1000).toISOString();
    const told = (seconds: number, fact: Fact): void =>
      void log.append([{ fact, actor: 'ana', at: at(seconds) }]);
    const step = intent('go#1');
    if (first.type !== 'session.started' || step.type !== 'step.intent' || step.command === null)
      throw new Error();
    told(0, { ...first, runbook: { ...first.runbook, id, service } });
    told(10, decided);
    told(11, { ...step, command: { ...step.command, argv: [...argv] } });
    told(10 + took, { type: 'session.ended', outcome: 'rolled_back', reason: 'done' });
    log.close();
  }
  ledger.close();
}

const deploy = ['shopctl', 'deploy', 'shop1', '1.9.3'];
const shift = ['walkback', 'traffic', 'shift', '--to', '100'];

const linted = (name: string): string => {
  expect(lint(stage.around, [shipped(name)], {})).toBe(0); // it is advice
  return stage.printed();
};

test('R8.4: where redeploying was measured to take more than five times as long, lint names the switch and both medians', () => {
  past('shop_rollback', deploy, [700, 720, 900]);
  past('blue_green_switchback', shift, [40, 60, 30]);

  const text = linted('shop_rollback.yaml');
  expect(text).toMatch(
    /shop_rollback\.yaml:\d+:\d+: A rollback by this runbook took 12m \(median of 3\), and switching the traffic of shop back 40s \(median of 3\)\./,
  );
  expect(text).toContain('[WB862]');
});

test.each([
  [
    'it is only four times as long',
    () => {
      past('shop_rollback', deploy, [160, 160, 160]);
      past('other', shift, [40, 40, 40]);
    },
  ],
  [
    'two of one kind are all that is known',
    () => {
      past('shop_rollback', deploy, [900, 900, 900]);
      past('other', shift, [40, 40]);
    },
  ],
  [
    'the fast ones are of another service',
    () => {
      past('shop_rollback', deploy, [900, 900, 900]);
      past('other', shift, [40, 40, 40], 'search');
    },
  ],
])('R8.4: where %s, it says nothing', (_what, fill) => {
  fill();
  expect(linted('shop_rollback.yaml')).not.toContain('WB862');
});

test('R8.4: a runbook that switches itself is not told to', () => {
  past('blue_green_switchback', deploy, [900, 900, 900]);
  past('other', shift, [40, 40, 40]);
  expect(linted('blue_green_switchback.yaml')).not.toContain('WB862');
});
