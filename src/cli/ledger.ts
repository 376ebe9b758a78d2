import { accessSync, constants, existsSync } from 'node:fs';
import { bootId } from '../actions/attempts/process-table.ts';
import { systemClock } from '../actions/clock.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { OlderLedger } from '../ledger/store.ts';
import { OperatorError } from '../errors.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * Opens this user's ledger. For reading it is not made where it does not exist: null then. One that an older walkback
 * wrote is brought up to date first, which leaves every recorded row as it is; where it cannot be written to, the error
 * says who can.
 */
export function openLedgerForReading(around: Surroundings): Ledger | null {
  if (!existsSync(around.ledgerPath)) return null;
  try {
    return open(around, true);
  } catch (error) {
    if (!(error instanceof OlderLedger) || !canWrite(around.ledgerPath)) throw error;
    open(around, false).close();
    around.warn(
      'walkback: the ledger of an older walkback was brought up to date; what is recorded is as it was\n',
    );
    return open(around, true);
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export const openLedgerForWriting = (around: Surroundings): Ledger => open(around, false);

function open(around: Surroundings, readOnly: boolean): Ledger {
  const clock = systemClock();
  const ledger = openLedger({
    path: around.ledgerPath,
    readOnly,
    now: clock.now,
    mono: clock.mono,
    boot: bootId(),
  });
  for (const warning of ledger.warnings()) around.warn(`walkback: ${warning}\n`);
  return ledger;
}

/** The one session a person means: a whole id, its beginning, or nothing where only one is open. */
export function sessionMeant(ledger: Ledger, given: string | undefined): string {
  const id = recordNamed(ledger, given);
  const mode = ledger.outsideMode(id);
  if (mode === null) return id;
  throw new OperatorError(
    `${id} is ${mode === 'EVALUATION' ? 'an evaluation' : `a ${mode.toLowerCase()}`}, not a session.`,
    [mode === 'PROPOSAL' ? `Start it: walkback proposals --start ${id}` : `Look at it: walkback show ${id}`],
  );
}

/** The same for any record of the ledger: also proposals, evaluations and watches. */
export function recordNamed(ledger: Ledger, given: string | undefined): string {
  if (given === undefined) {
    const open = ledger.sessions({ limit: 2, open: true });
    const [only] = open;
    if (only !== undefined && open.length === 1) return only.id;
    throw new OperatorError(
      only === undefined ? 'No session is open.' : 'More than one session is open: say which.',
      ['List them: walkback sessions'],
    );
  }
  const found = ledger.findSessions(given);
  const [only] = found;
  if (found.includes(given)) return given;
  if (only !== undefined && found.length === 1) return only;
  throw new OperatorError(
    only === undefined
      ? `No session is called ${given}.`
      : `${given} begins the names of ${found.length} sessions.`,
    ['List them: walkback sessions'],
  );
}
