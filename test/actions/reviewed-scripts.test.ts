import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reviewedScripts } from '../../src/actions/reviewed-scripts.ts';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { wrap } from '../../src/actions/where.ts';
import type { ReadyCommand } from '../../src/session/ports.ts';

let folder = '';
let root = '';

const script = '#!/bin/sh\necho reviewed "$@"\n';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'walkback-scripts-'));
  root = join(folder, 'book');
  mkdirSync(join(root, 'tools'), { recursive: true });
  for (const name of ['go.sh', 'tools/check.sh']) {
    writeFileSync(join(root, name), script);
    chmodSync(join(root, name), 0o755);
  }
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What the session is pinned to: the two scripts, and a link to one of them. */
function check(...names: readonly string[]) {
  const files = runbookFiles(root);
  const closure = names.map((path) => {
    const read = files.read(path);
    if (!read.ok) throw new Error(`${path}: ${read.detail}`);
    return { path, sha256: files.sha256(read.bytes) };
  });
  return reviewedScripts(root, { file: 'book.yaml', closure });
}

const command = (argv: readonly string[], where?: ReadyCommand['where']): ReadyCommand => ({
  argv,
  env: {},
  cwd: root,
  timeoutMs: 1000,
  readOnly: true,
  ...(where === undefined ? {} : { where }),
});

const forms: readonly (readonly [string, readonly string[]])[] = [
  ['started itself', ['./go.sh', 'down']],
  ['given to an interpreter', ['sh', 'go.sh']],
  ['named in a line of a shell', ['sh', '-c', 'set -e; ./go.sh down && true']],
  ['given as an argument', ['env', './go.sh']],
  ['given to an interpreter after its flags', ['bash', '-eu', '-o', 'pipefail', 'go.sh']],
  ['given to an interpreter behind another program', ['env', 'A=1', '/bin/sh', 'go.sh']],
  [
    'named in a line that a shell is given after its flags',
    ['bash', '-euo', 'pipefail', '-c', 'A=1 sh go.sh && true'],
  ],
];

test.each(forms)(
  'a script that is %s runs as it was reviewed, and is refused once it was edited',
  (_how, argv) => {
    const checked = check('go.sh');
    expect(checked(command(argv)).argv).toEqual(argv);

    writeFileSync(join(root, 'go.sh'), `${script}rm -rf data\n`);
    expect(() => checked(command(argv))).toThrow('go.sh was not started: it is not the file');
  },
);

test('a link that was turned to another file is refused, inside the folder and out of it', () => {
  symlinkSync('go.sh', join(root, 'current.sh'));
  const checked = check('current.sh', 'tools/check.sh');
  expect(() => checked(command(['./current.sh']))).not.toThrow();

  const turn = (target: string): void => {
    rmSync(join(root, 'current.sh'));
    symlinkSync(target, join(root, 'current.sh'));
  };
  writeFileSync(join(root, 'other.sh'), 'echo other\n');
  turn('other.sh');
  expect(() => checked(command(['./current.sh']))).toThrow('it is not the file');
  writeFileSync(join(folder, 'outside.sh'), script);
  turn(join(folder, 'outside.sh'));
  expect(() => checked(command(['./current.sh']))).toThrow('outside');
  rmSync(join(root, 'current.sh'));
  execFileSync('mkfifo', [join(root, 'current.sh')]);
  expect(() => checked(command(['./current.sh']))).toThrow('not a regular file');
});

test('a program in the folder that nobody reviewed is not started, whatever named it', () => {
  writeFileSync(join(root, 'new.sh'), script);
  const checked = check('go.sh');
  for (const argv of [['./new.sh'], ['./tools/../new.sh', 'down']])
    expect(() => checked(command(argv))).toThrow('not among the files that were reviewed');
  expect(() => checked(command(['ls', '-l']))).not.toThrow();
  expect(() => checked(command(['/usr/bin/env']))).not.toThrow();
});

test('a script on another host is compared there right before it runs, and refused there', () => {
  const checked = check('go.sh');
  const there = join(folder, 'there');
  mkdirSync(there);
  writeFileSync(join(there, 'go.sh'), script);
  chmodSync(join(there, 'go.sh'), 0o755);
  const remote = checked(command(['./go.sh', 'a b', "it's"], { kind: 'ssh', name: 'db-1' }));
  // what ssh does there: the last word of its command line goes to a shell
  const line = wrap({ kind: 'ssh', name: 'db-1' }, remote.argv, { LEVEL: 'x y' }).at(-1) ?? '';
  const run = () => spawnSync('sh', ['-c', line], { cwd: there, encoding: 'utf8' });

  expect(run()).toMatchObject({ status: 0, stdout: "reviewed a b it's\n", stderr: '' });
  writeFileSync(join(there, 'go.sh'), `${script}echo more\n`);
  expect(run()).toMatchObject({
    status: 93,
    stdout: '',
    stderr: expect.stringContaining('./go.sh was not started'),
  });
  rmSync(join(there, 'go.sh'));
  expect(run()).toMatchObject({ status: 93, stdout: '' });
  const without = spawnSync('/bin/sh', ['-c', line], {
    cwd: there,
    encoding: 'utf8',
    env: { PATH: '/nowhere' },
  });
  expect(without.status).not.toBe(0);
  expect(without.stdout).toBe('');
});

test('in a pod and in a container the same look stands before the command', () => {
  const checked = check('go.sh');
  for (const kind of ['pod', 'container'] as const) {
    const { argv } = checked(command(['./go.sh'], { kind, name: 'shop-1' }));
    expect(argv.slice(0, 2)).toEqual(['sh', '-c']);
    expect(argv.slice(-2)).toEqual(['./go.sh', './go.sh']);
    expect(checked(command(['uptime'], { kind, name: 'shop-1' })).argv).toEqual(['uptime']);
  }
});
