import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, relative } from 'node:path';
import { childEnvironment } from '../../actions/environment.ts';
import { runbookFiles } from '../../actions/runbook-files.ts';
import { OperatorError } from '../../errors.ts';
import type { Runbook } from '../../runbook/model.ts';
import { type Git, gitIn } from '../../tools/pipeline/git.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';

/** A review by the commits that brought the files in, or why there is none. */
export type CommitReview =
  | { readonly ok: true; readonly commit: string; readonly reviewers: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** A name and an address, as git has them: `Ada <ada@example.org>`. */
export interface Person {
  readonly name: string;
  readonly mail: string;
}

interface Commit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly authors: readonly Person[];
  readonly reviewers: readonly Person[];
}

const none = (problem: string): Extract<CommitReview, { ok: false }> => ({ ok: false, problem });

/**
 * Whether every file of the closed set is what is committed, byte for byte, and the commit that brought each one in names a
 * reviewer who did not write it (trailer `Reviewed-by`). Files are compared with the objects of git, so neither an index nor
 * a filter nor a time stamp has a say. Nothing that the repository configures is run.
 */
export async function reviewedCommit(
  around: Surroundings,
  root: string,
  closure: Runbook['closure'],
): Promise<CommitReview> {
  try {
    const found = await repositoryAt(around, root);
    if (!found.ok) return found;
    const { git, place } = found;
    const reviewers = new Set<string>();
    for (const file of closure) {
      const found = await reviewedFile(git, place, file);
      if (!found.ok) return found;
      for (const one of found.reviewers) reviewers.add(one);
    }
    return { ok: true, commit: place.head, reviewers: [...reviewers] };
  } catch (error) {
    if (error instanceof OperatorError) return none(error.message.replace(/\.$/, ''));
    throw error;
  }
}

/**
 * Who wrote the newest change of a closed set, as git has it. Null where git cannot tell: the files lie in no repository, or
 * are not as they were committed. Nothing that the repository configures is run.
 */
export async function newestChange(
  around: Surroundings,
  root: string,
  closure: Runbook['closure'],
): Promise<{ readonly commit: string; readonly authors: readonly Person[] } | null> {
  try {
    const found = await repositoryAt(around, root);
    if (!found.ok) return null;
    const { git, place } = found;
    const paths: string[] = [];
    for (const file of closure) {
      const committed = await committedFile(git, place, file);
      if (!committed.ok) return null;
      paths.push(committed.inTree);
    }
    const [newest] = await commitsOf(git, ['-1', '--no-merges', place.head, '--', ...paths]);
    return newest === undefined ? null : { commit: newest.id, authors: newest.authors };
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}

interface Place {
  /** The top of the repository; paths of git begin there. */
  readonly folder: string;
  /** The folder of the runbook. */
  readonly root: string;
  readonly head: string;
}

async function repositoryAt(
  around: Surroundings,
  root: string,
): Promise<
  { readonly ok: true; readonly git: Git; readonly place: Place } | Extract<CommitReview, { ok: false }>
> {
  const top = await gitIn(
    root,
    gitEnvironment(around),
  )(['rev-parse', '--show-toplevel', '--is-shallow-repository', 'HEAD']);
  const [folder = '', shallow = '', head = ''] = top.out.split('\n');
  if (!top.ok || head === '') return none('it lies in no git repository with a commit');
  if (shallow === 'true')
    return none('its repository is shallow, so nobody can tell which commit brought it in');
  return { ok: true, git: gitIn(folder, gitEnvironment(around)), place: { folder, root, head } };
}

async function reviewedFile(git: Git, place: Place, file: Runbook['closure'][number]): Promise<CommitReview> {
  const committed = await committedFile(git, place, file);
  if (!committed.ok) return committed;
  const brought = await lastCommit(git, place.head, committed.inTree);
  if (brought === null) return none(`no commit can be found that brought ${file.path} in`);
  return reviewOf(git, brought, committed.inTree, file.path);
}

/** Where a file lies in the tree of the commit, if it is there as it is committed, byte for byte. */
async function committedFile(
  git: Git,
  { folder, root, head }: Place,
  { path, sha256 }: Runbook['closure'][number],
): Promise<{ readonly ok: true; readonly inTree: string } | Extract<CommitReview, { ok: false }>> {
  const inTree = relative(realpathSync(folder), join(realpathSync(root), path));
  const read = runbookFiles(root).read(path);
  if (!read.ok) return none(`${path} cannot be read: ${read.detail}`);
  if (realpathSync(join(root, path)) !== join(realpathSync(root), path))
    return none(`${path} leads through a link, and git does not say who reviewed what it leads to`);
  if (runbookFiles(root).sha256(read.bytes) !== sha256)
    return none(`${path} was changed while it was looked at`);
  const committed = (await git(['rev-parse', '--verify', '--quiet', `${head}:${inTree}`])).out.trim();
  if (committed === '') return none(`${path} is not committed`);
  if (committed !== objectId(read.bytes, committed)) return none(`${path} is not as it was committed`);
  return { ok: true, inTree };
}

/** What git calls these bytes, in the hash that the repository uses. */
const objectId = (bytes: Uint8Array, like: string): string =>
  createHash(like.length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${String(bytes.length)}\0`)
    .update(bytes)
    .digest('hex');

/** A merge counts by its own trailer, or by those of every commit that it brought in for this file. */
async function reviewOf(git: Git, commit: Commit, inTree: string, path: string): Promise<CommitReview> {
  const [mainline] = commit.parents;
  const brought =
    commit.parents.length < 2 || mainline === undefined
      ? [commit]
      : await commitsOf(git, ['--no-merges', `${mainline}..${commit.id}`, '--', inTree]);
  const authors = [...commit.authors, ...brought.flatMap((one) => one.authors)];
  const at = `commit ${commit.id.slice(0, 12)}, which brought ${path} in,`;
  if (commit.reviewers.length > 0) {
    const others = commit.reviewers.filter((one) => !authors.some((author) => isSame(one, author)));
    if (others.length === 0)
      return none(`${at} was reviewed by its own author, ${inertLine(commit.reviewers[0]?.name ?? '')}`);
    return { ok: true, commit: commit.id, reviewers: others.map(said) };
  }
  const each = brought.map((one) =>
    one.reviewers.filter((who) => !one.authors.some((author) => isSame(who, author))),
  );
  if (brought.length > 0 && brought[0] !== commit && each.every((found) => found.length > 0))
    return { ok: true, commit: commit.id, reviewers: each.flat().map(said) };
  return none(`${at} has no trailer \`Reviewed-by\``);
}

