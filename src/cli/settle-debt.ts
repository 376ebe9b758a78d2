import { join } from 'node:path';
import { systemClock } from '../actions/clock.ts';
import { OperatorError, exitCode } from '../errors.ts';
import { openSessionLog } from '../ledger/session-log.ts';
import type { FactOf } from '../machine/facts.ts';
import { dialAgent } from './agent-process.ts';
import { openLedgerForWriting } from './ledger.ts';
import { loadOrRefuse } from './load.ts';
import { reviewDebt } from './review-debt.ts';
import { reviewProblem } from './review.ts';
import { pinnedFolder, readStartFile } from './session-folder.ts';
import type { Surroundings } from './surroundings.ts';

/** Pays the debt where the review is there now: by somebody else, over the bytes that ran. */
export async function settleReview(around: Surroundings, session: string): Promise<void> {
  const start = readStartFile(around, session);
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), start.runbook));
  const file = join(start.root, start.runbook);
  const problem = await reviewProblem(around, runbook, file, start.user);
  if (problem !== null) {
    throw new OperatorError(
      `The review of session ${session} is still owed: ${problem}.`,
      [`Somebody else reviews what ran: walkback approve ${file}`],
      { exitCode: exitCode.refused },
    );
  }
  await recordDischarge(around, session, {
    type: 'obligation.discharged',
    by: around.user,
    key: reviewDebt,
    how: 'proved',
    reason: 'the review is there, over the bytes that ran',
    owner: null,
    due: null,
  });
}

/** Writes about a debt that its session no longer holds in its hands; one that still writes itself is left alone. */
export async function recordDischarge(
  around: Surroundings,
  session: string,
  fact: FactOf<'obligation.discharged'>,
): Promise<void> {
  const agent = await dialAgent(around, session);
  agent?.close();
  const ledger = openLedgerForWriting(around);
  const status = ledger.session(session)?.status;
  if (status !== 'closed' && (status !== 'ended' || agent !== null)) {
    ledger.close();
    throw new OperatorError(
      `Session ${session} is still under way.`,
      ['Bring it to its end first: walkback resume ' + session],
      { exitCode: exitCode.refused },
    );
  }
  const log = openSessionLog(ledger, session);
  try {
    log.append([{ fact, actor: around.user, at: systemClock().now().iso }]);
  } finally {
    log.close();
    ledger.close();
  }
}
