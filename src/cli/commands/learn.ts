import { systemClock } from '../../actions/clock.ts';
import { exitCode, OperatorError } from '../../errors.ts';
import { inertJson } from '../../report/inert.ts';
import { inertLine } from '../inert-line.ts';
import { learnFrom, type Proposed } from '../learning/learn-from.ts';
import { commitToBranch, patchOf, repositoryOf } from '../learning/learning-repository.ts';
import { readRecord } from '../records/record.ts';
import { appendAfterwards, sessionIsOver } from '../trust/settle-debt.ts';
import type { Surroundings } from '../surroundings.ts';

export interface LearnFlags {
  /** A name, or true for the usual one. */
  readonly branch?: string | true;
  readonly resolves?: readonly string[];
  readonly json?: true;
}

/** `walkback learn`: what a session showed as a change of its runbook: a patch on standard output, or a branch. */
export async function learn(
  around: Surroundings,
  given: string | undefined,
  flags: LearnFlags,
  nowMs: number = systemClock().now().ms,
): Promise<number> {
  const { ledger, id: session, events } = readRecord(around, given);
  let proposed: Proposed;
  try {
    await sessionIsOver(around, session);
    proposed = learnFrom(around, ledger, session, events, { resolves: flags.resolves ?? [], nowMs });
  } finally {
    ledger.close();
  }
  const { file, before, after, runbook, changes, left, resolves, voided, coverage } = proposed;
  const repository = await repositoryOf(around, file);
  const path = repository?.path ?? runbook.file;
  const patch = await patchOf(around, path, before, after);
  let branch: string | null = null;
  let commit: string | null = null;
  if (flags.branch !== undefined) {
    if (repository === null || repository.branch === null)
      throw new OperatorError(`${file} is on no branch of a git repository.`, [
        'Take the patch instead: walkback learn without --branch',
      ]);
    branch = flags.branch === true ? `learn/${session}` : flags.branch;
    const version = runbook.version ?? 1;
    const message = [
      `${runbook.id}: version ${String(version)}, learned from session ${session}`,
      '',
      ...changes.map((one) => `- ${one}`),
      ...(resolves.length === 0 ? [] : ['', `Resolves: ${resolves.join(', ')}`]),
      '',
    ].join('\n');
    commit = await commitToBranch(around, repository, branch, { before, after, message });
    appendAfterwards(around, session, [
      {
        type: 'learn.proposed',
        by: around.user,
        runbook: { id: runbook.id, hash: runbook.hash, version },
        file: path,
        base: repository.branch,
        branch,
        commit,
        changes: [...changes],
        resolves: [...resolves],
        voided: voided.map(({ edge }) => edge),
      },
    ]);
  }
  if (flags.json === true) {
    around.write(
      `${inertJson({ schema: 'walkback.learn/1', session, file: path, version: runbook.version, changes, left, resolves, voided, coverage, branch, commit, patch }, 2)}\n`,
    );
    return exitCode.done;
  }
  const say = (text: string): void => around.warn(`walkback: ${inertLine(text)}\n`);
  for (const one of changes) say(one);
  for (const one of left) say(`not proposed: ${one}`);
  const lost = voided.filter(({ practised }) => practised > 0).length;
  say(
    `${String(voided.length)} ways on change, ${String(lost)} of them practised: coverage ${share(coverage.before)} → ${share(coverage.after)}; practise them: walkback drill ${file}`,
  );
  if (branch === null) around.write(patch);
  else
    around.write(
      `${branch} ${commit ?? ''}\n  review and merge it, then: walkback actions${resolves.length === 0 ? '' : ` (resolves ${resolves.join(', ')})`}\n`,
    );
  return exitCode.done;
}

const share = (value: number): string => `${String(Math.round(value * 100))} %`;
