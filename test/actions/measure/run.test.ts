import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../../src/actions/redact.ts';
import { judge } from '../../../src/judge/tolerance.ts';
import {
  command,
  fill,
  measure,
  node,
  path,
  probe,
  run,
  template,
  testFolder,
  testMeasurer,
  unset,
} from './probe-kit.ts';

describe('A command that reads', () => {
  test.each([
    [
      'what it printed, without the last line end',
      run(['printf', 'a\\nb\\n']),
      { value: 'a\nb', exit: 0, text: 'a\nb\n' },
    ],
    ['its exit code', run(['sh', '-c', 'echo no; exit 3']), { value: 'no', exit: 3 }],
    [
      'why it failed, where it printed nothing else',
      run(['sh', '-c', 'echo bad >&2; exit 1']),
      { value: '', exit: 1, text: 'bad\n' },
    ],
    ['JSON by its path', run(['echo', '{"v":{"n":4}}'], { json: '$.v.n' }), { value: 4 }],
    ['a part by its pattern', run(['echo', 'schema 42 ok'], { pattern: '(\\d+)' }), { value: '42' }],
  ])('Answers %s', async (_name, one, answer) => {
    expect(await measure(one)).toMatchObject({ ok: true, ...answer });
  });

  test.each([
    ['missing_tool', run(['no-such-program-here'])],
    [
      'missing_tool',
      probe({
        kind: 'run',
        command: command([], { program: { kind: 'shell', script: 'no-such-program-here' } }),
      }),
    ],
    ['not_started', run(['/'])],
    ['not_started', run(['echo', 'a\0b'])],
    ['not_started', run(['echo', '\uD800'])],
    ['not_started', run([''])],
    ['not_started', run(['echo', 'x'.repeat(3_000_000)])],
    ['signalled', run(['sh', '-c', 'kill -KILL $$'])],
    ['timeout', run(['sleep', '60'], { timeoutMs: 200 })],
    ['timeout', run(['sh', '-c', 'trap "" TERM; sleep 60'], { timeoutMs: 200 })],
    ['timeout', run(['sh', '-c', 'sleep 60 | cat'], { timeoutMs: 200 })],
    ['too_large', run(['sh', '-c', 'yes | head -c 2000000'])],
    ['exit', run(['sh', '-c', 'echo broken >&2; exit 1'], { json: '$.a' })],
    ['not_json', run(['echo', 'fine'], { json: '$.a' })],
    ['unset', probe({ kind: 'run', command: { ...command(['echo']), env: { A: unset } } })],
    [
      'elsewhere',
      probe({ kind: 'run', command: command(['echo'], { where: { kind: 'ssh', name: template('db') } }) }),
    ],
  ])('%s is a reason of its own', async (code, one) => {
    expect(await measure(one)).toMatchObject({ ok: false, code, detail: expect.stringMatching(/./) });
  });

  test('A working folder that is gone is not a missing program', async () => {
    expect(await measure(run(['echo']), { cwd: '/no/such/folder' })).toMatchObject({ code: 'not_started' });
  });

  test('A measurement that is called off ends at once', async () => {
    const calling = new AbortController();
    const answer = measure(run(['sleep', '60']), {}, calling.signal);
    calling.abort();
    expect(await answer).toMatchObject({ ok: false, code: 'stopped' });
    expect(await measure(run(['sleep', '60']), {}, calling.signal)).toMatchObject({
      ok: false,
      code: 'stopped',
    });
  });

  test('What it left running does not hold the answer up, and is ended', async () => {
    const folder = testFolder();
    for (const redirect of ['', '>/dev/null 2>&1']) {
      const file = join(folder, `pid${redirect.length}`);
      const from = performance.now();
      const one = run(['sh', '-c', `sleep 60 ${redirect} & echo $! > ${file}; echo done`]);
      expect(await measure(one)).toMatchObject({ ok: true, value: 'done' });
      expect(performance.now() - from).toBeLessThan(10_000);
      const pid = readFileSync(file, 'utf8').trim();
      await expect.poll(() => isRunning(pid)).toBe(false);
    }
  });

  test('A daemon that got away from it holds nothing up either', async () => {
    const { value } = (await measure(run(['sh', '-c', 'setsid sleep 60 & echo $!']))) as {
      readonly value: string;
    };
    expect(isRunning(value)).toBe(true);
    process.kill(Number(value));
  });

  test('The environment is the one given and the probe’s own, nothing else', async () => {
    const shell = command([], {
      program: { kind: 'shell', script: 'env' },
      env: { TARGET: template('a "quoted" $(value)') },
    });
    const answer = await measure(probe({ kind: 'run', command: shell }), {
      env: { PATH: path(), GIVEN: 'yes' },
    });
    const names = (answer.ok ? answer.text : '').split('\n').map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['GIVEN', 'TARGET']));
    expect(
      names.filter((name) => name !== undefined && !/^(?:GIVEN|TARGET|PATH|PWD|SHLVL|_|OLDPWD|)$/.test(name)),
    ).toEqual([]);
    expect(answer.ok && answer.text).toContain('TARGET=a "quoted" $(value)\n');
  });

  test.each(["it's", '$(touch gone)', '`id`', 'a\nb', '-n', ' ', '"', '\\', '漢\u202E', 'x'.repeat(100_000)])(
    'The value %j arrives as exactly one argument',
    async (value) => {
      const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
      const answer = await measure(node(script, { json: '$[0]' }));
      expect(answer).toMatchObject({ ok: true, value: null });
      const one = run([process.execPath, '-e', script, '--', value], { json: '$' });
      expect(await measure(one)).toMatchObject({ ok: true, value: [value] });
    },
  );

  test('One that runs elsewhere is started by what leads there', async () => {
    const one = probe({
      kind: 'run',
      command: command(['whoami'], { where: { kind: 'ssh', name: template('db1') } }),
    });
    const answer = await measure(one, {
      fromHere: (there) => ({
        ...there,
        argv: ['echo', there.where?.kind ?? '', there.where?.name ?? '', ...there.argv],
      }),
    });
    expect(answer).toMatchObject({ ok: true, value: 'ssh db1 whoami' });
    const broken = await measure(one, {
      fromHere: (there) => ({ ...there, argv: ['sh', '-c', 'echo refused >&2; exit 255'] }),
    });
    expect(broken).toMatchObject({ ok: false, code: 'connection', detail: 'refused' });
  });
});

