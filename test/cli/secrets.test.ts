import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStep } from './person.ts';
import { bytesOf, filesBelow, fromEnvironment, fromFile, hits, leak, leaking, secrets } from './leaking.ts';
import { openMachine } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 240_000 };
let machine: Machine;

beforeAll(async () => {
  machine = await openMachine();
  machine.file('token', `${fromFile}\n`);
  chmodSync(machine.file('leak', leak), 0o755);
  machine.file('leaking.yaml', leaking);
}, 180_000);
afterAll(() => machine.remove());

/** Command lines of everything that this machine runs now. */
const commandLines = (): Buffer =>
  Buffer.from(
    machine
      .processes()
      .map(({ command }) => command)
      .join('\n'),
  );

test(
  'secrets reach the command and nothing else: no file, no screen, no export, no command line',
  slow,
  async () => {
    const terminal = machine.person(['run', 'leaking.yaml'], { env: { FIRST_SECRET: fromEnvironment } });
    const seen: string[] = [];
    let watching = true;
    const watch = (async () => {
      while (watching) {
        seen.push(...hits(commandLines(), 'a command line'));
        await new Promise((resume) => setTimeout(resume, 50));
      }
    })();
    await runStep(terminal, 'careless');
    expect(await terminal.exited).toBe(0);
    watching = false;
    await watch;

    // the search can see: what the command got is found where the command itself put it
    const got = readFileSync(join(machine.env['HOME'] ?? '', 'got'));
    expect(got.toString().trim().split('\n')).toEqual(secrets);
    expect(hits(got, 'got')).not.toEqual([]);

    seen.push(...hits(Buffer.from(terminal.raw()), 'the terminal'));
    const data = machine.env['XDG_DATA_HOME'] ?? '';
    const files = filesBelow(data);
    expect(files).toContain(machine.ledger);
    expect(files.some((file) => file.includes('/sessions/'))).toBe(true);
    for (const file of [
      ...files,
      ...filesBelow(machine.env['XDG_RUNTIME_DIR'] ?? ''),
      ...filesBelow(machine.env['TMPDIR'] ?? ''),
    ])
      seen.push(...hits(bytesOf(file), file));
    for (const args of [
      ['export', '--format', 'md', '--names'],
      ['export', '--format', 'json'],
      ['export', '--format', 'jsonl'],
      ['export', '--format', 'jsonl', '--redacted'],
      ['show'],
      ['show', '--json'],
      ['sessions', '--json'],
    ]) {
      const { stdout, stderr } = await machine.walkback(args);
      seen.push(...hits(Buffer.from(stdout + stderr), args.join(' ')));
    }
    expect(seen).toEqual([]);

    // what was printed is there, masked, and readable otherwise
    const [row] = machine.sql('SELECT id FROM session_row') as { id: string }[];
    const { stdout } = await machine.walkback(['export', row?.id ?? '', '--format', 'md']);
    expect(stdout).toContain('«first»');
    expect(terminal.raw()).toContain('output careless#1: halves «first»');
    expect(terminal.raw()).toContain('output careless#1: all printed');
  },
);

test(
  'a secret that is missing is asked for by the name of its variable, and nothing starts',
  slow,
  async () => {
    const before = machine.sql('SELECT id FROM session_row').length;
    const { stderr, code } = await machine.walkback(['run', 'leaking.yaml']);
    expect(stderr).toContain('set FIRST_SECRET');
    expect(code).toBe(2);
    expect(machine.sql('SELECT id FROM session_row').length).toBe(before);
  },
);

test('everything that is written belongs to its user alone', slow, async () => {
  const data = join(machine.env['XDG_DATA_HOME'] ?? '', 'walkback');
  const open = execFileSync('find', [data, '-perm', '/077', '-printf', '%m %p\\n']).toString();
  expect(open).toBe('');
});
