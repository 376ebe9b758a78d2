import { afterEach, beforeEach, expect, test } from 'vitest';
import { lint } from '../../src/cli/commands/lint.ts';
import { openLedgerForWriting } from '../../src/cli/ledger.ts';
import { started } from '../fixtures/ledger/example-facts.ts';
import { append, startSession } from '../ledger/temporary-ledger.ts';
import { openStage, shipped, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(() => {
  stage = openStage();
});
afterEach(() => stage.clear(), 60_000);

/** A live session of the past that turned the coupons off, and what became of the debt for it. */
function past(how: 'waived' | 'carried' | 'proved', mode: 'LIVE' | 'DRILL' = 'LIVE'): void {
  const ledger = openLedgerForWriting(stage.around);
  const first = started();
  const log = startSession(ledger, {
    session: 'old-session',
    fact: first.type === 'session.started' ? { ...first, mode } : first,
  });
  const obligation = { key: 'flag', id: 'flag', title: 'The coupons are off', ttlMs: null, release: [] };
  append(
    ledger,
    log,
    { type: 'obligation.opened', by: 'ana', obligation, due: null, reason: 'off' },
    { type: 'flag.turned', step: 'kill', flag: 'new_coupons', before: 'on', to: 'off', debt: 'flag' },
    { type: 'obligation.discharged', by: 'ana', key: 'flag', how, reason: 'done', owner: 'ana', due: null },
  );
  log.close();
  ledger.close();
}

const linted = (): { readonly code: number; readonly text: string } => {
  const code = lint(stage.around, [shipped('shop_rollback.yaml')], {});
  return { code, text: stage.printed() };
};

test('R8.6: a flag that was given up in an earlier session and is turned again is an error with its place', () => {
  past('waived');

  const { code, text } = linted();

  expect(code).not.toBe(0);
  expect(text).toMatch(
    /kill_flag\.yaml:\d+:\d+: The flag `new_coupons` was turned in session old-session on \S+ and was given up there/,
  );
  expect(text).toContain('[WB861]');
});

test('R8.6: a flag that is still owed from an earlier session is told as well', () => {
  past('carried');

  expect(linted().text).toContain('is still owed from there');
});

test.each([
  ['was turned back', 'proved', 'LIVE'],
  ['was turned in a drill', 'waived', 'DRILL'],
] as const)('R8.6: a flag that %s is none that is reused', (_, how, mode) => {
  past(how, mode);

  expect(linted()).toMatchObject({ code: 0, text: expect.stringContaining('0 errors, 0 warnings') });
});
