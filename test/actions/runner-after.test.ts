import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attemptFiles, readClaim, readExit, safeName } from '../../src/actions/attempts/attempt-files.ts';
import { openBootMark } from '../../src/actions/attempts/boot-mark.ts';
import { findAttempt } from '../../src/actions/attempts/find-attempt.ts';
import type { Circumstances } from '../../src/actions/attempts/find-attempt.ts';
import { bootId, isGroupAlive, markedProcesses, startOf } from '../../src/actions/attempts/process-table.ts';
import { psMarkedProcesses, psStartOf } from '../../src/actions/attempts/process-table-ps.ts';
import { sealRecord } from '../../src/actions/attempts/sealed-record.ts';
import { longTimer } from '../../src/actions/supervisor/long-timer.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import {
  collector,
  command,
  openBench,
  processesOf,
  sh,
  until,
} from '../fixtures/runner/open-test-runner.ts';
import type { Bench } from '../fixtures/runner/open-test-runner.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => bench.clear());

const ignore = (): void => {};
const around = (attempt: string, changes: Partial<Circumstances> = {}): Circumstances => ({
  files: attemptFiles(bench.folder, attempt),
  marks: { session: bench.session, attempt },
  boot: bootId(),
  afterReboot: false,
  ...changes,
});

describe('what is found after a crash', () => {
  test('an attempt that nobody claimed was not started, and can never be started afterwards', async () => {
    const runner = await bench.open();
    expect(await runner.find('step#1')).toEqual({ verdict: 'not_started' });
    expect(await runner.find('step#1')).toEqual({ verdict: 'not_started' });
    expect(await runner.run('step#1', sh('touch effect', { cwd: bench.folder }), ignore)).toMatchObject({
      ending: 'not_started',
    });
    expect(existsSync(path.join(bench.folder, 'effect'))).toBe(false);
    expect(await runner.attach('step#1', () => expect.unreachable())).toMatchObject({
      ending: 'not_started',
    });
  });

  test('after a reboot nothing is certain: neither a missing claim nor a recorded exit', async () => {
    const runner = await bench.open();
    await runner.run('step#1', sh('exit 3'), ignore);
    const later = { boot: 'another boot' };
    expect(await findAttempt(around('step#1', later))).toMatchObject({
      verdict: 'in_doubt',
      doubt: 'reboot',
      detail: expect.stringContaining('exited 3'),
    });
    const missing = around('step#2', { ...later, afterReboot: true });
    expect(await findAttempt(missing)).toMatchObject({ verdict: 'in_doubt', doubt: 'reboot' });
    // Once said, it stays said, also by a runner that was opened after the next command.
    expect(await findAttempt({ ...missing, afterReboot: false })).toMatchObject({ doubt: 'reboot' });
  });

  test('a reboot is noticed until the first command is started after it', () => {
    const folder = path.join(bench.folder, 'marks');
    expect(openBootMark(folder, 'one').afterReboot).toBe(false);
    expect(openBootMark(folder, 'one').afterReboot).toBe(false);
    const second = openBootMark(folder, 'two');
    expect(second.afterReboot).toBe(true);
    expect(openBootMark(folder, 'two').afterReboot).toBe(true);
    second.settle();
    expect(openBootMark(folder, 'two').afterReboot).toBe(false);
  });

  test.each(['', 'x', sealRecord({ by: 'supervisor' }).slice(0, -5)])(
    'a claim that was cut short (%j) leaves doubt, not a second start',
    async (text) => {
      const runner = await bench.open({ warm: false });
      const { folder, claim } = attemptFiles(bench.folder, 'step#1');
      mkdirSync(folder, { recursive: true });
      writeFileSync(claim, text);
      expect(await runner.find('step#1')).toMatchObject({ verdict: 'in_doubt', doubt: 'no_outcome' });
      expect(await runner.run('step#1', sh('exit 0'), ignore)).toMatchObject({ ending: 'lost' });
    },
  );

  test('a claim that is only just being written is waited for', async () => {
    const runner = await bench.open({ warm: false });
    const { folder, claim } = attemptFiles(bench.folder, 'step#1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(claim, '');
    const found = runner.find('step#1');
    const ruledOut = { by: 'recovery', attempt: 'step#1', boot: bootId(), verdict: 'not_started' };
    setImmediate(() => writeFileSync(claim, sealRecord(ruledOut)));
    expect(await found).toEqual({ verdict: 'not_started' });
  });

  test('an exit record with a single flipped byte is not believed', async () => {
    const runner = await bench.open();
    await runner.run('step#1', sh('exit 0'), ignore);
    await runner.close();
    const files = attemptFiles(bench.folder, 'step#1');
    await until('the supervisor is gone', () => startOf(claimant(files)) === null);
    const text = readFileSync(files.exit, 'utf8');
    writeFileSync(files.exit, text.replace('"exitCode":0', '"exitCode":1'));
    expect(readExit(files)).toBe('torn');
    expect(await findAttempt(around('step#1'))).toMatchObject({ verdict: 'in_doubt', doubt: 'no_outcome' });
  });

  test('a command is found by its marks where its number was never written', async () => {
    const runner = await bench.open();
    const ending = runner.run('step#1', command(['sleep', '2']), ignore);
    const files = attemptFiles(bench.folder, 'step#1');
    await until('it is claimed', () => existsSync(files.pid));
    process.kill(claimant(files), 'SIGKILL');
    await until('the supervisor is gone', () => startOf(claimant(files)) === null);
    writeFileSync(files.pid, 'torn');
    expect(await findAttempt(around('step#1'))).toMatchObject({ verdict: 'running', supervisor: null });
    expect(
      await findAttempt(around('step#1', { marks: { session: 'other', attempt: 'step#1' } })),
    ).toMatchObject({
      verdict: 'in_doubt',
    });
    await runner.stop('step#1');
    expect(await ending).toMatchObject({ ending: 'lost' });
  });
});

function claimant(files: ReturnType<typeof attemptFiles>): number {
  const claim = readClaim(files);
  if (claim === null || claim === 'torn' || claim.by !== 'supervisor')
    throw new Error('no supervisor claimed it');
  return claim.supervisor.pid;
}

describe('the spool and the disk', () => {
  test('a command that prints more than the spool may hold is not harmed, and its ending says what was dropped', async () => {
    const runner = await bench.open({ spoolBytes: 100_000 });
    const output = collector();
    const script = 'yes 0123456789 | head -c 500000; sleep 0.8; echo end; exit 5';
    const ending = await runner.run('step#1', sh(script), output.onOutput);
    expect(ending).toMatchObject({ ending: 'exited', exitCode: 5 });
    expect(ending.detail).toMatch(/About \d+ bytes of its output were dropped/);
    expect(output.text().endsWith('end\n')).toBe(true);
    expect(statSync(attemptFiles(bench.folder, 'step#1').out).size).toBeLessThanOrEqual(100_000);
  });

  test('a nearly full disk empties large spools too', async () => {
    const runner = await bench.open({ reserveBytes: Number.MAX_SAFE_INTEGER });
    const script = 'yes 0123456789 | head -c 3000000; sleep 0.8; exit 5';
    const ending = await runner.run('step#1', sh(script), ignore);
    expect(ending).toMatchObject({ ending: 'exited', exitCode: 5 });
    expect(ending.detail).toMatch(/About 3000000 bytes/);
  });

  test('where nothing can be claimed nothing is started, and the detail says why', async () => {
    const runner = await bench.open();
    await runner.run('step#1', sh('exit 0'), ignore);
    // A file where the attempt's folder belongs: as refused as on a full disk, and for root too.
    writeFileSync(path.join(bench.folder, 'attempts', safeName('step#2')), '');
    const ending = await runner.run('step#2', sh('touch effect', { cwd: bench.folder }), ignore);
    expect(ending).toMatchObject({ ending: 'not_started' });
    expect(ending.detail).toMatch(/EEXIST|ENOTDIR/);
    expect(existsSync(path.join(bench.folder, 'effect'))).toBe(false);
  });

  test('a supervisor that cannot be started is told, and nothing is left to chance', async () => {
    const runner = await bench.open({ supervisorEntry: '/no/such/supervisor.js' });
    const ending = await runner.run('step#1', sh('exit 0'), ignore);
    expect(ending).toMatchObject({ ending: 'not_started' });
    expect(ending.detail).toMatch(/did not start/);
    expect(await runner.find('step#1')).toEqual({ verdict: 'not_started' });
  });
});

test('a session folder deeper than a socket address allows works all the same', async () => {
  const folder = path.join(bench.folder, 'deep'.repeat(40));
  mkdirSync(folder);
  const runner = await bench.open({ folder });
  expect(await runner.run('step#1', sh('exit 4'), ignore)).toMatchObject({ ending: 'exited', exitCode: 4 });
  const socket = readSupervisor(folder)?.socket ?? '';
  expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(103);
  expect(statSync(path.dirname(socket)).mode & 0o777).toBe(0o700);
  await runner.close();
  await until('its socket is gone', () => !existsSync(socket));
});

test('a supervisor without agent and children goes away by itself, and takes its socket along', async () => {
  const runner = await bench.open();
  await runner.run('step#1', sh('exit 0'), ignore);
  const record = readSupervisor(bench.folder);
  await runner.close();
  await until('it is gone', () => startOf(record?.pid ?? 0) === null);
  expect(existsSync(record?.socket ?? '')).toBe(false);
  expect(readFileSync(path.join(bench.folder, 'supervisor.log'), 'utf8')).toBe('');
});

test('a supervisor goes away also where its folder was removed under it', async () => {
  const runner = await bench.open();
  await runner.run('step#1', sh('exit 0'), ignore);
  rmSync(bench.folder, { recursive: true });
  await runner.close();
  await until('it is gone', () => processesOf(bench.session).length === 0);
  expect(existsSync(bench.folder)).toBe(false);
});

test('a supervisor whose folder was removed while its command ran goes away when the command has ended', async () => {
  const runner = await bench.open();
  const go = `${bench.folder}.go`;
  const running = runner.run('step#1', sh(`while [ ! -e '${go}' ]; do sleep 0.02; done`), ignore);
  running.catch(ignore);
  await until('the command runs', () => existsSync(attemptFiles(bench.folder, 'step#1').pid));
  rmSync(bench.folder, { recursive: true });
  writeFileSync(go, '');
  await runner.close();
  try {
    await until('nothing of the session is left', () => processesOf(bench.session).length === 0);
  } finally {
    rmSync(go);
  }
  expect(existsSync(bench.folder)).toBe(false);
});

test('different attempts never share a folder, whatever their ids', () => {
  const ids = [
    'a',
    'A',
    'a/b',
    'a%2Fb',
    '.',
    '..',
    '',
    'a@0/2#1',
    'ä',
    'x'.repeat(300),
    'x'.repeat(301),
    '%sha256-a',
  ];
  const names = ids.map(safeName);
  expect(new Set(names).size).toBe(ids.length);
  for (const name of names) expect(name).toMatch(/^[^./][^/]{0,199}$/);
});

test('the process table read with ps agrees with the one read from /proc', async () => {
  const runner = await bench.open();
  const ending = runner.run('step#1', command(['sleep', '60']), ignore);
  const marks = { session: bench.session, attempt: 'step#1' };
  await until('it runs', () => existsSync(attemptFiles(bench.folder, 'step#1').pid));
  const pids = markedProcesses(marks).map(({ pid }) => pid);
  expect(pids).toHaveLength(1);
  expect(psMarkedProcesses(marks).map(({ pid }) => pid)).toEqual(pids);
  expect(psMarkedProcesses({ ...marks, attempt: 'step#10' })).toEqual([]);
  expect(psStartOf(pids[0] ?? 0)).toMatch(/\d{4}$/);
  expect(isGroupAlive(pids[0] ?? 0)).toBe(true);
  await runner.stop('step#1');
  await ending;
  expect(psStartOf(pids[0] ?? 0)).toBe(null);
  expect(isGroupAlive(pids[0] ?? 0)).toBe(false);
});

test('a time limit longer than a timer can hold does not fire at once', async () => {
  let fired = false;
  const stop = longTimer(2 ** 40, () => (fired = true));
  await new Promise<void>((resolve) => void longTimer(20, resolve));
  stop();
  expect(fired).toBe(false);
});
