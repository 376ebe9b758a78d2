import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openDriftKeeper } from '../../src/actions/drift-keeper.ts';
import { redactor } from '../../src/actions/redact.ts';
import { driftPatch } from '../../src/report/drift.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { askHaproxy } from '../../src/tools/traffic/haproxy-socket.ts';
import { builtProgram } from '../cli/built-program.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openTestSession } from '../session/open-test-session.ts';
import { startHaproxy, startPoolServer } from './real-proxies.ts';

test('R6.6: nginx.conf and a weight of a real HAProxy, changed behind the tool’s back, are found unasked; the patch applies', async () => {
  const servers = [await startPoolServer('1.9.3'), await startPoolServer('2.0.0')] as const;
  const proxy = await startHaproxy([servers[0]], [servers[1]]);
  const folder = mkdtempSync(join(tmpdir(), 'walkback-drift-'));
  onTestFinished(async () => {
    await proxy.stop();
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true });
  });
  const repository = join(folder, 'repository');
  mkdirSync(join(repository, 'proxy'), { recursive: true });
  const nginx = join(folder, 'nginx.conf');
  writeFileSync(nginx, 'worker_processes 2;\nevents { worker_connections 512; }\n');
  copyFileSync(nginx, join(repository, 'proxy/nginx.conf'));
  copyFileSync(proxy.config, join(repository, 'proxy/haproxy.cfg'));
  const socket = join(proxy.folder, 'admin.sock');
  const running = [process.execPath, await builtProgram(), 'traffic', 'running'];
  const words = [...running, '--haproxy', socket, '--config', proxy.config, '--backend', 'shop'];
  const loaded = loadRunbook(
    'book.yaml',
    memoryFiles({
      'book.yaml': `walkback: 1
id: book
title: Restart
service: shop
objective: 10m
drift:
  - { id: nginx, title: nginx.conf, file: ${nginx}, path: proxy/nginx.conf }
  - { id: weights, title: The weights that run, run: ${JSON.stringify(words)}, path: proxy/haproxy.cfg, timeout: 60s }
phases:
  - id: main
    title: Main
    steps:
      - { id: first, run: [first], undo: { run: [back] } }
      - { id: second, run: [second], undo: { run: [back] } }
      - { id: done, end: rolled_back }
`,
    }),
  );
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const keeper = openDriftKeeper({
    folder,
    cwd: folder,
    clock: systemClock(),
    redactor: redactor([]),
    env: { PATH: process.env['PATH'] ?? '' },
    fromHere: (command) => command,
  });
  const session = await openTestSession({ runbook: loaded.runbook, drift: keeper });
  const soon = <Value>(read: () => Value) => vi.waitFor(read, { timeout: 60_000, interval: 20 });
  await session.say('run', {}, 'first');
  await soon(() => expect(session.at('second').status).toBe('ready'));

  writeFileSync(nginx, readFileSync(nginx, 'utf8').replace('512', '4096'));
  await askHaproxy(socket, 'set server shop/blue1 weight 7');
  await session.say('run', {}, 'second');
  await soon(() => expect(session.context().looks.ended).toBe(true));

  expect(session.session.view().drift.map(({ target, what }) => [target, what])).toEqual([
    ['nginx', 'nginx.conf, changed by hand: 1 line added, 1 line removed'],
    ['weights', 'The weights that run, changed by hand: 1 line added, 1 line removed'],
  ]);
  expect(await session.say('close')).toMatchObject({ ok: false, code: 'E_DEBTS' });
  const patch = join(folder, 'drift.patch');
  writeFileSync(patch, driftPatch(session.log.facts()));
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: repository, stdio: 'pipe' });
  git('init', '--quiet');
  git('apply', patch);
  expect(readFileSync(join(repository, 'proxy/nginx.conf'), 'utf8')).toBe(readFileSync(nginx, 'utf8'));
  expect(readFileSync(join(repository, 'proxy/haproxy.cfg'), 'utf8')).toMatch(/server blue1 .* weight 7$/m);
  for (const key of ['drift_1', 'drift_2'])
    expect(await session.say('dispose_drift', { key, as: 'codify', reason: 'commit 41af' })).toEqual({
      ok: true,
    });
  expect(session.context().status).toBe('closed');
}, 120_000);
