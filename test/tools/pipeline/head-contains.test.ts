import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { headContains, type HeadQuestion } from '../../../src/tools/pipeline/head-contains.ts';

let repository: string;
let bad: string;

const isolation = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'ada',
  GIT_AUTHOR_EMAIL: 'ada@shop.example',
  GIT_COMMITTER_NAME: 'ada',
  GIT_COMMITTER_EMAIL: 'ada@shop.example',
};

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', repository, ...args], { env: isolation, encoding: 'utf8' }).trim();
}

function commit(message: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(repository, name)), { recursive: true });
    writeFileSync(path.join(repository, name), text);
  }
  git('add', '--all');
  git('commit', '--quiet', '-m', message);
  return git('rev-parse', 'HEAD');
}

const ask = (more: Partial<HeadQuestion> = {}) =>
  headContains({ repository, bad, ref: 'main', remote: null, env: isolation, ...more });

/** A release that changed two files, and one commit on top of it that has nothing to do with it. */
beforeEach(() => {
  repository = mkdtempSync(path.join(tmpdir(), 'walkback-git-'));
  onTestFinished(() => rmSync(repository, { recursive: true, force: true }));
  git('init', '--quiet', '--template=', '--initial-branch=main');
  commit('Release 1.9.3', { VERSION: '1.9.3\n', 'src/price.js': 'one\ntwo\nthree\nfour\nfive\nsix\n' });
  bad = commit('Release 2.0.0', {
    VERSION: '2.0.0\n',
    'src/price.js': 'one\ntwo\nthree\nfour, with a coupon\nfive\nsix\n',
  });
  commit('Words', { 'README.md': 'Hello\n' });
});

test('a bad change that nobody took out is still there', async () => {
  expect(await ask()).toMatchObject({
    answer: 'contains',
    bad,
    why: 'still there in VERSION, src/price.js',
  });
});

test('after git revert it is gone, although the commit is still in the history', async () => {
  git('revert', '--no-edit', bad);

  expect(git('merge-base', '--is-ancestor', bad, 'main')).toBe('');
  expect(await ask()).toMatchObject({
    answer: 'free',
    why: 'it was reverted: no file has it any more',
    files: [
      { path: 'VERSION', state: 'gone' },
      { path: 'src/price.js', state: 'gone' },
    ],
  });
});

test('a revert that was itself reverted brings it back', async () => {
  git('revert', '--no-edit', bad);
  git('revert', '--no-edit', 'HEAD');

  expect(await ask()).toMatchObject({ answer: 'contains' });
});

test('a revert of one file only leaves it in the other', async () => {
  commit('Back, half of it', { VERSION: '1.9.3\n' });

  expect(await ask()).toMatchObject({ answer: 'contains', why: 'still there in src/price.js' });
});

test('a change that came as a cherry-pick under another name is found', async () => {
  git('checkout', '--quiet', '-b', 'hotfix', `${bad}^`);
  git('cherry-pick', bad);

  expect(await ask({ ref: 'hotfix' })).toMatchObject({ answer: 'contains' });
});

test('an older release that is pinned does not have it', async () => {
  git('tag', '-a', 'v1.9.3', '-m', 'v1.9.3', `${bad}^`);

  expect(await ask({ ref: 'v1.9.3' })).toMatchObject({ answer: 'free' });
});

test('where the same lines were changed again nobody can tell', async () => {
  commit('Release 2.0.1', {
    VERSION: '2.0.1\n',
    'src/price.js': 'one\ntwo\nthree\nfour, with two coupons\nfive\nsix\n',
  });

  expect(await ask()).toMatchObject({ answer: 'unknown' });
});

test('a whole release is looked for from the commit before it to its last', async () => {
  const base = git('rev-parse', `${bad}^`);
  const last = commit('Release 2.0.0, the rest', { 'src/coupon.js': 'coupon\n' });
  git('revert', '--no-edit', bad);

  expect(await ask({ bad: `${base}..${last}` })).toMatchObject({
    answer: 'contains',
    why: 'still there in README.md, src/coupon.js',
  });
  git('revert', '--no-edit', last);
  expect(await ask({ bad: `${base}..${last}` })).toMatchObject({ answer: 'contains' }); // README.md came with it
  git('revert', '--no-edit', git('log', '--format=%H', '-n', '1', '--', 'README.md'));
  expect(await ask({ bad: `${base}..${last}` })).toMatchObject({ answer: 'free' });
});

test('the branch of a remote counts, not the copy of it that is here', async () => {
  const remote = `${repository}-remote.git`;
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }));
  git('clone', '--quiet', '--bare', repository, remote);
  git('remote', 'add', 'origin', remote);
  git('fetch', '--quiet', 'origin');
  const other = `${repository}-other`;
  onTestFinished(() => rmSync(other, { recursive: true, force: true }));
  git('clone', '--quiet', remote, other);
  git('-C', other, 'revert', '--no-edit', bad);
  git('-C', other, 'push', '--quiet', 'origin', 'main');

  expect(await ask({ ref: 'origin/main' })).toMatchObject({ answer: 'contains' });
  expect(await ask({ remote: 'origin' })).toMatchObject({
    answer: 'free',
    head: git('-C', other, 'rev-parse', 'main'),
  });
  expect(await ask({ repository: remote })).toMatchObject({ answer: 'free' }); // a bare one as well
});

test.each([
  ['a commit that is not here', { bad: '0123456789abcdef0123456789abcdef01234567' }, 30],
  ['a branch that is not here', { ref: 'nothing' }, 30],
  ['a remote that is not there', { remote: '/nonexistent/shop.git' }, 30],
  ['an option in place of a commit', { bad: '--output=/tmp/x' }, 2],
] as const)('%s is no answer', async (_what, more, exitCode) => {
  await expect(ask(more)).rejects.toMatchObject({ name: 'OperatorError', exitCode });
});

test('nothing is written into the repository that is asked', async () => {
  const before = git('status', '--porcelain=v2', '--branch', '--untracked-files=all');
  const index = git('ls-files', '--stage');

  await ask();

  expect(git('status', '--porcelain=v2', '--branch', '--untracked-files=all')).toBe(before);
  expect(git('ls-files', '--stage')).toBe(index);
});