/** Two spellings of one person are one person: who shares the address or the name. */
const isSame = (one: Person, other: Person): boolean =>
  one.mail.toLowerCase() === other.mail.toLowerCase() || one.name.toLowerCase() === other.name.toLowerCase();

/** Whether one who signs under these names may be somebody that git knows: by name, by address, or by what stands before its @. */
export const isSigner = (names: readonly string[], { name, mail }: Person): boolean => {
  const known = new Set([name, mail, mail.split('@', 1)[0] ?? ''].map((one) => one.toLowerCase()));
  return names.some((one) => known.has(one.toLowerCase()));
};

const said = ({ name, mail }: Person): string => inertLine(`${name} <${mail}>`);

async function lastCommit(git: Git, head: string, inTree: string): Promise<Commit | null> {
  const [found] = await commitsOf(git, ['-1', '--first-parent', head, '--', inTree]);
  return found ?? null;
}

const format = [
  '%H',
  '%P',
  '%an <%ae>',
  '%(trailers:key=Co-authored-by,valueonly,unfold,separator=%x01)',
  '%(trailers:key=Reviewed-by,valueonly,unfold,separator=%x01)',
].join('%x00');

async function commitsOf(git: Git, args: readonly string[]): Promise<readonly Commit[]> {
  const { ok, out, err } = await git(['--literal-pathspecs', 'log', `--format=${format}%x02`, ...args]);
  if (!ok) throw new OperatorError(`git cannot tell who brought it in: ${err}`, ['Look at the repository.']);
  return out
    .split('\u0002')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [id = '', parents = '', author = '', others = '', reviewers = ''] = entry.split('\0');
      return {
        id,
        parents: parents.split(' ').filter((one) => one !== ''),
        authors: peopleOf([author, ...others.split('\u0001')]),
        reviewers: peopleOf(reviewers.split('\u0001')),
      };
    });
}

/** Whoever is not written `Name <address>` is nobody in particular. */
const peopleOf = (values: readonly string[]): readonly Person[] =>
  values.flatMap((value) => {
    const [, name = '', mail = ''] = /^\s*(.+?)\s*<([^<>\s]+)>\s*$/.exec(value) ?? [];
    return mail === '' ? [] : [{ name, mail }];
  });

/** Where the repository lies says the folder, nothing else; what its configuration would start is not started. */
function gitEnvironment(around: Surroundings): Readonly<Record<string, string>> {
  const settings = [
    ['core.fsmonitor', 'false'],
    ['log.showSignature', 'false'],
    ['log.mailmap', 'false'],
    ['protocol.allow', 'never'],
    ['core.pager', 'cat'],
  ] as const;
  return {
    ...childEnvironment(around.env),
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${String(index)}`, key],
        [`GIT_CONFIG_VALUE_${String(index)}`, value],
      ]),
    ),
  };
}
