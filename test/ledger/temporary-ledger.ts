import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import type { Ledger, LedgerOptions } from '../../src/ledger/open-ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import type { LedgerSessionLog, SessionLogOptions } from '../../src/ledger/session-log.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { started } from '../fixtures/ledger/example-facts.ts';

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A clock that says the time it was given and ticks a millisecond a look. */
export function tickingClock(startMs = Date.UTC(2026, 4, 3, 9)): {
  now: () => { ms: number; iso: string };
  mono: () => number;
} {
  let ms = startMs;
  return {
    now: () => {
      ms += 1;
      return { ms, iso: new Date(ms).toISOString() };
    },
    mono: () => ms - startMs + 0.25,
  };
}

export function openTestLedger(path: string, options: Partial<LedgerOptions> = {}): Ledger {
  const ledger = openLedger({ path, boot: 'boot-1', ...tickingClock(), ...options });
  onTestFinished(() => {
    ledger.close();
  });
  return ledger;
}

/** A fresh ledger in its own folder. */
export const freshLedger = (options: Partial<LedgerOptions> = {}): Ledger =>
  openTestLedger(join(temporaryFolder(), 'ledger.db'), options);

export const newSessionId = (): string => randomUUID();

/** Appends facts by `ana`, timed by the ledger's clock. */
export const append = (ledger: Ledger, log: LedgerSessionLog, ...facts: readonly Fact[]) =>
  log.append(facts.map((fact) => ({ fact, actor: 'ana', at: ledger.now().iso })));

/** A started session and its writer. */
export function startSession(
  ledger: Ledger,
  {
    session = newSessionId(),
    fact = started(),
    ...options
  }: SessionLogOptions & { session?: string; fact?: Fact } = {},
): LedgerSessionLog {
  const log = openSessionLog(ledger, session, options);
  append(ledger, log, fact);
  return log;
}
