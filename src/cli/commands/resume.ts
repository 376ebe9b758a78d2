import { OperatorError, exitCode } from '../../errors.ts';
import { finishDrill, readDrillFile } from '../drills/finish-drill.ts';
import type { Hosted } from '../hosting/host-session.ts';
import { attachToAgent, hostSession } from '../hosting/host-session.ts';
import { openLedgerForReading, sessionMeant } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { readSecrets } from '../starting/secrets.ts';
import { pinnedFolder, readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import type { FrontFlags } from './run.ts';
import { attendHosted } from './run.ts';
import { join } from 'node:path';

/** `walkback resume`: attaches to the agent that hosts the session, or takes it up again where none does. */
export async function resume(
  around: Surroundings,
  given: string | undefined,
  flags: FrontFlags,
): Promise<number> {
  return attendToTheEnd(around, await takeUp(around, given), flags);
}

/** A drill that was taken up again is scored and cleared away like one that went through at once. */
async function attendToTheEnd(around: Surroundings, hosted: Hosted, flags: FrontFlags): Promise<number> {
  const session = hosted.client.view().session.id;
  const code = await attendHosted(around, hosted, flags);
  if (readDrillFile(around, session) === null) return code;
  const finished = await finishDrill(around, session);
  return finished === exitCode.done ? code : finished;
}

/** `walkback abort`: asks for the end through the undo path, then attends it: each undo is shown and confirmed. */
export async function abort(
  around: Surroundings,
  given: string,
  flags: FrontFlags & { readonly reason: string },
): Promise<number> {
  const hosted = await takeUp(around, given);
  const answer = await hosted.client.send({ type: 'abort', reason: flags.reason });
  if (!answer.ok) around.warn(`walkback: ${answer.message}\n  → ${answer.next}\n`);
  return attendToTheEnd(around, hosted, flags);
}

/**
 * Attaches to the process that hosts the session, or hosts it here where none does. Throws `OperatorError` where
 * there is no such session.
 */
export async function takeUp(around: Surroundings, given: string | undefined): Promise<Hosted> {
  const ledger = openLedgerForReading(around);
  if (ledger === null)
    throw new OperatorError('There is no ledger yet, so no session to resume.', ['Start one: walkback run']);
  const session = sessionMeant(ledger, given);
  ledger.close();
  const attached = await attachToAgent(around, session);
  if (attached !== null) return { client: attached, outlives: true, release: () => Promise.resolve() };
  const start = readStartFile(around, session);
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), start.runbook));
  const secrets = await readSecrets(around, runbook, start);
  return hostSession(around, { start, secrets, first: null, inAgent: around.isTerminal });
}
