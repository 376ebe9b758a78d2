import { join } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { holdSession } from '../../ledger/hold-session.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { openSessionLog } from '../../ledger/session-log.ts';
import { compileRunbook } from '../../machine/compile.ts';
import type { Fact } from '../../machine/facts.ts';
import type { Runbook } from '../../runbook/model.ts';
import { heldPlace, heldTo, type ReviewedPlace } from '../../runbook/overlay.ts';
import { listsOfSigners } from '../../runbook/signers.ts';
import { changedFiles } from '../../session/changed-files.ts';
import { whyNotRebased } from '../../session/rebase.ts';
import { askLine } from '../starting/ask.ts';
import { attachToAgent } from '../hosting/host-session.ts';
import { openLedgerForWriting, sessionMeant } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { maskAfterwards } from '../records/mask-afterwards.ts';
import { overlaysHere, recordedOverlays } from '../trust/overlay.ts';
import { reviewOwedFor } from '../trust/review-debt.ts';
import { type CheckedReview, checkReview } from '../trust/review.ts';
import {
  pinSet,
  pinnedFolder,
  readStartFile,
  sessionFolder,
  writeStartFile,
} from '../starting/session-folder.ts';
import { showChanges } from '../trust/show-changes.ts';
import type { Surroundings } from '../surroundings.ts';

export interface RebaseFlags {
  readonly reason: string;
  readonly breakGlass?: true;
  readonly second?: string;
  readonly yes?: true;
}

/** How long the session's own process is given to let go of it. */
const letGoMs = 30_000;

/**
 * `walkback rebase`: a session goes on with the runbook as it lies now. What changed is shown; it takes a reason and what a
 * start takes: a review by somebody else, or break-glass with a second person, and then the review is owed. What is done
 * stays done: a change of what lies behind is refused.
 */
export async function rebase(
  around: Surroundings,
  given: string | undefined,
  flags: RebaseFlags,
): Promise<number> {
  if (flags.reason.trim() === '')
    throw new OperatorError('A rebase needs a reason.', ['Give it: --reason "the script’s path was wrong"']);
  const ledger = openLedgerForWriting(around);
  try {
    const session = sessionMeant(ledger, given);
    const hold = await takeOver(around, session, flags.reason);
    try {
      return await rebaseHeld(around, ledger, session, flags);
    } finally {
      hold.release();
    }
  } finally {
    ledger.close();
  }
}

async function rebaseHeld(
  around: Surroundings,
  ledger: Ledger,
  session: string,
  flags: RebaseFlags,
): Promise<number> {
  const start = readStartFile(around, session);
  const pinned = pinnedFolder(around, session);
  const file = join(start.root, start.runbook);
  const overlays = overlaysHere(around);
  const before = heldTo(overlays, loadOrRefuse(join(pinned, start.runbook)).runbook); // what it lacks is behind us
  const after = loadOrRefuse(file, overlays).runbook;
  const changed = changedFiles(before.closure, after.closure);
  if (changed.length === 0) {
    around.warn(`walkback: ${file} is what session ${session} runs already\n`);
    return exitCode.done;
  }
  const log = openSessionLog(ledger, session);
  try {
    const facts = log.facts().map(({ fact, at }) => ({ ...fact, at }));
    const why = whyNotRebased(compileRunbook(before), compileRunbook(after), session, facts);
    if (why !== null) throw cannot(session, why);
    const review = await reviewNow(
      around,
      { before, after, pinned },
      file,
      start,
      flags,
      heldPlace(overlays, null),
    );
    around.write(`${showChanges(changed, pinned, start.root).join('\n')}\n`);
    if (!(await agreed(around, session, flags))) {
      around.warn('walkback: nothing was changed\n');
      return exitCode.refused;
    }
    const mask = await maskAfterwards(around, session);
    if (mask.warning !== null) around.warn(`walkback: ${mask.warning}\n`);
    const folder = pinSet(around, session, after, start.root);
    const { runbook: _file, ...first } = start;
    const rebased: Fact = {
      type: 'runbook.rebased',
      by: around.user,
      from: before.hash,
      to: after.hash,
      changed: changed.map((one) => ({ ...one })),
      reason: mask.text(flags.reason),
      second: flags.second ?? null,
      ...review,
      ...recordedOverlays(overlays),
    };
    const at = systemClock().now().iso;
    const owed =
      review.review === 'break_glass'
        ? reviewOwedFor(`${after.title} was changed under way, without a review`, mask.text(flags.reason), {
            by: around.user,
            owner: flags.second ?? null,
            file,
            nowIso: at,
          })
        : [];
    log.append([rebased, ...owed].map((fact) => ({ fact, actor: around.user, at })));
    writeStartFile(around, { ...first, runbook: start.runbook, pinned: folder });
    around.warn(`walkback: session ${session} goes on with it: walkback resume ${session}\n`);
    return exitCode.done;
  } finally {
    log.close();
  }
}

