import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { signatures } from '../../actions/signatures.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { FactOf } from '../../machine/facts.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { ReviewedPlace } from '../../runbook/overlay.ts';
import { inertLine } from '../inert-line.ts';
import { isSigner, newestChange, reviewedCommit } from './reviewed-commit.ts';
import type { Surroundings } from '../surroundings.ts';

export interface BreakGlass {
  readonly reason: string;
  readonly second: string;
}

/** What the first fact of a session says about the review of its runbook. */
export type CheckedReview = Pick<FactOf<'session.started'>, 'review' | 'reviewed'>;

/** The text a reviewer signs: this runbook, with exactly these bytes. */
export const reviewText = (runbook: Pick<Runbook, 'id' | 'hash'>): string =>
  `walkback runbook review 1\nrunbook: ${runbook.id}\nhash: ${runbook.hash}\n`;

/** The lists of signers that a review is held to: those that lie in `root`, as this runbook is pinned to them. */
export interface Lists extends Pick<Runbook, 'file' | 'closure'> {
  readonly root: string;
}

const listsBeside = ({ file: own, closure }: Runbook, file: string): Lists => ({
  root: dirname(resolve(file)),
  file: own,
  closure,
});

/** Where a review lies: beside the runbook. First line: who; the rest: the signature. */
export const reviewFile = (runbookFile: string): string => `${resolve(runbookFile)}.review`;

/**
 * Whether the runbook may run in the environment: where a review is required it has to be there, by somebody else,
 * over these bytes. Otherwise only break-glass: a reason, a second person, and the review is owed.
 */
export async function checkReview(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  environment: ReviewedPlace,
  breakGlass: BreakGlass | null,
  lists: Lists = listsBeside(runbook, file),
): Promise<CheckedReview> {
  if (!environment.reviewRequired) return { review: 'not_required' };
  const found = await reviewFound(around, runbook, file, around.user, lists);
  if (found.ok) return { review: 'trusted', reviewed: found.reviewed };
  if (breakGlass === null) {
    throw new OperatorError(
      `${runbook.id} may not run in ${environment.id}: ${found.problem}${askedBy(environment)}.`,
      [
        runbook.review?.byTrailer === true
          ? `Commit it with a trailer \`Reviewed-by: NAME <ADDRESS>\` of somebody else, or have it signed: walkback approve ${file}`
          : `Have somebody else review it: walkback approve ${file}`,
        `In an emergency: ${breakGlassFlags} (the review is then owed, and stays open)`,
      ],
      { exitCode: exitCode.refused },
    );
  }
  refuseWeakBreakGlass(around, breakGlass);
  return { review: 'break_glass' };
}

/** Why a session began that nobody had reviewed, as it is recorded. */
export const breakGlassReason = ({ reason, second }: BreakGlass): string => `${reason} (with ${second})`;

/** Flags that start what nobody has reviewed. */
export const breakGlassFlags = '--break-glass "REASON" --second NAME';

/** By which overlay a review is asked for, as the end of a sentence; nothing where the runbook alone asks for it. */
export const askedBy = ({ reviewAskedBy = [] }: ReviewedPlace): string =>
  reviewAskedBy.length === 0 ? '' : ` (asked for by ${reviewAskedBy.join(' and ')})`;

/** @throws OperatorError where the glass is broken without a reason, or alone */
export function refuseWeakBreakGlass(around: Surroundings, { reason, second }: BreakGlass): void {
  if (reason.trim() !== '' && second.trim() !== '' && second.trim() !== around.user) return;
  throw new OperatorError(
    'Break-glass needs a reason and a second person who is not you.',
    [`Give both: ${breakGlassFlags}`],
    { exitCode: exitCode.refused },
  );
}

/**
 * The review that counts for who runs the runbook: a signature beside it by somebody else; or, where the policy says so,
 * the trailers of the commits that brought its files in.
 */
export async function reviewFound(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  runBy: string,
  lists: Lists = listsBeside(runbook, file),
): Promise<
  | { readonly ok: true; readonly reviewed: NonNullable<CheckedReview['reviewed']> }
  | { readonly ok: false; readonly problem: string }
> {
  const bySignature = await signedReview(around, runbook, file, runBy, lists);
  if (bySignature.ok || runbook.review?.byTrailer !== true) return bySignature;
  const byCommit = await reviewedCommit(around, dirname(resolve(file)), runbook.closure);
  if (byCommit.ok) {
    const { commit, reviewers } = byCommit;
    return { ok: true, reviewed: { how: 'trailer', by: [...reviewers], commit } };
  }
  return existsSync(reviewFile(file)) ? bySignature : byCommit;
}

/** Whether the signature beside a runbook counts for somebody who runs it, or why it does not. */
async function signedReview(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  runBy: string,
  { root, ...pinned }: Lists,
): ReturnType<typeof reviewFound> {
  const none = (problem: string) => ({ ok: false, problem }) as const;
  const path = reviewFile(file);
  if (!existsSync(path)) return none('it needs a review and has none');
  const [who = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  const reviewer = who.trim();
  if (reviewer === runBy) return none(`its review is by ${reviewer}, who would also run it`);
  const proving = runbook.roles.filter(({ signers }) => signers !== null);
  if (proving.length === 0) return none('no role of it lists signers, so no review can be proved');
  const lists = proving
    .filter(({ anyone, users }) => anyone || users.includes(reviewer))
    .flatMap(({ signers }) => signers ?? []);
  if (lists.length === 0)
    return none(`its review is by ${inertLine(reviewer)}, who has no role that lists signers`);
  const port = signatures({
    root,
    env: around.env,
    pinned,
    revokedUnder: dirname(resolve(file)), // a key that is revoked counts no more, whatever is pinned
  });
  const verifiedAs = (principal: string, list: string) =>
    port.verify(reviewText(runbook), rest.join('\n'), principal, list);
  for (const list of lists) {
    const verified = await verifiedAs(reviewer, list);
    if (!verified.ok && verified.code === 'signers_changed') return none(inertLine(verified.detail));
    if (!verified.ok) continue;
    const { names = [reviewer] } = verified;
    // whatever list knows it as theirs
    for (const other of new Set(proving.flatMap(({ signers }) => signers ?? [])))
      if (names.includes(runBy) || (await verifiedAs(runBy, other)).ok)
        return none(`its review is signed with a key of ${runBy}, who would also run it`);
    const newest = await newestChange(around, dirname(resolve(file)), runbook.closure);
    if (newest?.authors.some((author) => isSigner(names, author)) === true)
      return none(
        `its review is by ${inertLine(reviewer)}, who wrote its newest change (commit ${newest.commit.slice(0, 12)})`,
      );
    return { ok: true, reviewed: { how: 'signature', by: [reviewer], commit: null } };
  }
  return none(
    `the review in ${path} is not a valid signature of ${inertLine(reviewer)} over these bytes (the runbook may have changed since)`,
  );
}
