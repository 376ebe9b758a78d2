import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import type { ObligationRow } from '../../ledger/read-rows.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { Intent } from '../../session/intents.ts';
import { provingRoles, type SignedAfterwards } from '../../session/signed-afterwards.ts';
import { inertLine } from '../inert-line.ts';
import { loadOrRefuse } from '../load.ts';
import { pinnedFolder, readStartFile } from '../starting/session-folder.ts';
import { signedAfterwards } from './settle-debt.ts';
import type { Surroundings } from '../surroundings.ts';

/**
 * Refuses to settle by a word what somebody else has to sign: an override, or a review. It can be carried on, to somebody
 * else than who caused it and to no later than it is due. Where no role of the runbook lists keys nobody can sign a
 * review, and the word of another person has to do.
 */
export function refuseUnsigned(
  around: Surroundings,
  debt: ObligationRow,
  intent: Extract<Intent, { type: 'release' | 'waive' | 'carry' }>,
): void {
  const { key, session } = debt;
  const owed = signedAfterwards(around, session, key);
  if (owed === null) return;
  const refused = (message: string, ...next: readonly [string, ...string[]]): OperatorError =>
    new OperatorError(message, next, { exitCode: exitCode.refused });
  if (intent.type === 'carry') {
    if (intent.owner.trim() === owed.by)
      throw refused(
        `${key} is carried to somebody else than ${inertLine(owed.by)}.`,
        'Name who will sign it.',
      );
    if (debt.due !== null && epochMsOf(intent.due) > epochMsOf(debt.due))
      throw refused(`${key} is due by ${debt.due} at the latest.`, 'Give that time or an earlier one.');
    return;
  }
  const start = readStartFile(around, session);
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), start.runbook));
  if (provingRoles(runbook.roles, owed.role ?? null).length > 0) {
    throw refused(
      `${key} is settled by the signature of somebody else only.`,
      `They look at what was done: walkback show ${session}`,
      `They sign it: walkback approve ${requestFile(around, session, owed)} --session ${session} --key KEY --as NAME`,
    );
  }
  if (owed.by === around.user) {
    throw refused(
      `${inertLine(owed.by)} caused it: somebody else reviews it.`,
      `They look at what was done: walkback show ${session}`,
      `Then they say so: walkback obligations --waive ${key} --session ${session} --reason "reviewed: …"`,
    );
  }
}

/** The text that is signed, as a file. */
function requestFile(around: Surroundings, session: string, { key, request }: SignedAfterwards): string {
  const folder = join(around.dataFolder, 'copies');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${session}-${key}.txt`);
  writeFileSync(file, request, { mode: 0o600 });
  return file;
}
