import { hash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attemptFiles } from '../../src/actions/attempts/attempt-files.ts';
import { readSupervisor } from '../../src/actions/supervisor/supervisor-record.ts';
import { collector, command, openBench, sh, until } from '../fixtures/runner/open-test-runner.ts';
import type { Bench } from '../fixtures/runner/open-test-runner.ts';
import { killProcess } from '../torture-lib/kill-process.ts';

let bench: Bench;
beforeEach(() => {
  bench = openBench();
});
afterEach(async () => bench.clear());

const ignore = (): void => {};
const succeeded = { ending: 'exited', exitCode: 0, detail: '' };
const supervisorPid = (): number => readSupervisor(bench.folder)?.pid ?? 0;

describe('every ending is told apart', () => {
  test.each([
    ['an exit with 0', sh('exit 0'), { ending: 'exited', exitCode: 0, signal: null }],
    ['an exit with 7', sh('exit 7'), { ending: 'exited', exitCode: 7, signal: null }],
    [
      'an exit with 137, which is no signal',
      sh('exit 137'),
      { ending: 'exited', exitCode: 137, signal: null },
    ],
    [
      'a KILL that we did not send',
      sh('kill -9 $$'),
      { ending: 'signalled', exitCode: null, signal: 'SIGKILL' },
    ],
    [
      'a TERM that we did not send',
      sh('kill $$'),
      { ending: 'signalled', exitCode: null, signal: 'SIGTERM' },
    ],
    [
      'our timeout',
      command(['sleep', '60'], { timeoutMs: 50 }),
      { ending: 'timed_out', exitCode: null, signal: 'SIGTERM' },
    ],
    [
      'our timeout, when the command then exits with 0 by itself',
      sh("trap 'exit 0' TERM; while :; do sleep 0.01; done", { timeoutMs: 200 }),
      { ending: 'timed_out', exitCode: 0, signal: null },
    ],
    [
      'our timeout of a command that ignores TERM',
      sh("trap '' TERM; while :; do sleep 0.01; done", { timeoutMs: 50 }),
      { ending: 'timed_out', exitCode: null, signal: 'SIGKILL' },
    ],
  ])('%s', async (_title, ready, expected) => {
    const runner = await bench.open();
    expect(await runner.run('step#1', ready, ignore)).toMatchObject({ ...expected, detail: '' });
    expect(await runner.find('step#1')).toMatchObject({ verdict: 'finished', ending: expected });
  });

  test.each([
    ['a program that does not exist', command(['no-such-program']), /no program no-such-program/],
    ['a file that may not be executed', command(['/etc/passwd']), /may not be executed/],
    [
      'a working folder that does not exist',
      command(['true'], { cwd: '/no/such/folder' }),
      /folder \/no\/such\/folder/,
    ],
    [
      'a working folder that no system has',
      command(['true'], { cwd: `/${'x'.repeat(5_000)}` }),
      /The folder .xxx/,
    ],
    ['a working folder that is a file', command(['true'], { cwd: '/etc/passwd' }), /folder \/etc\/passwd/],
    [
      'an argument longer than the system takes',
      command(['true', 'x'.repeat(3_000_000)]),
      /longer than the system/,
    ],
  ])('%s is not started, and the detail says why', async (_title, ready, detail) => {
    const runner = await bench.open();
    const ending = await runner.run('step#1', ready, ignore);
    expect(ending).toMatchObject({ ending: 'not_started', exitCode: null, signal: null });
    expect(ending.detail).toMatch(detail);
    expect(await runner.find('step#1')).toMatchObject({
      verdict: 'finished',
      ending: { ending: 'not_started' },
    });
  });

  test.each([
    ['NUL in an argument', command(['echo', 'a\0b']), /Element 1 .* NUL/],
    ['half a character pair', command(['echo', '\ud800']), /Element 1 .* arrive changed/],
    ['NUL in a variable', command(['env'], { env: { A: 'a\0b' } }), /variable A .* NUL/],
    [
      'an equals sign in the name of a variable',
      command(['env'], { env: { 'A=B': 'c' } }),
      /"A=B" cannot be/,
    ],
    ['no program at all', command([]), /names no program/],
  ])('%s is refused before anything is claimed', async (_title, ready, detail) => {
    const runner = await bench.open({ warm: false });
    const ending = await runner.run('step#1', ready, ignore);
    expect(ending.ending).toBe('not_started');
    expect(ending.detail).toMatch(detail);
    expect(existsSync(attemptFiles(bench.folder, 'step#1').claim)).toBe(false);
  });

  test('a command that is stopped by us ends as stopped, with its whole group', async () => {
    const runner = await bench.open();
    const output = collector();
    const ending = runner.run('step#1', sh('echo ready; sleep 60; echo never'), output.onOutput);
    await until('it runs', () => output.text() === 'ready\n');
    await runner.stop('step#1');
    expect(await ending).toMatchObject({ ending: 'stopped', exitCode: null, signal: 'SIGTERM', detail: '' });
    expect(output.text()).toBe('ready\n');
  });

  test('a stop before the start rules the start out', async () => {
    const runner = await bench.open();
    await runner.stop('step#1');
    const output = collector();
    expect(await runner.run('step#1', sh('echo started'), output.onOutput)).toMatchObject({
      ending: 'not_started',
    });
    expect(output.text()).toBe('');
  });

  test('a command that leaves a process in the background ends when it exits, and the process is named', async () => {
    const runner = await bench.open();
    const output = collector();
    const ending = await runner.run('step#1', sh('sleep 60 & echo $!'), output.onOutput);
    const pid = Number(output.text());
    expect(ending).toMatchObject({ ending: 'exited', exitCode: 0 });
    expect(ending.detail).toBe(`It left running in the background: process ${pid}.`);
    process.kill(pid);
  });

  test('a daemon with a session of its own is named too', async () => {
    const runner = await bench.open();
    const output = collector();
    const ending = await runner.run(
      'step#1',
      sh('setsid sh -c "echo \\$\\$; exec sleep 60" & sleep 0.3'),
      output.onOutput,
    );
    const pid = Number(output.text());
    expect(ending.detail).toBe(`It left running in the background: process ${pid}.`);
    process.kill(pid);
  });
});

