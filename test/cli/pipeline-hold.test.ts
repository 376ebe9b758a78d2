import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStep, say } from './person.ts';
import { openMachine, until, type Machine } from './walkback.ts';

const steps = resolve(import.meta.dirname, '../../runbooks/steps');
let machine: Machine;

/** A CI worker on a bare repository: a push deploys what VERSION says there, and waits in a queue while it is paused. */
const worker = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
unset GIT_DIR
deploy() { git -C shop.git show main:VERSION > deployed && git -C shop.git rev-parse main >> history; }
case "$1" in
  pushed) if [ -e paused ]; then echo push >> queue; else deploy; fi ;;
  pause) touch paused ;;
  state) if [ -e paused ]; then echo paused; else echo running; fi ;;
  idle) test ! -e busy ;;
  cancel) rm -f busy ;;
  try) if [ -e paused ]; then echo 'the pipeline is paused'; exit 3; fi; deploy ;;
  resume) rm -f paused; if [ -e queue ]; then rm queue; deploy; fi ;;
esac
`;

const bookOf = (bad: string): string => `walkback: 1
id: hold_it
title: Hold the pipeline
service: shop
objective: 10m
maturity: production
environments: { staging: {} }
phases:
  - id: main
    title: Main
    steps:
      - id: hold
        use: steps/pause_pipeline.yaml
        with:
          pause: [./ci, pause]
          state: [./ci, state]
          idle: [./ci, idle]
          cancel: [./ci, cancel]
          try: [./ci, try]
          resume: [./ci, resume]
          head_contains_bad: [walkback, pipeline, head-contains, '${bad}', --repo=shop.git]
          wait: 1s
      - { id: work, title: Work, manual: 'Push something, and look what is deployed.', read_only: true }
      - { id: give_back, title: Resume, release: [hold] }
      - { id: done, end: rolled_back }
`;

const at = (...names: readonly string[]): string => join(machine.folder, ...names);
const deployed = (): string => readFileSync(at('deployed'), 'utf8').trim();

function git(...args: readonly string[]): string {
  const who = (name: string) => ({ [`GIT_${name}_NAME`]: 'ada', [`GIT_${name}_EMAIL`]: 'ada@shop.example' });
  return execFileSync('git', ['-C', at('clone'), ...args], {
    env: { ...machine.env, GIT_CONFIG_GLOBAL: '/dev/null', ...who('AUTHOR'), ...who('COMMITTER') },
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

function push(message: string, file: string, text: string): string {
  writeFileSync(at('clone', file), text);
  git('add', '--all');
  git('commit', '--quiet', '-m', message);
  git('push', '--quiet', at('shop.git'), 'main');
  return git('rev-parse', 'HEAD');
}

beforeAll(async () => {
  machine = await openMachine();
  writeFileSync(at('ci'), worker);
  chmodSync(at('ci'), 0o755);
  mkdirSync(at('clone'));
  git('init', '--quiet', '--template=', '--initial-branch=main');
  git('init', '--quiet', '--bare', '--template=', '--initial-branch=main', at('shop.git'));
  mkdirSync(at('shop.git', 'hooks'));
  writeFileSync(at('shop.git', 'hooks', 'post-receive'), '#!/bin/sh\nexec ../ci pushed\n');
  chmodSync(at('shop.git', 'hooks', 'post-receive'), 0o755);
  mkdirSync(at('steps'));
  cpSync(join(steps, 'pause_pipeline.yaml'), at('steps', 'pause_pipeline.yaml'));
}, 180_000);
afterAll(() => machine.remove());

test(
  'R4.5: a push while paused does not deploy, a killed terminal leaves the debt, and it resumes only once the bad change is out',
  { timeout: 240_000 },
  async () => {
    push('Release 1.9.3', 'VERSION', '1.9.3\n');
    const bad = push('Release 2.0.0', 'VERSION', '2.0.0\n');
    expect(deployed()).toBe('2.0.0'); // the worker deploys
    machine.file('book.yaml', bookOf(bad));
    writeFileSync(at('busy'), ''); // a deploy is under way

    const first = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await runStep(first, 'hold_pause');
    // it does not end by itself: it is cancelled, with the name of what it is done to
    await say(first, /\(hold_cancel, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(first, /Type .*staging.* to /i, 'shop@staging');
    await first.waitFor(/hold_refused[^]*pass/, 60_000);
    await first.waitFor(/\(work, attempt 1\)/, 60_000);
    push('Words', 'README.md', 'Hello\n');
    expect(deployed()).toBe('2.0.0');
    expect(existsSync(at('queue'))).toBe(true);

    for (const { pid } of machine.processes()) process.kill(pid, 'SIGKILL');
    await until(() => machine.processes().length === 0, 'everything to be dead');
    const owed = await machine.walkback(['obligations']);
    expect(owed.stdout).toMatch(/hold_paused .* open .*The deploy pipeline is paused/);
    expect(owed.code).toBe(5);

    const second = machine.person(['resume']);
    await say(second, /\(work, attempt \d+\)[^]*report pass TEXT/, 'report pass pushed the words');
    await say(second, /\(give_back, attempt \d+\) is ready[^]*you can type: run/, 'run');
    await say(second, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await second.waitFor(/still contains [^]*go @anyway REASON/, 60_000);
    expect(existsSync(at('paused'))).toBe(true);

    git('revert', '--no-edit', bad);
    git('push', '--quiet', at('shop.git'), 'main');
    expect(deployed()).toBe('2.0.0');
    await say(second, 'go @anyway REASON', 'retry');
    await runStep(second, 'give_back');
    expect(await second.exited).toBe(0);
    expect(existsSync(at('queue'))).toBe(false);
    expect(deployed()).toBe('1.9.3');
    expect(readFileSync(at('history'), 'utf8').trim().split('\n').at(-1)).toBe(git('rev-parse', 'HEAD'));
  },
);
