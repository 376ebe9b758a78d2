import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { signatures } from '../actions/signatures.ts';
import { OperatorError, exitCode } from '../errors.ts';
import type { Environment, Runbook } from '../runbook/model.ts';
import { inertLine } from './inert-line.ts';
import type { Surroundings } from './surroundings.ts';

export interface BreakGlass {
  readonly reason: string;
  readonly second: string;
}

/** The text a reviewer signs: this runbook, with exactly these bytes. */
export const reviewText = (runbook: Pick<Runbook, 'id' | 'hash'>): string =>
  `walkback runbook review 1\nrunbook: ${runbook.id}\nhash: ${runbook.hash}\n`;

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
  environment: Environment,
  breakGlass: BreakGlass | null,
): Promise<'not_required' | 'trusted' | 'break_glass'> {
  if (!environment.reviewRequired) return 'not_required';
  const problem = await reviewProblem(around, runbook, file, around.user);
  if (problem === null) return 'trusted';
  if (breakGlass === null) {
    throw new OperatorError(
      `${runbook.id} may not run in ${environment.id}: ${problem}.`,
      [
        `Have somebody else review it: walkback approve ${file}`,
        `In an emergency: --break-glass "REASON" --second NAME (the review is then owed, and stays open)`,
      ],
      { exitCode: exitCode.refused },
    );
  }
  if (
    breakGlass.reason.trim() === '' ||
    breakGlass.second.trim() === '' ||
    breakGlass.second === around.user
  ) {
    throw new OperatorError(
      'Break-glass needs a reason and a second person who is not you.',
      ['Give both: --break-glass "REASON" --second NAME'],
      { exitCode: exitCode.refused },
    );
  }
  return 'break_glass';
}

/** Why the review beside a runbook does not count for somebody who runs it; null where it does. */
export async function reviewProblem(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  runBy: string,
): Promise<string | null> {
  const path = reviewFile(file);
  if (!existsSync(path)) return 'it needs a review and has none';
  const [who = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  const reviewer = who.trim();
  if (reviewer === runBy) return `its review is by ${reviewer}, who would also run it`;
  const proving = runbook.roles.filter(({ signers }) => signers !== null);
  if (proving.length === 0) return 'no role of it lists signers, so no review can be proved';
  const lists = proving
    .filter(({ anyone, users }) => anyone || users.includes(reviewer))
    .flatMap(({ signers }) => signers ?? []);
  if (lists.length === 0)
    return `its review is by ${inertLine(reviewer)}, who has no role that lists signers`;
  const port = signatures({ root: dirname(resolve(file)), env: around.env });
  const verifiedAs = (principal: string, list: string) =>
    port.verify(reviewText(runbook), rest.join('\n'), principal, list);
  for (const list of lists) {
    if (!(await verifiedAs(reviewer, list)).ok) continue;
    if (!(await verifiedAs(runBy, list)).ok) return null;
    return `its review is signed with a key of ${runBy}, who would also run it`;
  }
  return `the review in ${path} is not a valid signature of ${inertLine(reviewer)} over these bytes (the runbook may have changed since)`;
}