describe('what the command is given', () => {
  test('its arguments arrive as they are, whatever they hold', async () => {
    const runner = await bench.open();
    const output = collector();
    const argv = [
      '',
      '-n',
      '$(id)',
      '`id`',
      "it's",
      '"',
      '\\',
      '\n',
      ' ',
      '*',
      'é☃😀',
      '\u0001\u001b[2J',
      'x'.repeat(100_000),
    ];
    const ending = await runner.run(
      'step#1',
      command([
        process.execPath,
        '-e',
        'process.stdout.write(JSON.stringify(process.argv.slice(1)))',
        '--',
        ...argv,
      ]),
      output.onOutput,
    );
    expect(ending).toMatchObject(succeeded);
    expect(JSON.parse(output.text())).toEqual(argv);
  });

  test('its environment is the session’s, its own and the marks, and nothing of the supervisor', async () => {
    const runner = await bench.open({
      env: { PATH: process.env['PATH'] ?? '', KEPT: 'yes', BOTH: 'session' },
    });
    const output = collector();
    const ending = await runner.run(
      'step#1',
      command(['env'], { env: { BOTH: 'command', OWN: 'a b' } }),
      output.onOutput,
    );
    expect(ending).toMatchObject(succeeded);
    expect(output.text().trim().split('\n').toSorted()).toEqual(
      [
        'BOTH=command',
        'KEPT=yes',
        'OWN=a b',
        `PATH=${process.env['PATH'] ?? ''}`,
        'WALKBACK_ATTEMPT=step#1',
        `WALKBACK_SESSION=${bench.session}`,
      ].toSorted(),
    );
  });

  test('it has no input, no terminal, and a session and group of its own', async () => {
    const runner = await bench.open();
    const output = collector();
    const ending = await runner.run(
      'step#1',
      sh('cat; echo end; cut -d" " -f1,5,6,7 /proc/$$/stat'),
      output.onOutput,
    );
    expect(ending).toMatchObject(succeeded);
    const [end, line = ''] = output.text().split('\n');
    const [pid, group, session, terminal] = line.split(' ');
    expect([end, group, session, terminal]).toEqual(['end', pid, pid, '0']);
  });

  test('the order of its output and its errors is kept', async () => {
    const runner = await bench.open();
    const output = collector();
    const ending = await runner.run(
      'step#1',
      sh('for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; done'),
      output.onOutput,
    );
    expect(ending).toMatchObject(succeeded);
    expect(output.text()).toBe([1, 2, 3, 4, 5].map((i) => `out ${i}\nerr ${i}\n`).join(''));
  });
});

