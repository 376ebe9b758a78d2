import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import { asked, cannotTell, gitIn, type Git } from './git.ts';

export interface HeadQuestion {
  /** The clone, or a bare repository. */
  readonly repository: string;
  /** The bad change: a commit, or a whole release as `v1.9.3..v2.0.0`. */
  readonly bad: string;
  /** What the next deploy takes: a branch, or the tag or commit that is pinned. */
  readonly ref: string;
  /** Where that branch is read: a remote's name or address. Null reads the repository itself. */
  readonly remote: string | null;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * `present`: what the change did to this file is there. `gone`: the file is as the change found it, as far as the
 * change goes. `unclear`: neither can be said, because the same lines were changed again.
 */
export type FileState = 'present' | 'gone' | 'unclear';

export interface HeadAnswer {
  readonly answer: 'contains' | 'free' | 'unknown';
  readonly head: string;
  readonly bad: string;
  readonly why: string;
  readonly files: readonly { readonly path: string; readonly state: FileState }[];
}

/**
 * Says whether what would be deployed next still has a bad change in it. History alone cannot tell: `git revert` leaves
 * the bad commit where it was, and a cherry-pick brings the change under another name. So the change is looked for in
 * the content: file by file, is it there so that it could be taken out, or gone so that it could be put in again?
 * @throws OperatorError with exit code 30 where a commit cannot be read.
 */
export async function headContains(question: HeadQuestion): Promise<HeadAnswer> {
  const git = gitIn(question.repository, question.env);
  const [from, to] = question.bad.includes('..') ? question.bad.split('..', 2) : [null, question.bad];
  const bad = await commitOf(git, to ?? '');
  const base = from === null || from === undefined ? await parentOf(git, bad) : await commitOf(git, from);
  const head = await headOf(git, question);
  const folder = await mkdtemp(join(tmpdir(), 'walkback-head-'));
  try {
    const index = join(folder, 'index');
    const read = await git(['read-tree', head], { index });
    if (!read.ok) throw cannotTell(`The tree of ${short(head)} cannot be read`, read.err);
    const names = await asked(
      git,
      ['diff-tree', '-r', '--name-only', '--no-renames', '-z', base, bad],
      'git diff-tree',
    );
    const paths = names.split('\0').filter((path) => path !== '');
    if (paths.length === 0)
      return { answer: 'unknown', head, bad, why: `${short(bad)} changes no file`, files: [] };
    const files = [];
    for (const path of paths) files.push({ path, state: await stateOf(git, index, base, bad, path) });
    return { head, bad, files, ...verdictOf(files, await historyOf(git, base, bad, head)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type History = 'has it' | 'is older' | 'went another way';

function verdictOf(files: HeadAnswer['files'], history: History): Pick<HeadAnswer, 'answer' | 'why'> {
  const of = (state: FileState) => files.filter((file) => file.state === state).map(({ path }) => path);
  const present = of('present');
  const unclear = of('unclear');
  if (present.length > 0) return { answer: 'contains', why: `still there in ${listed(present)}` };
  if (unclear.length === 0)
    return {
      answer: 'free',
      why: history === 'has it' ? 'it was reverted: no file has it any more' : 'no file has it',
    };
  if (history === 'is older') return { answer: 'free', why: 'it is from before the change' };
  return { answer: 'unknown', why: `changed again since, so nobody can tell by itself: ${listed(unclear)}` };
}

const listed = (paths: readonly string[]): string =>
  paths.length > 5 ? `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more` : paths.join(', ');

/** Tries the change on the head's own tree, in an index of its own: backwards it fits where it is, forwards where not. */
async function stateOf(git: Git, index: string, base: string, bad: string, path: string): Promise<FileState> {
  const patch = await asked(
    git,
    [
      'diff-tree',
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      base,
      bad,
      '--',
      `:(literal)${path}`,
    ],
    'git diff-tree',
  );
  const fits = async (...way: readonly string[]) =>
    (await git(['apply', '--cached', '--check', ...way, '-'], { index, input: patch })).ok;
  if (await fits('--reverse')) return 'present';
  return (await fits()) ? 'gone' : 'unclear';
}

async function headOf(git: Git, { ref, remote }: HeadQuestion): Promise<string> {
  if (remote === null) return commitOf(git, ref);
  const listed = await asked(
    git,
    ['ls-remote', '--exit-code', '--', remote, safe(ref)],
    `${remote} does not tell its ${ref}`,
  );
  const lines = listed.split('\n').map((line) => line.split('\t'));
  // an annotated tag is followed to its commit
  const wanted = [`refs/heads/${ref}`, `refs/tags/${ref}^{}`, `refs/tags/${ref}`, ref];
  const sha = wanted.flatMap((name) => lines.filter(([, listedName]) => listedName === name))[0]?.[0];
  if (sha === undefined) throw cannotTell(`${remote} has no ${ref}`, '');
  const known = await git(['cat-file', '-e', `${sha}^{commit}`]);
  if (!known.ok)
    await asked(
      git,
      ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', remote, ref],
      `${ref} of ${remote} cannot be fetched`,
    );
  return commitOf(git, sha);
}

const commitOf = async (git: Git, name: string): Promise<string> => {
  const found = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${safe(name)}^{commit}`]);
  if (!found.ok) throw cannotTell(`There is no commit ${name} in this repository`, found.err);
  return found.out.trim();
};

async function parentOf(git: Git, bad: string): Promise<string> {
  const found = await git(['rev-parse', '--verify', '--quiet', `${bad}^1`]);
  if (!found.ok)
    throw cannotTell(
      `${short(bad)} has no parent here`,
      'it is the first commit, or the clone does not go back that far',
    );
  return found.out.trim();
}

async function historyOf(git: Git, base: string, bad: string, head: string): Promise<History> {
  const isAncestor = async (older: string, newer: string) =>
    (await git(['merge-base', '--is-ancestor', older, newer])).ok;
  if (await isAncestor(bad, head)) return 'has it';
  return (await isAncestor(head, base)) ? 'is older' : 'went another way';
}

function safe(name: string): string {
  if (!name.startsWith('-') && name !== '') return name;
  throw new OperatorError(`“${name}” is not the name of a commit.`, ['Give a branch, a tag or a commit.']);
}

export const short = (sha: string): string => sha.slice(0, 10);
