import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ansiblePlan } from '../../../src/tools/planned/ansible.ts';
import { planHash } from '../../../src/tools/planned/plan.ts';
import { diffPlan, helmPlan } from '../../../src/tools/planned/text.ts';
import { writeInfra, writeTerraform } from '../../fixtures/planned/terraform.ts';
import { walkback } from '../cli.ts';

interface Shown {
  readonly verdict: string;
  readonly hash: string;
  readonly changes: number;
  readonly destroys: readonly string[];
  readonly drift: readonly string[];
  readonly text: string;
}

function openFolder(): { readonly folder: string; readonly env: Readonly<Record<string, string>> } {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-planned-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(path.join(folder, 'bin'));
  return { folder, env: { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder } };
}

/** A program of this name that prints this. */
function writeTool(folder: string, name: string, text: string, exit = 0): void {
  writeFileSync(path.join(folder, 'said'), text);
  const file = path.join(folder, 'bin', name);
  writeFileSync(file, `#!/bin/sh\ncat '${folder}/said'\nexit ${String(exit)}\n`);
  chmodSync(file, 0o755);
}

const planIn = (folder: string) => [
  'terraform',
  `-chdir=${folder}`,
  'plan',
  '-input=false',
  '-out=back.tfplan',
];

test('a plan of Terraform is shown without its times and secrets, and checked by its hash', async () => {
  const { folder, env } = openFolder();
  writeTerraform(path.join(folder, 'bin'));
  writeInfra(
    folder,
    { web: { size: '2', password: 'old' }, db: { size: '1' } },
    { web: { size: '4', password: 'new' }, db: { size: '1' } },
  );

  const first = (await walkback(env, 'planned', 'show', '--json', '--', ...planIn(folder))).json() as Shown;
  const again = await walkback(env, 'planned', 'check', '--hash', first.hash, '--', ...planIn(folder));

  expect(first).toMatchObject({ changes: 1, destroys: [], drift: [] });
  expect(first.text).toContain('update web');
  expect(first.text).toContain('size: "4" → "2"');
  expect(first.text).not.toContain('old');
  expect(again.code).toBe(0);

  writeInfra(folder, { web: { size: '3', password: 'old' } }, { web: { size: '4', password: 'new' } });
  const other = await walkback(env, 'planned', 'check', '--hash', first.hash, '--', ...planIn(folder));
  expect(other.code).toBe(3);
  expect(other.out).toContain('another plan than the one that was agreed to');
});

test('what Terraform would destroy or replace is refused where that was asked for', async () => {
  const { folder, env } = openFolder();
  writeTerraform(path.join(folder, 'bin'));
  writeInfra(folder, { web: { kind: 'b' } }, { web: { kind: 'a' }, disk: { size: '9' } });

  const said = await walkback(env, 'planned', 'show', '--refuse-destroy', '--', ...planIn(folder));

  expect(said.code).toBe(3);
  expect(said.out).toMatch(/^destroys: disk$/m);
  expect(said.out).toMatch(/^destroys: web$/m);
  expect(said.out).toMatch(/^REPLACE web$/m);
});

test('what was changed beside Terraform is drift: the plan is not empty', async () => {
  const { folder, env } = openFolder();
  writeTerraform(path.join(folder, 'bin'));
  writeInfra(folder, { web: { size: '4' } }, { web: { size: '4' } }, { web: { size: '2' } });

  const said = await walkback(env, 'planned', 'empty', '--json', '--', ...planIn(folder));

  expect(said.code).toBe(3);
  expect(said.json()).toMatchObject({ changes: 0, drift: ['web'] });
});

test('an empty plan is said to be empty', async () => {
  const { folder, env } = openFolder();
  writeTerraform(path.join(folder, 'bin'));
  writeInfra(folder, { web: { size: '4' } }, { web: { size: '4' } });

  expect((await walkback(env, 'planned', 'empty', '--', ...planIn(folder))).code).toBe(0);
});

test.each([
  ['a plan that failed', ['terraform', 'plan', '-out=x'], 'Error acquiring the state lock'],
  ['a tool that is not there', ['no-such-tool'], 'not installed'],
])('%s is unknown, never empty', async (_what, argv, says) => {
  const { folder, env } = openFolder();
  writeTerraform(path.join(folder, 'bin'));
  writeInfra(folder, {}, {});
  writeFileSync(path.join(folder, 'locked'), '');
  const whole = argv[0] === 'terraform' ? planIn(folder) : argv;

  const said = await walkback(env, 'planned', 'empty', '--', ...whole);

  expect(said.code).toBe(30);
  expect(said.warned).toContain(says);
});

test.each([
  [['ansible-playbook', 'site.yml'], '--check'],
  [['ansible-playbook', 'site.yml', '--check'], '--diff'],
  [['terraform', 'apply', '-out=x'], 'plan'],
  [['terraform', 'plan'], '-out='],
  [['helm', 'upgrade', 'web'], 'diff'],
])('%s is no plan and is not run', async (argv, missing) => {
  const { folder, env } = openFolder();
  writeTool(folder, argv[0] ?? '', 'it ran');

  const said = await walkback(env, 'planned', 'show', '--', ...argv);

  expect(said.code).toBe(2);
  expect(said.warned).toContain(missing);
});