test('20 MB arrive whole, in order, and before the ending', async () => {
  const runner = await bench.open();
  const lines = (20 * 2 ** 20) / 16;
  const chunks: Uint8Array[] = [];
  const ending = await runner.run('step#1', sh(`seq -f %015.0f 1 ${lines}`), (bytes) => chunks.push(bytes));
  const all = Buffer.concat(chunks);
  expect(ending).toMatchObject({ ending: 'exited', exitCode: 0, detail: '' });
  expect(all.length).toBe(20 * 2 ** 20);
  const expected = Array.from(
    { length: lines },
    (_, index) => `${String(index + 1).padStart(15, '0')}\n`,
  ).join('');
  expect(hash('sha256', all)).toBe(hash('sha256', expected));
  expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(256 * 1024);
  const again: Uint8Array[] = [];
  expect(await runner.attach('step#1', (bytes) => again.push(bytes))).toMatchObject({ exitCode: 0 });
  expect(hash('sha256', Buffer.concat(again))).toBe(hash('sha256', expected));
  expect(Math.max(...again.map((chunk) => chunk.length))).toBeLessThanOrEqual(256 * 1024);
});

test('an attempt runs once, however often and from wherever it is asked for', async () => {
  const effects = path.join(bench.folder, 'effects');
  const ready = sh('echo effect >> effects; sleep 0.2; echo said; exit 3', { cwd: bench.folder });
  const runners = [await bench.open(), await bench.open(), await bench.open()];
  const outputs = runners.map(() => collector());
  const endings = await Promise.all(
    runners.map((runner, index) => runner.run('step#1', ready, outputs[index]?.onOutput ?? ignore)),
  );
  endings.push(await (await bench.open()).run('step#1', ready, ignore));
  expect(new Set(endings.map(({ ending, exitCode }) => `${ending} ${exitCode}`))).toEqual(
    new Set(['exited 3']),
  );
  expect(outputs.map((output) => output.text())).toEqual(['said\n', 'said\n', 'said\n']);
  expect(readFileSync(effects, 'utf8')).toBe('effect\n');
});

