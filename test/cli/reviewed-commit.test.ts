import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Started } from '../../src/cli/starting/start-session.ts';
import { OperatorError } from '../../src/errors.ts';
import type { Stage } from '../runbooks/stage.ts';
import { gitIn, openStage, prepareOf } from '../runbooks/stage.ts';

/* R7.3 with real git: what is committed, who wrote it and who reviewed it decide whether it runs in production. */

const runbook = `walkback: 1
id: guarded
title: Reviewed before it runs
service: shop
owner: payments
objective: 10m
maturity: production
environments:
  production: { guard: { run: [cat, identity], expect: { equals: production } } }
review: { required_in: [production], trailer: Reviewed-by, author_may_not_review: true }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, run: [./look.sh], read_only: true }
      - { id: done, end: not_needed }
`;

const ada = { name: 'Ada', mail: 'ada@example.org' };
const grace = { name: 'Grace', mail: 'grace@example.org' };
type Person = typeof ada;

let stage: Stage;
let file = '';

beforeEach(() => {
  stage = openStage();
  const folder = join(stage.home, 'books/shop');
  mkdirSync(folder, { recursive: true });
  git('init', '-q', '-b', 'main');
  file = write('guarded.yaml', runbook);
  write('look.sh', '#!/bin/sh\ntrue\n', 0o755);
  write('identity', 'production\n');
});

afterEach(async () => {
  await stage.clear();
});

/** Writes beside the runbook, which lies in a folder of its repository. */
function write(name: string, text: string, mode = 0o644): string {
  const path = join(stage.home, 'books/shop', name);
  writeFileSync(path, text, { mode });
  return path;
}

const git = (...args: readonly string[]): string => gitIn(stage, join(stage.home, 'books'))(...args);

/** The same, as somebody. */
const gitAs = ({ name, mail }: Person, ...args: readonly string[]): string =>
  git('-c', `user.name=${name}`, '-c', `user.email=${mail}`, ...args);

function commit(author: Person, message: string, ...more: readonly string[]): void {
  git('add', '-A');
  gitAs(author, 'commit', '-q', '-m', message, ...more);
}

const reviewedBy = ({ name, mail }: Person): string => `Change it\n\nReviewed-by: ${name} <${mail}>`;

const start = (
  breakGlass: { readonly reason: string; readonly second: string } | null = null,
): Promise<Started> => prepareOf(stage.around, file, { environment: 'production', breakGlass });

