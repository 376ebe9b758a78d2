import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import { asked, gitIn, type Git } from '../../tools/pipeline/git.ts';
import type { Surroundings } from '../surroundings.ts';

/** Where a runbook lies in git. */
export interface Repository {
  readonly git: Git;
  /** The file within it, with `/` between its parts. */
  readonly path: string;
  /** The branch that is checked out; null where none is. */
  readonly branch: string | null;
}

/** The repository of a file; null where it is in none. */
export async function repositoryOf(around: Surroundings, file: string): Promise<Repository | null> {
  const found = await gitIn(dirname(file), around.env)(['rev-parse', '--show-toplevel']);
  if (!found.ok) return null;
  const top = found.out.trim();
  const git = gitIn(top, around.env);
  const branch = await git(['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const path = relative(realpathSync(top), realpathSync(file)).replaceAll('\\', '/');
  return { git, path, branch: branch.ok ? branch.out.trim() : null };
}

/** A change as a patch that `git apply` and `patch -p1` take. */
export async function patchOf(
  around: Surroundings,
  path: string,
  before: string,
  after: string,
): Promise<string> {
  const folder = mkdtempSync(join(around.temporaryFolder, 'walkback-'));
  try {
    for (const [side, text] of [
      ['a', before],
      ['b', after],
    ] as const) {
      mkdirSync(join(folder, side, dirname(path)), { recursive: true });
      writeFileSync(join(folder, side, path), text);
    }
    const git = gitIn(folder, around.env);
    // it ends with 1 where the files differ
    const { out } = await git([
      'diff',
      '--no-index',
      '--no-prefix',
      '--no-color',
      '--no-ext-diff',
      `a/${path}`,
      `b/${path}`,
    ]);
    return out;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Commits a new text of the file to a branch of its own, on top of what is checked out; neither the working tree nor the
 * index is touched. Answers the commit.
 */
export async function commitToBranch(
  around: Surroundings,
  { git, path }: Repository,
  branch: string,
  change: { readonly before: string; readonly after: string; readonly message: string },
): Promise<string> {
  const refused = (message: string, next: string): OperatorError =>
    new OperatorError(message, [next], { exitCode: exitCode.refused });
  const head = await git(['show', `HEAD:${path}`]);
  if (!head.ok || head.out !== change.before)
    throw refused(
      `${path} is not committed as it is now.`,
      'Commit it, or take the patch: walkback learn without --branch',
    );
  if ((await git(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`])).ok)
    throw refused(`The branch ${branch} is there already.`, 'Name another one: --branch NAME');
  const folder = mkdtempSync(join(around.temporaryFolder, 'walkback-'));
  try {
    const index = join(folder, 'index');
    const failed = 'The change could not be committed';
    const one = async (args: readonly string[], more: { readonly input?: string } = {}): Promise<string> => {
      const answer = await git(args, { ...more, index });
      if (!answer.ok)
        throw refused(`${failed}: ${answer.err}`, 'Take the patch: walkback learn without --branch');
      return answer.out.trim();
    };
    const blob = await one(['hash-object', '-w', '--stdin'], { input: change.after });
    const mode =
      (await asked(git, ['ls-tree', '--full-tree', 'HEAD', path], failed)).split(' ')[0] ?? '100644';
    await one(['read-tree', 'HEAD']);
    await one(['update-index', '--cacheinfo', `${mode},${blob},${path}`]);
    const tree = await one(['write-tree']);
    const commit = await one(['commit-tree', tree, '-p', 'HEAD', '-F', '-'], { input: change.message });
    // all zeros: only where the branch is still not there
    await one(['update-ref', `refs/heads/${branch}`, commit, '0'.repeat(commit.length)]);
    return commit;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
