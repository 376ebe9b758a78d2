import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askHaproxy } from '../../src/tools/traffic/haproxy-socket.ts';
import { eventsOf } from '../../src/report/story.ts';
import { builtProgram } from '../cli/built-program.ts';
import { abortingAt, openStage, runThrough, shipped } from '../runbooks/stage.ts';
import { walkback as call } from '../tools/cli.ts';
import { until } from './real-server.ts';
import {
  startHaproxy,
  startNginx,
  startPoolServer,
  type PoolServer,
  type RealProxy,
} from './real-proxies.ts';

let launcher = '';
beforeAll(async () => {
  launcher = await builtProgram();
}, 300_000);

const servers: PoolServer[] = [];
let proxy: RealProxy | null = null;
afterEach(async () => {
  await proxy?.stop();
  proxy = null;
  for (const server of servers.splice(0)) await server.stop();
});

async function stand(kind: 'haproxy' | 'nginx', blue = 2, green = 2): Promise<RealProxy> {
  for (let at = 0; at < blue + green; at += 1)
    servers.push(await startPoolServer(at < blue ? '1.9.3' : '2.0.0'));
  const start = kind === 'haproxy' ? startHaproxy : startNginx;
  return (proxy = await start(servers.slice(0, blue), servers.slice(blue)));
}

