import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { walkback } from '../tools/cli.ts';
import { abortingAt, chosen, expectEnd, openStage, runThrough, shipped, stepsOf, type Run } from './stage.ts';

/** A file of settings in the language of the shell: `sh -n` is what reads it through. */

const slow = { timeout: 120_000 };
const old = 'LIMIT=10\n';
const failed = 'LIMIT=99\n';

interface Place {
  readonly live: () => string;
  readonly edit: (text: string) => void;
  readonly git: (...args: readonly string[]) => string;
  readonly commits: { readonly old: string; readonly failed: string };
  /** What was there at each reload. */
  readonly reloaded: () => string;
  /** Everything that lies beside the file. */
  readonly beside: () => readonly string[];
  readonly makeSick: () => void;
  readonly walk: (...policies: readonly Policy[]) => Promise<Run>;
  readonly ended: (run: Run) => void;
}

function openPlace(before = old): Place {
  const stage = openStage();
  onTestFinished(() => stage.clear(), 60_000);
  const at = (...names: readonly string[]): string => path.join(stage.folder, 'books', ...names);
  for (const folder of ['repo', 'etc']) mkdirSync(at(folder), { recursive: true });
  cpSync(shipped('steps'), at('steps'), { recursive: true });
  const git = (...args: readonly string[]): string =>
    execaSync('git', ['-C', at('repo'), '-c', 'user.name=ada', '-c', 'user.email=ada@example.net', ...args])
      .stdout;
  git('init', '-q', '-b', 'main');
  const commit = (text: string, message: string): string => {
    writeFileSync(at('repo', 'settings'), text);
    git('add', '.');
    git('commit', '-q', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const commits = { old: commit(before, 'release 1.9.3'), failed: '' };
  git('tag', 'v1.9.3');
  commits.failed = commit(failed, 'release 2.0.0');
  writeFileSync(at('etc', 'settings'), failed);
  writeFileSync(at('reloaded'), '');
  const given = {
    repo: at('repo'),
    file: 'settings',
    target: at('etc', 'settings'),
    deployed: commits.failed,
    tag: 'v1.9.3',
    commit: commits.old,
    syntax: ['sh', '-n'],
    reload: ['sh', '-c', `cat '${at('etc', 'settings')}' >> '${at('reloaded')}'`],
    healthy: ['test', '!', '-e', at('sick')],
    owner: 'platform',
  };
  const text = `walkback: 1
id: settings_back
title: Settings back
service: web
objective: 5m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: it, use: steps/revert_config_git.yaml, with: ${JSON.stringify(given)}, override: { healthy.check.within: 2s } }
      - { id: looked, title: Look at it, manual: Look at it., read_only: true }
      - { id: give_back, title: Give back, release: [it] }
      - { id: done, end: rolled_back }
`;
  writeFileSync(at('book.yaml'), text);
  const agreeing: Policy = async (situation) => {
    if (situation.at !== 'step' || situation.step.place.step !== 'it_agree') return null;
    if (situation.tried('type_value') > 0) return null;
    const { place, attempt } = situation.step;
    const fresh = readdirSync(at('etc')).find((name) => name.endsWith('-new')) ?? '';
    const argv = ['diff', '-u', '--label', 'now', '--label', 'then', at('etc', 'settings'), at('etc', fresh)];
    const said = await walkback({ PATH: '/usr/bin:/bin' }, 'planned', 'show', '--json', '--', ...argv);
    const { hash } = said.json() as { hash: string };
    return { type: 'type_value', place, attempt, value: hash.slice(7, 15) };
  };
  return {
    live: () => readFileSync(at('etc', 'settings'), 'utf8'),
    edit: (changed) => writeFileSync(at('etc', 'settings'), changed),
    git,
    commits,
    reloaded: () => readFileSync(at('reloaded'), 'utf8'),
    beside: () => readdirSync(at('etc')),
    makeSick: () => writeFileSync(at('sick'), ''),
    walk: (...policies) =>
      runThrough(stage, { file: at('book.yaml'), policy: firstOf(...policies, agreeing) }),
    ended: (run) => expectEnd(stage, run, 'rolled_back'),
  };
}

test(
  'R4.2: a file in git goes back by a difference that was agreed to, and nothing is left beside it',
  slow,
  async () => {
    const here = openPlace();

    const run = await here.walk();

    here.ended(run);
    expect([here.live(), here.reloaded(), here.beside()]).toEqual([old, old, ['settings']]);
  },
);

test('R4.2: a hand edit of the file is shown and recorded before it is written over', slow, async () => {
  const here = openPlace();
  here.edit(`${failed}# by hand at 2 a.m.\n`);

  const run = await here.walk(chosen('it_what_about_it', 'overwrite', 'it is in 1.9.3'));

  here.ended(run);
  const recorded = run.facts.map(({ fact }) => JSON.stringify(fact));
  expect(recorded.some((fact) => fact.includes('by hand at 2 a.m.') && fact.includes('what_about_it'))).toBe(
    true,
  );
  expect(here.live()).toBe(old);
});

test('R4.2: a text that cannot be read never takes the place of the file', slow, async () => {
  const here = openPlace('if then ;;\n');

  const run = await here.walk();

  expect(run.view.outcome).toBe('aborted');
  expect([here.live(), here.reloaded(), here.beside()]).toEqual([failed, '', ['settings']]);
  expect(stepsOf(run)).not.toContain('it_replace');
});

test('R4.2: a file that changed after the difference was agreed to is not replaced', slow, async () => {
  const here = openPlace();
  let changed = false;
  const meanwhile: Policy = (situation) => {
    if (changed || situation.at !== 'step' || situation.step.place.step !== 'it_begin') return null;
    changed = true;
    here.edit('LIMIT=50\n');
    return null;
  };

  const run = await here.walk(meanwhile);

  expect(run.view.outcome).toBe('aborted');
  expect(here.live()).toBe('LIMIT=50\n');
});

test('R4.2: a tag that was moved is caught by its commit', slow, async () => {
  const here = openPlace();
  here.git('tag', '-f', 'v1.9.3', here.commits.failed);

  const run = await here.walk();

  expect(run.view.outcome).toBe('aborted');
  expect(here.beside()).toEqual(['settings']);
});

test(
  'R4.2: where it does not work with the old file, the prior one is put back and reloaded',
  slow,
  async () => {
    const here = openPlace();
    here.makeSick();

    const run = await here.walk(abortingAt('it_what_next', 'it is worse'));

    expect(run.view.outcome).toBe('aborted');
    expect(stepsOf(run)).toContain('it_put_back');
    expect([here.live(), here.beside()]).toEqual([failed, ['settings']]);
    expect(here.reloaded().startsWith(old + failed)).toBe(true);
  },
);