/**
 * What a start in the same environment would ask for, by the runbook that the session runs before all: a change cannot do
 * away with the review that it needs itself, nor name those who may give it. Who may sign is changed by a review wherever
 * the session runs: whoever drives it could sign for others otherwise.
 */
async function reviewNow(
  around: Surroundings,
  { before, after, pinned }: { readonly before: Runbook; readonly after: Runbook; readonly pinned: string },
  file: string,
  { environment: name, mode, root }: ReturnType<typeof readStartFile>,
  flags: RebaseFlags,
  nowhere: ReviewedPlace,
): Promise<CheckedReview> {
  if (mode === 'DRILL') return { review: 'not_required' };
  const whoMaySign = signingChanged(before, after);
  for (const asking of [before, after]) {
    const there = asking.environments.find(({ id }) => id === name) ?? {
      ...nowhere,
      id: name || nowhere.id,
    };
    if (!there.reviewRequired && !whoMaySign) continue;
    const place = { ...there, reviewRequired: true };
    const breakGlass =
      flags.breakGlass === true ? { reason: flags.reason, second: flags.second ?? '' } : null;
    const judged = { ...after, roles: asking.roles, review: asking.review ?? null };
    const lists = { ...asking, root: asking === before ? pinned : root };
    return checkReview(around, judged, file, place, breakGlass, lists);
  }
  return { review: 'not_required' };
}

/** Whether other people may sign by the changed runbook: another list, or other people of a role that has one. */
function signingChanged(before: Runbook, after: Runbook): boolean {
  const lists = new Set([...listsOfSigners(before), ...listsOfSigners(after)]);
  const proving = ({ roles }: Runbook): string =>
    JSON.stringify(roles.filter(({ signers }) => signers !== null));
  return (
    changedFiles(before.closure, after.closure).some(({ path }) => lists.has(path)) ||
    proving(before) !== proving(after)
  );
}

/** The session for this process alone; the one that hosts it is asked to stand down at the step's boundary. */
async function takeOver(around: Surroundings, session: string, reason: string) {
  const client = await attachToAgent(around, session);
  if (client !== null) {
    const answer = await client.send({ type: 'stop', reason: `rebase: ${reason}` });
    client.detach();
    if (!answer.ok) throw new OperatorError(answer.message, [answer.next], { exitCode: exitCode.refused });
  }
  for (let waited = 0; ; waited += 100) {
    const hold = holdSession(sessionFolder(around, session));
    if (hold !== null) return hold;
    if (client === null || waited > letGoMs)
      throw new OperatorError(
        `Session ${session} is under way in another process.`,
        ['Leave it there, or wait for the command that runs; then try again.'],
        { exitCode: exitCode.refused },
      );
    await new Promise((settle) => void setTimeout(settle, 100));
  }
}

const cannot = (session: string, why: string): OperatorError =>
  new OperatorError(
    `Session ${session} cannot go on with that runbook: ${why}.`,
    [
      'Change only what lies ahead of it, then try again.',
      'Or do this step by hand, say so in the session, and mend the runbook afterwards.',
    ],
    { exitCode: exitCode.refused },
  );

async function agreed(around: Surroundings, session: string, flags: RebaseFlags): Promise<boolean> {
  if (flags.yes === true) return true;
  if (!around.isTerminal)
    throw new OperatorError('Nobody is there to agree to these changes.', [
      `Look at them, then: walkback rebase ${session} --reason "…" --yes`,
    ]);
  return (await askLine('Go on with these changes? Type yes: '))?.trim() === 'yes';
}
