import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { builtProgram } from './built-program.ts';

const root = path.resolve(import.meta.dirname, '../..');
const launcherSource = path.join(root, 'bin', 'walkback.cjs');

/** A Node that is too old to run the program, where the machine has one. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((file) => {
  const version = existsSync(file) ? spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout : '';
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  return version !== '' && (major < 22 || (major === 22 && minor < 15));
});

let folder = '';
let launcher = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-launcher-'));
  launcher = await builtProgram();
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(node: string, file: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(node, [file, ...args], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: folder, XDG_DATA_HOME: path.join(folder, 'data') },
  });
  return { status, stdout, stderr };
}

/** The launcher in a folder of its own, where no package can be found; with a program that would give itself away. */
function alone(name: string, isBuilt: boolean): string {
  const place = path.join(folder, name);
  mkdirSync(path.join(place, 'bin'), { recursive: true });
  const file = path.join(place, 'bin', 'walkback.cjs');
  copyFileSync(launcherSource, file);
  if (isBuilt) {
    mkdirSync(path.join(place, 'dist'));
    writeFileSync(path.join(place, 'package.json'), '{ "type": "module" }\n');
    writeFileSync(path.join(place, 'dist', 'walkback.js'), "console.log('the program ran');\n");
  }
  return file;
}

test('the launcher starts the program in its own process where Node is new enough', () => {
  const { status, stdout, stderr } = start(process.execPath, launcher, 'sessions');

  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'No sessions yet.\n', stderr: '' });
});

test('the launcher says the version that the program says', () => {
  const said = { status: 0, stdout: `${packageFile.version}\n`, stderr: '' };

  expect(start(process.execPath, launcher, '--version')).toEqual(said);
  expect(start(process.execPath, launcher, '-V')).toEqual(said);
});

test('a program that is not built says in one line how to build it', () => {
  const { status, stdout, stderr } = start(process.execPath, alone('not-built', false), '--version');

  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^walkback: the program is not built: run `npm ci` [^\n]+\n$/u);
});

test.skipIf(oldNode === undefined)('an old Node starts the runtime that came with the program', () => {
  for (const asked of ['--version', '-V']) {
    expect(start(oldNode ?? '', launcher, asked)).toEqual({
      status: 0,
      stdout: `${packageFile.version}\n`,
      stderr: '',
    });
  }
});

test.skipIf(oldNode === undefined)('the exit code passes through the launcher', () => {
  const { status, stderr } = start(oldNode ?? '', launcher, 'no-such-command');

  expect(status).toBe(2);
  expect(stderr).toContain('no-such-command');
});

test.skipIf(oldNode === undefined)(
  'an old Node without that runtime says in one line what to install',
  () => {
    const { status, stdout, stderr } = start(oldNode ?? '', alone('no-runtime', true), '--version');

    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^walkback: Node\.js 22\.15 or newer is needed and this is v[^\n]+\n$/u);
  },
);

test('the launcher asks for the Node that the package names', () => {
  const [, major, minor] = /var need = \[(\d+), (\d+)\]/u.exec(readFileSync(launcherSource, 'utf8')) ?? [];

  expect(packageFile.engines.node).toBe(`>=${major}.${minor}`);
});
