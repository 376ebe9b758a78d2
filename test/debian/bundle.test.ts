import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMachine } from '../cli/walkback.ts';
import type { Machine } from '../cli/walkback.ts';

/*
 * A bundle of a real session, verified by what we did not write (`sha256sum`, `ssh-keygen`, `promtool`) and by the script
 * that is kept for people without walkback. It is not our code that is asked whether our code is right.
 */

const script = resolve(import.meta.dirname, '../../docs/verify_bundle.py');
const canary = 'canary-7d41c0ffee-42';
const runbook = `walkback: 1
id: bundled
title: Bundle what happened
service: practice
objective: 5m
maturity: draft
inputs:
  token: { type: secret, env: PRACTICE_TOKEN }
evidence: { budget: 20s, items: [{ id: threads, run: [sh, -c, 'echo a thread; env | grep TOKEN || true'] }] }
phases:
  - id: all
    title: All of it
    steps:
      - id: count
        title: Count
        run: [sh, -c, 'echo one; echo "token \${TOKEN}"; echo two']
        env: { TOKEN: "\${{ inputs.token }}" }
        read_only: true
      - { id: done, title: It is done, end: rolled_back }
`;

let machine: Machine;
let bundle = '';
let redacted = '';
let signers = '';

beforeAll(async () => {
  machine = await openMachine();
  machine.file('bundled.yaml', runbook);
  const env = { PRACTICE_TOKEN: canary };
  const terminal = machine.person(['run', 'bundled.yaml'], { env });
  expect(await terminal.exited).toBe(0);
  expect(terminal.raw()).not.toContain(canary);
  const key = join(machine.folder, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada', '-f', key]);
  signers = machine.file('signers', `ada namespaces="walkback" ${readFileSync(`${key}.pub`, 'utf8')}`);
  bundle = join(machine.folder, 'bundle');
  redacted = join(machine.folder, 'redacted');
  for (const args of [
    ['export', '--bundle', bundle, '--sign', key],
    ['export', '--bundle', redacted, '--redacted'],
  ]) {
    const ended = await machine.walkback(args);
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('events, head')]);
  }
}, 180_000);
afterAll(() => machine.remove());

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );

function verify(folder: string, ...more: readonly string[]) {
  const ended = spawnSync('python3', [script, folder, ...more], { encoding: 'utf8' });
  return { code: ended.status, text: `${ended.stdout}${ended.stderr}` };
}

test('sha256sum, ssh-keygen and the script for people without walkback find the bundle whole', () => {
  const sums = spawnSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: bundle, encoding: 'utf8' });
  expect(sums.status).toBe(0);
  expect(sums.stdout.trim().split('\n').length).toBe(filesOf(bundle).length - 2);
  const signed = spawnSync(
    'ssh-keygen',
    ['-Y', 'verify', '-f', signers, '-I', 'ada', '-n', 'walkback', '-s', 'SHA256SUMS.sig'],
    { cwd: bundle, input: readFileSync(join(bundle, 'SHA256SUMS')), encoding: 'utf8' },
  );
  expect(signed.stdout).toContain('Good "walkback" signature for ada');
  expect(verify(bundle, '--signers', signers, '--signer', 'ada')).toMatchObject({ code: 0 });
});

test('a redacted bundle holds no document, and its chain verifies all the same', () => {
  expect(filesOf(redacted).toSorted()).toEqual(['HEAD', 'README.txt', 'SHA256SUMS', 'session.jsonl']);
  expect(verify(redacted)).toMatchObject({ code: 0 });
});

test('promtool accepts the figures', () => {
  const ended = spawnSync('promtool', ['check', 'metrics'], {
    input: readFileSync(join(bundle, 'metrics.prom')),
    encoding: 'utf8',
  });
  expect([ended.status, ended.stderr]).toEqual([0, '']);
});

test('a secret is in no file of it, and nobody else may read it', () => {
  for (const name of filesOf(bundle)) {
    expect([name, readFileSync(join(bundle, name)).includes(canary)]).toEqual([name, false]);
    expect([name, statSync(join(bundle, name)).mode & 0o077]).toEqual([name, 0]);
  }
  expect(filesOf(bundle)).toContain('evidence/threads.txt');
});

test('what is edited, cut, added or taken away afterwards is named', () => {
  const told: Record<string, string> = {};
  const tampered = (name: string, change: (folder: string) => void, ...more: readonly string[]): void => {
    const folder = join(machine.folder, 'tampered');
    cpSync(bundle, folder, { recursive: true });
    chmodSync(folder, 0o700);
    change(folder);
    const { code, text } = verify(folder, ...more);
    told[name] = code === 1 ? text.trim() : 'NOT SEEN';
    rmSync(folder, { recursive: true });
  };
  const chain = readFileSync(join(bundle, 'session.jsonl'), 'utf8');
  const lines = chain.trimEnd().split('\n');
  const [seq = '', hash = ''] = readFileSync(join(bundle, 'HEAD'), 'utf8').trim().split(' ');
  /** The chain changed, and the sums made to fit: the sums alone would not tell. */
  const withChain = (text: string) => (folder: string) => {
    writeFileSync(join(folder, 'session.jsonl'), text);
    const head = /"hash":"([0-9a-f]{64})"/.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1] ?? '';
    writeFileSync(join(folder, 'HEAD'), `${String(text.trimEnd().split('\n').length)} ${head}\n`);
    const names = filesOf(folder).filter((name) => !name.startsWith('SHA256SUMS'));
    const sums = execFileSync('sha256sum', ['--', ...names], { cwd: folder });
    writeFileSync(join(folder, 'SHA256SUMS'), sums);
  };
  tampered('a document', (folder) => writeFileSync(join(folder, 'post-mortem.md'), 'all went well'));
  tampered('a file more', (folder) => writeFileSync(join(folder, 'more.txt'), ''));
  tampered('a file less', (folder) => rmSync(join(folder, 'events.csv')));
  tampered('an edited row', withChain(chain.replace('"title":"Count"', '"title":"Coumt"')));
  tampered('a row less', withChain(lines.toSpliced(3, 1).join('\n')));
  tampered('two rows swapped', withChain(lines.toSpliced(3, 2, lines[4] ?? '', lines[3] ?? '').join('\n')));
  tampered('the end cut off', withChain(lines.slice(0, -2).join('\n')), '--head', `${seq} ${hash}`);
  tampered(
    'sums made anew',
    withChain(lines.slice(0, -2).join('\n')),
    '--signers',
    signers,
    '--signer',
    'ada',
  );

  expect(told).toEqual({
    'a document': expect.stringContaining('post-mortem.md was changed'),
    'a file more': expect.stringContaining('more.txt is not in SHA256SUMS'),
    'a file less': expect.stringContaining('events.csv is missing'),
    'an edited row': expect.stringMatching(/row \d+(?: is not what its hash was made from|: the value)/),
    'a row less': expect.stringContaining('row 4 is missing'),
    'two rows swapped': expect.stringContaining('row 4 is missing, or out of order'),
    'the end cut off': expect.stringContaining('are cut off'),
    'sums made anew': expect.stringContaining('the signature over SHA256SUMS is not valid'),
  });
});