describe('A command of our own', () => {
  const asked = async (exit: number, program = 'walkback') => {
    const file = join(testFolder(), program);
    writeFileSync(file, `#!/bin/sh\necho said so\nexit ${exit}\n`, { mode: 0o700 });
    return measure(run([file]));
  };
  const good = (kind: 'exit' | 'fails') => [
    kind === 'exit' ? ({ kind, value: 0 } as const) : ({ kind, value: true } as const),
  ];

  test.each([30, 2, 1])('that exits %d has not answered: neither a pass nor a fail', async (exit) => {
    const answer = await asked(exit);
    expect(answer).toEqual({ ok: false, code: 'unanswered', detail: `It exited ${exit}: said so` });
    for (const kind of ['exit', 'fails'] as const)
      expect(judge(answer, good(kind))).toMatchObject({ result: 'unknown', code: 'unanswered' });
  });

  test('that says no has answered', async () => {
    const answer = await asked(3);
    expect(judge(answer, good('exit')).result).toBe('fail');
    expect(judge(answer, good('fails')).result).toBe('pass');
  });

  test('is known by its name: what 30 means elsewhere is for the runbook to say', async () => {
    expect(judge(await asked(30, 'ftpget'), good('exit')).result).toBe('fail');
  });

  test('that runs on another machine is known as well', async () => {
    const one = probe({
      kind: 'run',
      command: command(['walkback', 'freeze', 'state'], { where: { kind: 'ssh', name: template('db1') } }),
    });
    const answer = await measure(one, { fromHere: (there) => ({ ...there, argv: ['sh', '-c', 'exit 30'] }) });
    expect(answer).toMatchObject({ ok: false, code: 'unanswered' });
  });
});

describe('Several readings', () => {
  test('A census counts what was read', async () => {
    const folder = testFolder();
    const script = 'echo x >> n; [ $(wc -l < n) -le 3 ] && echo 2.0.0 || echo 1.9.4';
    const one = run(['sh', '-c', script], { times: 5, reduce: 'census' });
    expect(await measure(one, { cwd: folder })).toMatchObject({
      ok: true,
      value: { '2.0.0': 3, '1.9.4': 2 },
    });
  });

  test('One that fails makes the whole unknown, and says which', async () => {
    const folder = testFolder();
    const one = run(['sh', '-c', 'echo x >> n; [ $(wc -l < n) -le 2 ] && echo "{}" || exit 1'], {
      times: 5,
      reduce: 'census',
      json: '$',
    });
    expect(await measure(one, { cwd: folder })).toMatchObject({
      ok: false,
      code: 'exit',
      detail: expect.stringMatching(/^Reading 3 of 5: /),
    });
  });

  test('A list is reduced by its parts', async () => {
    expect(await measure(run(['echo', '[4,1,7]'], { json: '$', reduce: 'max' }))).toMatchObject({ value: 7 });
    expect(await measure(run(['echo', '["a","b","a"]'], { json: '$', reduce: 'census' }))).toMatchObject({
      value: { a: 2, b: 1 },
    });
  });
});

describe('Foreign words', () => {
  test('Secrets are masked in what is told, and hostile bytes are spelled out', async () => {
    const mask = redactor([{ name: 'token', value: 'q7w8e9r0t1' }]);
    const one = run(['sh', '-c', 'printf "q7w8e9r0t1 \\033]0;title\\007" >&2; exit 1'], { json: '$.a' });
    expect(await measure(one, { redactor: mask })).toEqual({
      ok: false,
      code: 'exit',
      detail: 'Exit code 1: «token» <OSC 0>',
    });
    expect(await measure(run(['echo', 'q7w8e9r0t1']), { redactor: mask })).toMatchObject({
      text: '«token»\n',
    });
  });

  test('A question for a person is handed on', async () => {
    const one = probe({ kind: 'ask', text: template('What does the dial say?') });
    expect(await measure(one)).toEqual({
      ok: false,
      code: 'needs_person',
      detail: 'What does the dial say?',
    });
  });

  test('Only a Prometheus probe has a history', async () => {
    const span = { fromMs: 0, toMs: 1, stepMs: 1 };
    expect(await testMeasurer().series(run(['true']), fill, span, new AbortController().signal)).toBeNull();
  });
});

function isRunning(pid: string): boolean {
  const status = `/proc/${pid}/stat`;
  return existsSync(status) && !/\) [ZX] /.test(readFileSync(status, 'utf8'));
}