/** The built program, for what has to be killed. */
function start(...words: readonly string[]) {
  const child = spawn(process.execPath, [launcher, 'traffic', ...words], {
    stdio: 'ignore',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { child, code: once(child, 'exit') };
}

const walkback = async (...words: readonly string[]) => {
  const { code, out, warned } = await call({ PATH: process.env['PATH'] ?? '' }, 'traffic', ...words);
  return { code, out, err: warned };
};

const shift = (to: number) => walkback('shift', ...(proxy?.words ?? []), '--to', String(to));
const read = (...more: readonly string[]) => walkback('read', ...(proxy?.words ?? []), ...more);
const census = (share: number, times = 100) =>
  walkback(
    'census', '--url', `${proxy?.url ?? ''}/version`, '--path', '$.version', '--value', '1.9.3',
    '--share', String(share), '--times', String(times),
  ); // prettier-ignore

describe.each(['haproxy', 'nginx'] as const)('the traffic behind a real %s', (kind) => {
  test('0/100: all of 100 requests reach the prior pool, and a reload keeps them there', async () => {
    const real = await stand(kind);
    expect(await read()).toMatchObject({ code: 0, out: expect.stringContaining('prior 0 %') });

    const done = await shift(100);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toContain('prior 0 % → 100 %');
    expect(await census(100)).toMatchObject({ code: 0, out: expect.stringContaining('100 of 100 answers') });
    await real.reload();
    expect(await census(100)).toMatchObject({ code: 0 });
    expect(await read()).toMatchObject({ code: 0, out: expect.stringContaining('prior 100 %') });
  });

  test('steps of 10 and 50 per cent stay within the band of what they should be, and the wrong share does not', async () => {
    await stand(kind, 1, 2);
    await shift(10);
    expect(await census(10, 200)).toMatchObject({ code: 0 });
    expect(await census(50, 200)).toMatchObject({ code: 3 });
    await shift(50);
    expect(await census(50, 200)).toMatchObject({ code: 0 });
    const [blue] = servers;
    expect(blue?.served).toBeGreaterThan(80);
  });

  test('a prior pool that is down is refused before anything is touched, and one of two as well', async () => {
    const real = await stand(kind);
    const before = readFileSync(real.config, 'utf8');
    await servers[0]?.stop();
    await until('the proxy has seen it', async () => {
      const { code } = await walkback('ready', ...real.words, '--pool', 'prior');
      return code === 3;
    });
    const refused = await shift(10);
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('1 of 2 healthy');
    expect(refused.err).toContain('Nothing was shifted');
    expect(readFileSync(real.config, 'utf8')).toBe(before);
    expect(await census(0, 50)).toMatchObject({ code: 0 });
    // people may say that one is enough
    expect(await walkback('shift', ...real.words, '--to', '10', '--least', '1')).toMatchObject({ code: 0 });
  });

  test('the exact weights of before come back, and the file keeps its mode and everything else', async () => {
    const real = await stand(kind);
    const { mode } = statSync(real.config);
    const before = (await read('--exact')).out.trim();
    expect(before).toBe('blue1=0 blue2=0 green1=1 green2=1');
    const file = readFileSync(real.config, 'utf8');
    await shift(50);
    expect(await walkback('restore', ...real.words, '--weights', before)).toMatchObject({ code: 0 });
    expect((await read('--exact')).out.trim()).toBe(before);
    // where a weight stood alone it may now be written out; what it means is the same
    const bare = (text: string): string => text.replaceAll(/ weight=1/g, '');
    expect(bare(readFileSync(real.config, 'utf8'))).toBe(file);
    expect(statSync(real.config).mode).toBe(mode);
    expect(readdirSync(real.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('R8.4: a standby that is down within the window fails the check; after its time it is not owed any more', async () => {
    const real = await stand(kind);
    const standby = async (hoursAgo: number) => {
      const released = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
      const ready = JSON.stringify(['walkback', 'traffic', 'ready', ...real.words, '--pool', 'prior']);
      const file = path.join(real.folder, 'book.yaml');
      writeFileSync(
        file,
        `walkback: 1
id: kept
title: Switch back
service: shop
objective: 90s
window: { opens: release.finished, events: { run: [echo, '${released}'] }, evaluate: 24h, extended: 72h }
standby: { ready: { run: ${ready}, timeout: 20s }, keep_for: 72h }
phases: [{ id: main, title: Main, steps: [{ id: look, manual: Look., read_only: true }, { id: done, end: not_needed }] }]
`,
      );
      const { code, json } = await call({ PATH: process.env['PATH'] ?? '' }, 'check', file, '--json');
      const { results } = json() as { readonly results: readonly unknown[] };
      return [code, results[0]];
    };
    expect(await standby(1)).toEqual([
      0,
      expect.objectContaining({ name: 'standby', ok: true, value: '"ready"' }),
    ]);

    await servers[0]?.stop();
    await expect
      .poll(() => standby(71), { timeout: 30_000 })
      .toEqual([3, expect.objectContaining({ ok: false, code: 'standby_gone' })]);
    expect(await standby(73)).toEqual([0, expect.objectContaining({ ok: true })]);

    real.process.kill('SIGTERM');
    await once(real.process, 'exit');
    // HAProxy knows the health of its servers; of those of nginx their own pages are asked
    expect(await standby(1)).toEqual([kind === 'haproxy' ? 30 : 3, expect.objectContaining({ ok: false })]);
  });

  test('a file with a mistake is refused by the proxy’s own check, and stays as it was', async () => {
    const real = await stand(kind);
    appendFileSync(real.config, kind === 'haproxy' ? '\nnonsense here\n' : '\nnonsense;\n');
    const wrong = readFileSync(real.config, 'utf8');
    const refused = await shift(100);
    expect(refused.code).toBe(3);
    expect(refused.err).toMatch(/nonsense|unknown/);
    expect(readFileSync(real.config, 'utf8')).toBe(wrong);
    expect(await census(0, 20)).toMatchObject({ code: 0 });
  });

  test('a file that was edited by hand is drift, and is named', async () => {
    const real = await stand(kind);
    await shift(100);
    const edited = readFileSync(real.config, 'utf8').replace(
      kind === 'haproxy' ? /(blue1 .*weight )1/ : /( weight=1)(; # blue1)/,
      kind === 'haproxy' ? '$10' : ' down$2',
    );
    writeFileSync(real.config, edited);
    const drift = await read();
    expect(drift.code).toBe(3);
    expect(drift.out).toContain('DRIFT: prior 100 % in what runs (blue1=1');
    expect(drift.out).toContain('in the file (blue1=0');
  });

  test('a proxy that does not answer is unknown, and nothing says that it was shifted', async () => {
    const real = await stand(kind);
    real.process.kill('SIGTERM');
    await once(real.process, 'exit');
    expect(await shift(100)).toMatchObject({
      code: 30,
      err: expect.stringMatching(/does not (?:answer|tell)/),
    });
  });
});

describe('HAProxy that is cut off in the middle', () => {
  test('killed between the file and the running proxy: the drift is seen, the weights are read, and a second call ends it', async () => {
    const real = await stand('haproxy');
    const workers = readFileSync(`/proc/${real.process.pid}/task/${real.process.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    // a check that does not come back holds it right before the file is put in place; then the worker stands still
    const gate = path.join(real.folder, 'gate.sh');
    writeFileSync(
      gate,
      `#!/bin/sh\n: > ${real.folder}/checking\nwhile [ -e ${real.folder}/checking ]; do sleep 0.02; done\n`,
      {
        mode: 0o755,
      },
    );
    const cut = start('shift', ...real.words, '--to', '100', '--check', gate);
    await until('it checks the new file', () => readdirSync(real.folder).includes('checking'));
    for (const worker of workers) process.kill(worker, 'SIGSTOP');
    rmSync(path.join(real.folder, 'checking'));
    await until('the file is in place', () => /blue1 .*weight 1/.test(readFileSync(real.config, 'utf8')));
    cut.child.kill('SIGKILL');
    await cut.code;
    for (const worker of workers) process.kill(worker, 'SIGCONT');

    const half = await read();
    expect(half.out + half.err).toMatch(/DRIFT|prior 100 %/); // the socket may have had the first words already
    if (half.code === 3) expect(half.out).toContain('100 % in the file');
    expect(await shift(100)).toMatchObject({ code: 0 });
    expect(await read()).toMatchObject({ code: 0, out: expect.stringContaining('prior 100 %') });
  });

  test('weights that somebody set at run time only are drift, and are gone with the next reload', async () => {
    const real = await stand('haproxy');
    const socket = real.words[1] ?? '';
    for (const [name, weight] of [
      ['blue1', 1],
      ['blue2', 1],
      ['green1', 0],
      ['green2', 0],
    ] as const)
      // prettier-ignore
      await askHaproxy(socket, `set server shop/${name} weight ${weight}`);
    expect(await census(100, 40)).toMatchObject({ code: 0 });
    expect(await read()).toMatchObject({ code: 3 });
    await real.reload();
    // this is the trap: back on the bad release, and nobody was told
    expect(await census(0, 40)).toMatchObject({ code: 0 });
  });
});

test('the fragment for nginx shifts in steps in a session, each counted, and an abort puts the exact weights back', async () => {
  const real = await stand('nginx');
  const base = openStage();
  const at = (name: string): string => path.join(base.folder, name);
  const stage = {
    ...base,
    around: { ...base.around, env: { ...base.around.env, PATH: process.env['PATH'] ?? '' } },
  };
  cpSync(shipped('steps'), at('steps'), { recursive: true });
  const given = {
    proxy: real.words,
    census: ['--url', `${real.url}/version`, '--path', '$.version', '--value', '1.9.3'],
    look: '100ms',
  };
  writeFileSync(
    at('book.yaml'),
    `walkback: 1
id: shifted
title: Shift
service: shop
objective: 90s
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Shift?, options: [{ id: yes, title: Shift, reversible: seconds }, { id: no, title: No, end: not_needed }], recommend: "'yes'" }
      - { id: shift, use: steps/shift_nginx.yaml, with: ${JSON.stringify(given)}, skip: [second, second_look] }
      - { id: looked, title: Look, manual: Look at it., read_only: true }
      - { id: done, end: rolled_back }
`,
  );
  const before = readFileSync(real.config, 'utf8');
  let shifted = '';
  const run = await runThrough(stage, {
    file: at('book.yaml'),
    policy: (situation) => {
      if (situation.at === 'step' && situation.step.place.step === 'looked')
        shifted = readFileSync(real.config, 'utf8');
      return abortingAt('looked', 'the old release fails too')(situation);
    },
  });

  expect(run.view.outcome).toBe('aborted');
  const shares = eventsOf(run.facts, 'step.readied').map(({ fact }) => fact.shown.argv?.join(' ') ?? '');
  expect(shares.flatMap((argv) => /shift .*--to (\d+)$/.exec(argv)?.[1] ?? [])).toEqual(['10', '100']);
  expect(shifted).toMatch(/down; # green1/);
  // a weight of 1 is written out, and means what was there
  expect(readFileSync(real.config, 'utf8').replaceAll(' weight=1', '')).toBe(before);
  expect(await census(0)).toMatchObject({ code: 0 });
  await stage.clear();
}, 120_000);
