import { join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { checkApproval, type SignedAfterwards } from '../../session/signed-afterwards.ts';
import { signatures } from '../../actions/signatures.ts';
import { childEnvironment } from '../../actions/environment.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import { dialAgent } from '../hosting/start-agent.ts';
import { openLedgerForReading, openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { maskAfterwards } from '../records/mask-afterwards.ts';
import { appendOutside } from '../records/outside-record.ts';
import { reviewDebt } from './review-debt.ts';
import { reviewFound } from './review.ts';
import { pinnedFolder, readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** Pays the debt where the review is there now: by somebody else, over the bytes that ran. */
export async function settleReview(around: Surroundings, session: string): Promise<void> {
  const start = readStartFile(around, session);
  const pinned = pinnedFolder(around, session);
  const { runbook } = loadOrRefuse(join(pinned, start.runbook));
  const file = join(start.root, start.runbook);
  const found = await reviewFound(around, runbook, file, start.user, { ...runbook, root: pinned });
  if (!found.ok) {
    throw new OperatorError(
      `The review of session ${session} is still owed: ${found.problem}.`,
      [`Somebody else reviews what ran: walkback approve ${file}`],
      { exitCode: exitCode.refused },
    );
  }
  await recordAfterwards(around, session, {
    type: 'obligation.discharged',
    by: around.user,
    key: reviewDebt,
    how: 'proved',
    reason: 'the review is there, over the bytes that ran',
    owner: null,
    due: null,
  });
}

/** Approves an override, or makes a review, once the session is over: by somebody else's signature over what was done. */
export async function settleBySignature(
  around: Surroundings,
  session: string,
  key: string,
  principal: string,
  signature: string,
): Promise<void> {
  const refused = (message: string, next: string): OperatorError =>
    new OperatorError(message, [next], { exitCode: exitCode.refused });
  const used = signedAfterwards(around, session, key);
  if (used === null)
    throw refused(`Session ${session} knows no ${key}.`, 'List what is owed: walkback obligations');
  const start = readStartFile(around, session);
  const pinned = pinnedFolder(around, session);
  const { runbook } = loadOrRefuse(join(pinned, start.runbook));
  // by the list that the session was pinned to: the one beside the runbook may have changed for good reasons since
  const port = signatures({
    root: pinned,
    env: childEnvironment(around.env),
    pinned: runbook,
    revokedUnder: start.root,
  });
  const verdict = await checkApproval(runbook, used, { principal, signature }, port.verify);
  if ('refused' in verdict) throw refused(verdict.refused, 'Ask somebody else who may to sign it.');
  await recordAfterwards(around, session, ...verdict.facts);
}

/** An override or a review as it was recorded; null where there is none of that name, or it was signed already. */
export function signedAfterwards(
  around: Surroundings,
  session: string,
  wanted: string,
): SignedAfterwards | null {
  const ledger = openLedgerForReading(around);
  if (ledger === null) return null;
  try {
    const facts = readFacts(ledger, session).map(({ fact }) => fact);
    if (facts.some((fact) => fact.type === 'override.approved' && fact.key === wanted)) return null;
    const found = facts.flatMap((fact): readonly SignedAfterwards[] => {
      if (fact.type === 'override.used') return [fact];
      if (fact.type !== 'obligation.opened' || fact.review === undefined) return [];
      return [{ key: fact.obligation.key, ...fact.review }];
    });
    return found.find(({ key }) => key === wanted) ?? null;
  } finally {
    ledger.close();
  }
}

/** Writes to the record of a session that is over, its secrets masked; one that still writes itself is left alone. */
export async function recordAfterwards(
  around: Surroundings,
  session: string,
  ...facts: readonly Fact[]
): Promise<void> {
  await sessionIsOver(around, session);
  const mask = await maskAfterwards(around, session);
  if (mask.warning !== null) around.warn(`walkback: ${mask.warning}\n`);
  appendAfterwards(around, session, mask.facts(facts));
}

/** @throws OperatorError where the session still goes on, or its agent still holds it */
export async function sessionIsOver(around: Surroundings, session: string): Promise<void> {
  const agent = await dialAgent(around, session);
  agent?.close();
  const ledger = openLedgerForReading(around);
  const status = ledger?.session(session)?.status;
  ledger?.close();
  if (status === 'closed' || (status === 'ended' && agent === null)) return;
  throw new OperatorError(
    `Session ${session} is still under way.`,
    ['Bring it to its end first: walkback resume ' + session],
    { exitCode: exitCode.refused },
  );
}

/** The same where it is known that the session is over, and facts are masked. */
export function appendAfterwards(around: Surroundings, session: string, facts: readonly Fact[]): void {
  const ledger = openLedgerForWriting(around);
  try {
    appendOutside(ledger, session, around.user, () => facts);
  } finally {
    ledger.close();
  }
}
