import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtProgram } from '../cli/built-program.ts';
import { graceMs } from '../tty-lib/terminal.ts';
import { endProcesses } from './processes.ts';
import type { Tmux } from './tmux.ts';
import { openTmux } from './tmux.ts';

const runbook = `walkback: 1
id: by_tmux
title: Look through tmux
service: practice
objective: 5m
maturity: draft
phases:
  - id: all
    title: All of it
    steps:
      - { id: look, title: Look at it, manual: Is anything red?, read_only: true }
      - { id: count, title: Count, run: [seq, '1', '3'], read_only: true }
      - { id: done, title: It is done, end: rolled_back }
`;

let folder = '';
let launcher = '';
let tmux: Tmux | null = null;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'walkback-tmux-'));
  for (const name of ['home', 'data', 'tmp']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  writeFileSync(path.join(folder, 'by_tmux.yaml'), runbook);
  launcher = await builtProgram();
}, 120_000);

afterEach(async () => {
  await tmux?.close();
  await endProcesses(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** Runs the runbook in a terminal of this size; its exit code is the last thing that is printed. */
async function run(columns: number, rows: number): Promise<Tmux> {
  tmux = await openTmux({
    socket: path.join(folder, 'tmux.sock'),
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: path.join(folder, 'home'),
      XDG_DATA_HOME: path.join(folder, 'data'),
      TMPDIR: path.join(folder, 'tmp'),
      LANG: 'C.UTF-8',
      SHELL: '/bin/sh',
    },
    command: `'${process.execPath}' '${launcher}' run by_tmux.yaml; echo "ended with $?"`,
    columns,
    rows,
  });
  return tmux;
}

/** Reports the manual step: the session goes to its end then. */
async function reportPass(terminal: Tmux): Promise<void> {
  await terminal.waitFor('a answer');
  await pause(graceMs);
  await terminal.press('a');
  await terminal.waitFor('> what you saw');
  await pause(graceMs); // a card that has just come up takes no keys, as for a person
  await terminal.type('nothing is red');
  await terminal.waitFor('nothing is red');
  await terminal.press('Enter');
  await terminal.waitFor('> link');
  await terminal.press('Enter');
  await terminal.waitFor('> result');
  await terminal.press('Right');
  await terminal.press('Enter');
  await terminal.waitFor('> Report this?');
  await terminal.press('y');
}

/** Leaves the closed session; answers what is left on the terminal. */
async function leave(terminal: Tmux): Promise<string> {
  await terminal.waitFor('ROLLED BACK');
  await pause(graceMs);
  await terminal.press('q');
  return (await terminal.waitFor('ended with')).join('\n');
}

test.each([
  [100, 30],
  [80, 24],
])('a session is walked to its end in tmux at %i by %i', async (columns, rows) => {
  const terminal = await run(columns, rows);
  const first = await terminal.waitFor('Is anything red?');
  expect(first.length).toBeLessThanOrEqual(rows);
  expect(Math.max(...first.map((row) => row.length))).toBeLessThanOrEqual(columns);

  await reportPass(terminal);

  const last = await leave(terminal);
  expect(last).toContain('ended with 0');
  expect(last).toContain('closed, nothing owed');
});

test('a terminal that is made smaller and larger again shows the whole frame each time', async () => {
  const terminal = await run(100, 30);
  await terminal.waitFor('? all keys');

  await terminal.resize(80, 24);
  const small = await terminal.waitFor((rows) => rows.some((row) => row.includes('[2 step]')));
  expect(small.some((row) => row.includes('a answer'))).toBe(true);
  expect(Math.max(...small.map((row) => row.length))).toBeLessThanOrEqual(80);

  await terminal.resize(100, 30);
  const large = await terminal.waitFor(
    (rows) => !rows.some((row) => row.includes('[2 step]')) && rows.some((row) => row.includes('? all keys')),
  );
  expect(large.filter((row) => row.includes('Look through tmux'))).toHaveLength(1);
  await reportPass(terminal);
  expect(await leave(terminal)).toContain('ended with 0');
});
