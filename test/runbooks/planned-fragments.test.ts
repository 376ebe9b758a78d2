import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import {
  abortingAt,
  chosen,
  expectEnd,
  openStage,
  runThrough,
  shipped,
  stepsOf,
  type Run,
  type Stage,
} from './stage.ts';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { walkback } from '../tools/cli.ts';
import { writeHelm } from '../fixtures/planned/helm.ts';
import { writeInfra, writeTerraform, type Resources } from '../fixtures/planned/terraform.ts';

/** Programs that neither Debian nor npm has are stood in for by small ones that speak the same command line. */

const slow = { timeout: 120_000 };

interface Place {
  readonly stage: Stage;
  readonly folder: string;
  readonly bin: string;
  readonly walk: (use: string, given: object, ...policies: readonly Policy[]) => Promise<Run>;
}

function openPlace(): Place {
  const base = openStage();
  onTestFinished(() => base.clear(), 60_000);
  const [folder, bin] = [path.join(base.folder, 'books'), path.join(base.folder, 'bin')];
  mkdirSync(folder);
  mkdirSync(bin);
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  const env = { ...base.around.env, PATH: `${bin}:${base.around.env['PATH'] ?? ''}` };
  const stage = { ...base, around: { ...base.around, env } };
  return {
    stage,
    folder,
    bin,
    walk: (use, given, ...policies) => {
      const text = `walkback: 1
id: planned_back
title: Back by a plan
service: web
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: it, use: steps/${use}.yaml, with: ${JSON.stringify(given)} }
      - { id: looked, title: Look at it, manual: Look at it., read_only: true }
      - { id: done, end: rolled_back }
`;
      writeFileSync(path.join(folder, 'book.yaml'), text);
      return runThrough(stage, { file: path.join(folder, 'book.yaml'), policy: firstOf(...policies) });
    },
  };
}

/** Types the beginning of the plan's hash, as somebody who made the plan themselves. */
const agreeing =
  ({ stage }: Place, argv: readonly string[]): Policy =>
  async (situation) => {
    if (situation.at !== 'step' || situation.step.place.step !== 'it_agree') return null;
    if (situation.tried('type_value') > 0) return null;
    const { place, attempt } = situation.step;
    const env = Object.fromEntries(
      Object.entries(stage.around.env).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
    const said = await walkback(env, 'planned', 'show', '--json', '--', ...argv);
    const { hash } = said.json() as { hash: string };
    return { type: 'type_value', place, attempt, value: hash.slice('sha256:'.length, 'sha256:'.length + 8) };
  };

interface Infra extends Place {
  readonly infra: string;
  readonly live: () => unknown;
  readonly back: (...policies: readonly Policy[]) => Promise<Run>;
}

/** Infrastructure in git: `code` was good, `failed` is applied; `there` is what there really is. */
function openInfra(code: Resources, failed: Resources, there: Resources = failed): Infra {
  const here = openPlace();
  const infra = path.join(here.folder, 'repo');
  mkdirSync(infra);
  writeTerraform(here.bin);
  const git = (...args: readonly string[]): string =>
    execaSync('git', ['-C', infra, '-c', 'user.name=ada', '-c', 'user.email=ada@example.net', ...args])
      .stdout;
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(infra, '.gitignore'), 'live.json\nstate.json\n*.tfplan\n');
  const commit = (resources: Resources, message: string): string => {
    writeInfra(infra, resources, there, failed);
    git('add', '.');
    git('commit', '-q', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const commits = { old: commit(code, 'release 1.9.3'), failed: '' };
  git('tag', 'v1.9.3');
  commits.failed = commit(failed, 'release 2.0.0');
  const terraform = ['terraform', `-chdir=${infra}`];
  const given = { terraform, repo: infra, tag: 'v1.9.3', commit: commits.old, deployed: commits.failed };
  const plan = [...terraform, 'plan', '-input=false', '-out=mine.tfplan'];
  return {
    ...here,
    infra,
    live: () => JSON.parse(readFileSync(path.join(infra, 'live.json'), 'utf8')) as unknown,
    back: (...policies) => here.walk('plan_and_apply_terraform', given, ...policies, agreeing(here, plan)),
  };
}

const two = { web: { size: '2' } };
const four = { web: { size: '4' } };

test(
  'R4.2: a plan of Terraform is agreed to by its hash, applied, and nothing is left after it',
  slow,
  async () => {
    const here = openInfra(two, four);

    const run = await here.back();

    expectEnd(here.stage, run, 'rolled_back');
    expect(here.live()).toEqual(two);
  },
);

test('R4.2: a plan of Terraform that changed after it was agreed to is not applied', slow, async () => {
  const here = openInfra(two, four);
  let changed = false;
  const meanwhile: Policy = (situation) => {
    if (changed || situation.at !== 'step' || situation.step.place.step !== 'it_apply') return null;
    changed = true;
    writeFileSync(path.join(here.infra, 'live.json'), JSON.stringify({ web: { size: '8' } }));
    return null;
  };

  const run = await here.back(meanwhile);

  expect(run.view.outcome).toBe('aborted');
  expect(here.live()).toEqual({ web: { size: '8' } });
});

test('R4.2: a plan that destroys something is refused before anybody can agree to it', slow, async () => {
  const here = openInfra(two, { ...four, disk: { size: '9' } });

  const run = await here.back();

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).not.toContain('it_agree');
  expect(here.live()).toEqual({ ...four, disk: { size: '9' } });
});

test('R4.2: what was changed beside Terraform is shown before the way back undoes it', slow, async () => {
  const here = openInfra(two, four, { web: { size: '6' } });

  const run = await here.back(chosen('it_what_about_it', 'overwrite', 'a test of the size'));

  expectEnd(here.stage, run, 'rolled_back');
  expect(stepsOf(run)).toContain('it_what_about_it');
  expect(here.live()).toEqual(two);
});

test('R4.2: whoever aborts after the apply gets the infrastructure before it again', slow, async () => {
  const here = openInfra(two, four);

  const run = await here.back(abortingAt('looked', 'it was not the size'));

  expect(run.view.outcome).toBe('aborted');
  expect(here.live()).toEqual(four);
});

const release = { helm: ['helm'], release: 'web', revision: '1' };

test('R4.2: a release of Helm goes back by a plan that was agreed to', slow, async () => {
  const here = openPlace();
  writeHelm(here.bin, { 1: 'web:1.9.3', 2: 'web:2.0.0' }, '2');

  const run = await here.walk(
    'rollback_helm',
    release,
    agreeing(here, ['helm', 'diff', 'rollback', 'web', '1']),
  );

  expectEnd(here.stage, run, 'rolled_back');
  expect(readFileSync(path.join(here.bin, 'helm.3'), 'utf8')).toBe('image: web:1.9.3\n');
});

test('R4.2: whoever aborts after Helm went back gets the revision before it again', slow, async () => {
  const here = openPlace();
  writeHelm(here.bin, { 1: 'web:1.9.3', 2: 'web:2.0.0' }, '2');

  const run = await here.walk(
    'rollback_helm',
    release,
    abortingAt('looked', 'the old chart is worse'),
    agreeing(here, ['helm', 'diff', 'rollback', 'web', '1']),
  );

  expect(run.view.outcome).toBe('aborted');
  expect(readFileSync(path.join(here.bin, 'helm.4'), 'utf8')).toBe('image: web:2.0.0\n');
});