test('agents that open the same folder at the same instant all get to run their commands', async () => {
  const runners = await Promise.all(Array.from({ length: 6 }, async () => bench.open()));
  const endings = await Promise.all(
    runners.map(async (runner, index) => runner.run(`step#${index}`, sh(`exit ${index}`), ignore)),
  );
  expect(endings.map(({ exitCode }) => exitCode)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('what was found not started stays so: a supervisor that wakes up afterwards starts nothing', async () => {
  const first = await bench.open();
  await first.run('step#1', sh('exit 0'), ignore);
  const supervisor = supervisorPid();
  killProcess(supervisor, 'SIGSTOP');
  const effect = path.join(bench.folder, 'effect');
  const ending = first.run('step#2', sh('touch effect', { cwd: bench.folder }), ignore);
  expect(await (await bench.open({ warm: false })).find('step#2')).toEqual({ verdict: 'not_started' });
  killProcess(supervisor, 'SIGCONT');
  expect(await ending).toMatchObject({ ending: 'not_started' });
  expect(existsSync(effect)).toBe(false);
});

test('hangup, interrupt and terminate leave the supervisor and its command alone', async () => {
  const runner = await bench.open();
  const output = collector();
  const script = 'echo one; while [ ! -e go ]; do sleep 0.02; done; echo two; exit 9';
  const ending = runner.run('step#1', sh(script, { cwd: bench.folder }), output.onOutput);
  await until('it runs', () => output.text() === 'one\n');
  const supervisor = supervisorPid();
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) killProcess(supervisor, signal);
  let steps = 1;
  await until('another supervisor takes over', async () => {
    steps += 1;
    expect(await runner.run(`step#${steps}`, sh('exit 6'), ignore)).toMatchObject({
      ending: 'exited',
      exitCode: 6,
    });
    return supervisorPid() !== supervisor;
  });
  writeFileSync(path.join(bench.folder, 'go'), '');
  expect(await ending).toMatchObject({ ending: 'exited', exitCode: 9 });
});

test('another command under a claimed attempt is not run, and the ending says so', async () => {
  const runner = await bench.open();
  await runner.run('step#1', sh('exit 4'), ignore);
  const ending = await runner.run('step#1', sh('exit 5'), ignore);
  expect(ending).toMatchObject({ ending: 'exited', exitCode: 4 });
  expect(ending.detail).toMatch(/claimed for another command/);
});

test('a supervisor that died is replaced for the next command', async () => {
  const runner = await bench.open();
  await runner.run('step#1', sh('exit 0'), ignore);
  killProcess(supervisorPid(), 'SIGKILL');
  expect(await runner.run('step#2', sh('exit 6'), ignore)).toMatchObject({ ending: 'exited', exitCode: 6 });
});

test('a command whose supervisor died runs on unsupervised, and its end is lost', async () => {
  const runner = await bench.open();
  const output = collector();
  const ending = runner.run('step#1', sh('echo ready; sleep 1; echo end'), output.onOutput);
  await until('it runs', () => output.text() === 'ready\n');
  killProcess(supervisorPid(), 'SIGKILL');
  expect(await runner.find('step#1')).toEqual({ verdict: 'running' });
  expect(await ending).toMatchObject({ ending: 'lost', exitCode: null });
  expect(output.text()).toBe('ready\nend\n');
  expect(await runner.find('step#1')).toMatchObject({ verdict: 'in_doubt', doubt: 'no_outcome' });
});

test('a command whose supervisor died can still be stopped', async () => {
  const runner = await bench.open();
  const output = collector();
  const ending = runner.run(
    'step#1',
    sh("trap '' TERM; echo ready; while :; do sleep 0.05; done"),
    output.onOutput,
  );
  await until('it runs', () => output.text() === 'ready\n');
  killProcess(supervisorPid(), 'SIGKILL');
  await runner.stop('step#1');
  expect(await ending).toMatchObject({ ending: 'lost' });
});

test('a later runner re-attaches: the whole output again, then what follows, then the ending', async () => {
  const first = await bench.open();
  const before = collector();
  const script = 'echo one; while [ ! -e go ]; do sleep 0.02; done; echo two; exit 9';
  void first.run('step#1', sh(script, { cwd: bench.folder }), before.onOutput);
  await until('it runs', () => before.text() === 'one\n');
  await first.close();

  const second = await bench.open();
  expect(await second.find('step#1')).toEqual({ verdict: 'running' });
  const after = collector();
  const ending = second.attach('step#1', after.onOutput);
  await until('it is replayed', () => after.text() === 'one\n');
  writeFileSync(path.join(bench.folder, 'go'), '');
  expect(await ending).toMatchObject({ ending: 'exited', exitCode: 9 });
  expect(after.text()).toBe('one\ntwo\n');
  expect(before.text()).toBe('one\n');
});

test('everything that is written is for its owner alone', async () => {
  const runner = await bench.open();
  await runner.run('step@0/2#1', sh('umask; echo x > made', { cwd: bench.folder }), ignore);
  const { folder, claim, exit, out, pid } = attemptFiles(bench.folder, 'step@0/2#1');
  const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);
  expect(modeOf(folder)).toBe('700');
  expect([claim, exit, out, pid].map(modeOf)).toEqual(['600', '600', '600', '600']);
  expect(modeOf(readSupervisor(bench.folder)?.socket ?? '')).toBe('600');
  expect(modeOf(path.join(bench.folder, 'supervisor.log'))).toBe('600');
  expect(modeOf(path.join(bench.folder, 'made'))).toBe((0o666 & ~process.umask()).toString(8));
});
