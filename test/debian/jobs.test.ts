import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/sandbox/http.ts';
import { runStep, say } from '../cli/person.ts';
import { openMachine, until, type Machine } from '../cli/walkback.ts';
import { startAlertmanager } from './real-alertmanager.ts';

const steps = resolve(import.meta.dirname, '../../runbooks/steps');
const slow = { timeout: 240_000 };
let machine: Machine;

beforeEach(async () => {
  machine = await openMachine();
  mkdirSync(join(machine.folder, 'steps'));
}, 180_000);
afterEach(() => machine.remove());

const use = (fragment: string): void =>
  cpSync(join(steps, `${fragment}.yaml`), join(machine.folder, 'steps', `${fragment}.yaml`));

const bookOf = (step: string): string => `walkback: 1
id: quiet
title: Keep it quiet
service: shop
objective: 10m
maturity: production
environments: { staging: {} }
phases:
  - id: main
    title: Main
    steps:
      - ${step}
      - { id: work, title: Work, manual: Do the work., read_only: true }
      - { id: give_back, title: Give back, release: [quiet] }
      - { id: done, end: rolled_back }
`;

/** Root may use another user's table; anybody else has one of their own. */
const user = process.getuid?.() === 0 ? 'nobody' : String(process.env['USER']);
const whose = process.getuid?.() === 0 ? ['-u', user] : [];
const crontab = (...args: readonly string[]) =>
  spawnSync('crontab', [...whose, ...args], { encoding: 'utf8' });
const install = (table: string): void =>
  void execFileSync('crontab', [...whose, '-'], { input: table, stdio: 'pipe' });

/** What was there before the test is there after it. */
function borrowTable(): void {
  const before = crontab('-l');
  onTestFinished(() => {
    if (before.status === 0) install(before.stdout);
    else crontab('-r');
  });
}

const table = `MAILTO=""
# the nightly settlement
15 2 * * *\t/srv/shop/bin/settle  --all%with input
@daily /srv/shop/bin/clean

  */5 * * * * /usr/bin/true
`;

test('a real crontab is paused, put back byte for byte, and both may be asked for again', slow, async () => {
  borrowTable();
  install(table);
  const jobs = (...args: readonly string[]) => machine.walkback(['jobs', 'crontab', ...args, '--user', user]);

  expect(await jobs('state')).toMatchObject({ stdout: 'running\n', code: 0 });
  expect(await jobs('pause')).toMatchObject({ stdout: 'paused: 3 jobs, 0 still run\n', code: 0 });
  expect(await jobs('pause')).toMatchObject({ stdout: 'paused already: 3 jobs, 0 still run\n', code: 0 });
  expect(await jobs('state')).toMatchObject({ stdout: 'paused\n', code: 0 });
  expect(
    crontab('-l')
      .stdout.split('\n')
      .filter((line) => /^\s*[\d*@]/.test(line)),
  ).toEqual([]);
  expect(await jobs('restore')).toMatchObject({ code: 0 });
  expect(crontab('-l').stdout).toBe(table);
  expect(await jobs('restore')).toMatchObject({ stdout: 'nothing is paused\n', code: 0 });

  crontab('-r');
  expect(await jobs('pause')).toMatchObject({ code: 0 });
  expect(await jobs('restore')).toMatchObject({ code: 0 });
  expect(crontab('-l').stderr).toContain('no crontab for');
});

test(
  'an edit by hand while the table is paused stops the way back, is shown, and is settled by a choice',
  slow,
  async () => {
    borrowTable();
    install(table);
    use('pause_crontab');
    machine.file(
      'book.yaml',
      bookOf(`{ id: quiet, use: steps/pause_crontab.yaml, with: { user: ${user} } }`),
    );

    const person = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await runStep(person, 'quiet_pause');
    await say(person, /\(work, attempt 1\)[^]*report pass TEXT/, 'report pass done');
    install(`${crontab('-l').stdout}0 5 * * * /srv/shop/bin/new\n`);
    await say(person, /\(give_back, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(person, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await person.waitFor(
      /Somebody edited the table[^]*\+ 0 5 \* \* \* \/srv\/shop\/bin\/new[^]*--codify/,
      60_000,
    );
    expect(crontab('-l').stdout).toContain('#walkback| @daily');

    const settled = await machine.walkback(['jobs', 'crontab', 'restore', '--codify', '--user', user]);
    expect(settled.code).toBe(0);
    await say(person, /is failed[^]*you can type: retry/, 'retry');
    await runStep(person, 'give_back');
    expect(await person.exited).toBe(0);
    expect(crontab('-l').stdout).toBe(`${table}0 5 * * * /srv/shop/bin/new\n`);
  },
);

test(
  'a silence in a real Alertmanager survives a kill -9 as a debt, and only it is ended',
  slow,
  async () => {
    const sink = await listen(() => ({ status: 200, body: '' }));
    onTestFinished(() => sink.close());
    const alertmanager = await startAlertmanager(sink.url);
    onTestFinished(() => alertmanager.stop());
    await alertmanager.alert({ alertname: 'HighErrors', service: 'shop' });
    await alertmanager.alert({ alertname: 'HighErrors', service: 'cart' });
    const colleague = ['--url', alertmanager.url, '--owner', 'grace'];
    const add = ['silence', 'add', '--match', 'service=shop', '--for', '1h'];
    expect(await machine.walkback([...add, ...colleague])).toMatchObject({ code: 0 });
    const state = async (): Promise<readonly { readonly createdBy: string; readonly state: string }[]> => {
      const all = (await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as readonly {
        readonly createdBy: string;
        readonly status: { readonly state: string };
      }[];
      return all
        .map(({ createdBy, status }) => ({ createdBy, state: status.state }))
        .toSorted((one, other) => one.createdBy.localeCompare(other.createdBy));
    };
    const silenced = async (): Promise<readonly string[]> => {
      const alerts = (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as readonly {
        readonly labels: { readonly service: string };
        readonly status: { readonly state: string };
      }[];
      return alerts.filter(({ status }) => status.state === 'suppressed').map(({ labels }) => labels.service);
    };
    use('silence_alertmanager');
    machine.file(
      'book.yaml',
      bookOf(
        `{ id: quiet, use: steps/silence_alertmanager.yaml, with: { url: '${alertmanager.url}', match: service=shop } }`,
      ),
    );

    const first = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await runStep(first, 'quiet_silence');
    await first.waitFor(/\(work, attempt 1\)/, 60_000);
    expect(await silenced()).toEqual(['shop']);
    for (const { pid } of machine.processes()) process.kill(pid, 'SIGKILL');
    await until(() => machine.processes().length === 0, 'everything to be dead');
    expect((await machine.walkback(['obligations'])).stdout).toMatch(/quiet_silence .* open/);

    const second = machine.person(['resume']);
    await say(second, /\(work, attempt \d+\)[^]*report pass TEXT/, 'report pass done');
    await runStep(second, 'give_back');
    expect(await second.exited).toBe(0);
    expect(await state()).toEqual([
      { createdBy: 'grace', state: 'active' },
      { createdBy: expect.stringMatching(/^walkback\//), state: 'expired' },
    ]);
  },
);