const refused = async (): Promise<string> => {
  try {
    await start();
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  return 'it started';
};

test('R7.3: what somebody else reviewed, by a trailer of a real commit, runs in production and says who reviewed it', async () => {
  commit(ada, reviewedBy(grace));

  const { first } = await start();
  expect(first).toMatchObject({
    production: true,
    review: 'trusted',
    reviewed: { how: 'trailer', by: ['Grace <grace@example.org>'], commit: git('rev-parse', 'HEAD') },
  });
});

test('R7.3: a self-review is refused, under another spelling of the name or the address too', async () => {
  for (const self of [ada, { ...ada, name: 'A. Lovelace' }, { ...ada, mail: 'ADA@home.example' }]) {
    commit(ada, reviewedBy(self), '--allow-empty');
    write('look.sh', `#!/bin/sh\n: ${self.name} ${self.mail}\n`, 0o755);
    commit(ada, reviewedBy(self));
    expect(await refused()).toContain('was reviewed by its own author');
  }
  write('look.sh', '#!/bin/sh\n: pair\n', 0o755);
  commit(ada, `${reviewedBy(grace)}\nCo-authored-by: Grace <grace@example.org>`);
  expect(await refused()).toContain('was reviewed by its own author');
});

test('R7.3: what is not committed as it stands, or reviewed by nobody, may only run by break-glass', async () => {
  expect(await refused()).toContain('it lies in no git repository with a commit');
  commit(ada, 'No review');
  expect(await refused()).toContain('has no trailer `Reviewed-by`');
  write('guarded.yaml', `${runbook}# a word\n`);
  commit(ada, reviewedBy(grace));
  // the script came in by the commit before, which nobody reviewed
  expect(await refused()).toMatch(/brought look\.sh in, has no trailer/);
  write('look.sh', '#!/bin/sh\nexit 0\n', 0o755);
  expect(await refused()).toContain('look.sh is not as it was committed');
  commit(ada, reviewedBy(grace));
  await expect(start()).resolves.toBeDefined();

  write('look.sh', '#!/bin/sh\nexit 1\n', 0o755);
  git('update-index', '--assume-unchanged', 'shop/look.sh'); // git status says that all is clean
  expect(git('status', '--porcelain')).toBe('');
  expect(await refused()).toContain('look.sh is not as it was committed');

  const { first, start: started } = await start({ reason: 'checkout is down', second: 'grace' });
  expect(first).toMatchObject({ review: 'break_glass', reason: 'checkout is down (with grace)' });
  expect(started.reviewOwedBy).toBe('grace');
});

test('R7.3: a merge counts by its own trailer or by those of all that it brought in, and never by its authors', async () => {
  commit(ada, reviewedBy(grace));
  const change = (text: string, message: string): void => {
    write('look.sh', `#!/bin/sh\n: ${text}\n`, 0o755);
    commit(ada, message);
  };
  const merge = (message: string): void =>
    void gitAs(grace, 'merge', '-q', '--no-ff', '-m', message, 'topic');
  git('checkout', '-q', '-b', 'topic');
  change('one', 'Nobody looked');
  git('checkout', '-q', 'main');
  merge('Merge it');
  expect(await refused()).toContain('has no trailer `Reviewed-by`');
  git('reset', '-q', '--hard', 'HEAD^1');
  merge(reviewedBy(ada));
  expect(await refused()).toContain('was reviewed by its own author');
  git('reset', '-q', '--hard', 'HEAD^1');
  merge(reviewedBy({ name: 'Lin', mail: 'lin@example.org' }));
  expect((await start()).first.reviewed?.by).toContain('Lin <lin@example.org>');
  git('checkout', '-q', 'topic');
  change('two', reviewedBy(grace));
  git('checkout', '-q', 'main');
  git('reset', '-q', '--hard', 'HEAD^1');
  merge('Merge it');
  expect(await refused()).toContain('has no trailer `Reviewed-by`'); // one of the two commits has none
});

test('a file that is a link, a shallow clone, and what the repository would start are no way around it', async () => {
  commit(ada, reviewedBy(grace));
  const trap = join(stage.folder, 'started');
  const program = write('trap.sh', `#!/bin/sh\ntouch ${trap}\n`, 0o755);
  for (const key of ['core.fsmonitor', 'core.pager', 'gpg.program', 'core.sshCommand', 'diff.external'])
    git('config', key, program);
  git('config', 'log.showSignature', 'true');
  await expect(start()).resolves.toBeDefined();
  expect(() => execFileSync('test', ['-e', trap])).toThrow('Command failed');

  rmSync(join(stage.home, 'books/shop/look.sh'));
  write('other.sh', '#!/bin/sh\ntrue\n', 0o755);
  symlinkSync('other.sh', join(stage.home, 'books/shop/look.sh'));
  commit(ada, reviewedBy(grace));
  expect(await refused()).toContain('look.sh leads through a link');

  rmSync(join(stage.home, 'books/shop/look.sh'));
  write('look.sh', '#!/bin/sh\ntrue\n', 0o755);
  commit(ada, reviewedBy(grace));
  await expect(start()).resolves.toBeDefined();
  const clone = join(stage.home, 'clone');
  git('clone', '-q', '--depth', '1', `file://${join(stage.home, 'books')}`, clone);
  file = join(clone, 'shop/guarded.yaml');
  expect(await refused()).toContain('its repository is shallow');
});