test('a hash that is none is refused before anything is run', async () => {
  const { env } = openFolder();
  expect((await walkback(env, 'planned', 'check', '--hash', 'sha256:12', '--', 'true')).code).toBe(2);
});

test('of any other command the output is the plan; lines that change each time can be left out', async () => {
  const { folder, env } = openFolder();
  writeTool(folder, 'mytool', 'at 10:01\n- web 1\n+ web 2\n');
  const argv = ['--ignore', '^at ', '--json', '--', 'mytool'];
  const first = (await walkback(env, 'planned', 'show', ...argv)).json() as Shown;
  writeTool(folder, 'mytool', 'at 10:02\n- web 1\n+ web 2\n');

  expect((await walkback(env, 'planned', 'check', '--hash', first.hash, ...argv)).code).toBe(0);
  writeTool(folder, 'mytool', 'at 10:03\n');
  expect((await walkback(env, 'planned', 'empty', ...argv)).code).toBe(0);
});

const play = (middle: string, recap: string): string =>
  `\nPLAY [web] ****\n\nTASK [Gathering Facts] ****\nok: [web2]\nok: [web1]\n\nTASK [Write the site] ****\n${middle}\nPLAY RECAP ****\n${recap}`;
const diffOn = (host: string, folder: string): string =>
  `--- before: /etc/nginx/site.conf\n+++ after: /root/.ansible/tmp/ansible-local-${folder}/tmpa/site.conf.j2\n@@ -1 +1 @@\n-listen 81;\n+listen 80;\n\nchanged: [${host}]\n`;
const recapOf = (host: string, changed: number, failed = 0): string =>
  `${host}                       : ok=2    changed=${String(changed)}    unreachable=0    failed=${String(failed)}    skipped=0    rescued=0    ignored=0   \n`;

test('a plan of Ansible is the same whichever host answered first and wherever its temporary files lie', () => {
  const one = ansiblePlan(
    play(diffOn('web1', '12a') + diffOn('web2', '12b'), recapOf('web1', 1) + recapOf('web2', 1)),
  );
  const other = ansiblePlan(
    play(diffOn('web2', '99x') + diffOn('web1', '99y'), recapOf('web2', 1) + recapOf('web1', 1)),
  );

  expect(planHash(one)).toBe(planHash(other));
  expect(one.changes).toBe(2);
  expect(one.text).toContain('web1: Write the site');
});

test('a plan of Ansible differs when one line of it does', () => {
  const one = ansiblePlan(play(diffOn('web1', '1'), recapOf('web1', 1)));
  const other = ansiblePlan(
    play(diffOn('web1', '1').replace('+listen 80', '+listen 8080'), recapOf('web1', 1)),
  );

  expect(planHash(one)).not.toBe(planHash(other));
});

test.each([
  ['no host matched', play('', '')],
  ['a host failed', play('fatal: [web1]: FAILED!\n', recapOf('web1', 0, 1))],
  ['changes that no line shows', play('', recapOf('web1', 2))],
  ['no recap', 'ERROR! the playbook could not be found'],
])('a play of Ansible with %s is no plan', (_what, output) => {
  expect(() => ansiblePlan(output)).toThrow(/No plan can be told/);
});

test('a plan of `kubectl diff` has no times, folders or counters of the server in it', () => {
  const said = (folder: string, at: string, version: string): string =>
    `diff -u -N /tmp/LIVE-${folder}/web /tmp/MERGED-${folder}/web\n--- /tmp/LIVE-${folder}/web\t2026-03-01 ${at}\n+++ /tmp/MERGED-${folder}/web\t2026-03-01 ${at}\n@@ -1,3 +1,3 @@\n   resourceVersion: "${version}"\n-  generation: ${version}\n+  generation: 9\n-  image: web:2\n+  image: web:1\n`;
  const one = diffPlan(said('11', '10:00', '5'));

  expect(planHash(one)).toBe(planHash(diffPlan(said('22', '11:30', '6'))));
  expect(one.changes).toBe(1);
  expect(diffPlan('').changes).toBe(0);
});

test('a plan of `helm diff` counts its resources and names those that go', () => {
  const plan = helmPlan(
    'shop, web, Deployment (apps) has changed:\n- image: web:2\n+ image: web:1\nshop, extra, Service (v1) has been removed:\n- kind: Service\n',
  );

  expect(plan).toMatchObject({ changes: 2, destroys: ['shop, extra, Service (v1)'] });
  expect(helmPlan('').changes).toBe(0);
});

test.each([
  ['a file on one side', 'Only in live: shop.conf\n'],
  [
    'a file that is no text',
    'diff --git a/logo.png b/logo.png\nindex 1..2 100644\nBinary files a/logo.png and b/logo.png differ\n',
  ],
  ['another mode', 'diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n'],
  ['another name', 'diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n'],
  ['an empty file', 'diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n'],
  [
    'a comment of SQL that goes',
    '--- a/x.sql\n+++ b/x.sql\n@@ -1,2 +1 @@\n select 1;\n--- was agreed on 2026-03-01\n',
  ],
])('%s is a change in the output of a diff', (_what, output) => {
  const plan = diffPlan(output);
  expect(plan.changes).toBe(1);
  expect(plan.text.trim()).not.toBe('');
  expect(planHash(plan)).not.toBe(
    planHash(diffPlan(output.replace(/live|logo|run|old|empty|agreed/, 'another'))),
  );
});
