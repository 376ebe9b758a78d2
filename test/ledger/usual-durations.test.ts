import { expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { timesForEta } from '../../src/ledger/usual-durations.ts';
import { ended, intent, judged, started } from '../fixtures/ledger/example-facts.ts';
import { append, freshLedger, startSession } from './temporary-ledger.ts';

const runbook = { id: 'shop-rollback', hash: 'b'.repeat(64) };

/** One session of this mode and hash whose step took so long, its check included (300 ms). */
function took(ledger: Ledger, mode: 'LIVE' | 'DRILL', hash: string, durationMs: number, exitCode = 0): void {
  const example = started();
  if (example.type !== 'session.started') return;
  const log = startSession(ledger, { fact: { ...example, mode, runbook: { ...example.runbook, hash } } });
  append(ledger, log, intent('drain#1'), ended('drain#1', null, { durationMs, exitCode }));
  append(ledger, log, judged('drain#1', exitCode === 0 ? 'pass' : 'fail'));
}

const eta = (ledger: Ledger) => timesForEta(ledger, runbook, 'LIVE', ['drain', 'swap']);

test('E7: drills say how long a step takes until a session of this very runbook has ended well', () => {
  const ledger = freshLedger();
  expect(eta(ledger)).toEqual({});
  took(ledger, 'LIVE', 'c'.repeat(64), 9000);
  expect(eta(ledger)).toEqual({});
  took(ledger, 'DRILL', 'c'.repeat(64), 700);
  took(ledger, 'DRILL', runbook.hash, 1700);
  expect(eta(ledger)).toEqual({ drain: { p80Ms: 2000, source: 'drills', count: 2 } });
  took(ledger, 'LIVE', runbook.hash, 100, 1);
  expect(eta(ledger)['drain']?.source).toBe('drills');
  took(ledger, 'LIVE', runbook.hash, 4700);
  expect(eta(ledger)).toEqual({ drain: { p80Ms: 5000, source: 'same_runbook', count: 1 } });
});

test('E7: newer sessions of another version of the runbook do not hide those of this one', () => {
  const ledger = freshLedger();
  took(ledger, 'LIVE', runbook.hash, 4700);
  for (let n = 0; n < 51; n += 1) took(ledger, 'LIVE', 'c'.repeat(64), 100);
  expect(eta(ledger)).toEqual({ drain: { p80Ms: 5000, source: 'same_runbook', count: 1 } });
});
