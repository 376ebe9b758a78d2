import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isOperatorError } from './operator-error.ts';
import { findSandboxProcesses } from '../../src/sandbox/leftovers.ts';
import { sandboxDown, sandboxStatus, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { tokenFile } from '../../src/sandbox/state.ts';
import {
  measure,
  must,
  readObject,
  runCommand,
  sandboxEntry,
  shopctl,
  startSandbox,
  waitUntil,
} from './support.ts';

// Many real processes on few cores: the limits are for a machine that is busy with other things.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let base = '';
const folders: string[] = [];

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'sandbox-life-'));
});

afterEach(async () => {
  for (const folder of folders.splice(0)) await sandboxDown({ folder });
  rmSync(base, { recursive: true, force: true });
});

async function started(options: Parameters<typeof startSandbox>[0] = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ clients: 3, ...options });
  folders.push(sandbox.folder);
  return sandbox;
}

test('up serves within its time, and down leaves neither process nor folder', async () => {
  const before = performance.now();
  const sandbox = await started({ folder: path.join(base, 'shop') });
  console.log(`sandbox up in ${Math.round(performance.now() - before)} ms`);
  expect(findSandboxProcesses(sandbox.folder, sandbox.pid).length).toBeGreaterThanOrEqual(6); // platform, proxy, four shops
  expect(await sandboxStatus(sandbox)).toMatchObject({ status: 'up', sandbox: { seed: 7, speed: 60 } });
  expect(await measure(sandbox, 'count(up == 1)')).toBe(6);
  // A sandbox is born with an hour of its previous release.
  expect(
    await measure(
      sandbox,
      'count(count_over_time(shop_requests_total{version="1.9.3",route="/checkout",status="200"}[1h]) > 200)',
    ),
  ).toBe(4);

  await sandboxDown(sandbox);
  expect(findSandboxProcesses(sandbox.folder, sandbox.pid)).toEqual([]);
  expect(existsSync(sandbox.folder)).toBe(false);
  expect(await sandboxStatus(sandbox)).toEqual({ status: 'none' });
  await sandboxDown(sandbox); // once more does no harm
});

test('two sandboxes stand side by side, and neither command works on the other', async () => {
  const [one, two] = await Promise.all([started({ seed: 1 }), started({ seed: 2, version: 'before' })]);
  expect(await must(one, 'census')).toBe('4/4 on 2.0.0');
  expect(await must(two, 'census')).toBe('4/4 on 1.9.3');
  expect(await must(two, 'schema', 'version')).toBe('2');

  // The command of one sandbox with the folder of the other works on the other: the folder decides, never the path.
  const crossed = await runCommand([path.join(one.bin, 'shopctl'), 'census'], two.env);
  expect(crossed.out).toBe('4/4 on 1.9.3');

  writeFileSync(tokenFile(two.folder), readFileSync(tokenFile(one.folder), 'utf8'));
  expect(await shopctl(two, 'census')).toMatchObject({
    exit: 6,
    err: expect.stringContaining('does not hold its token'),
  });
  expect(await shopctl(one, 'whoami')).toMatchObject({ exit: 0, out: 'sandbox' });

  await sandboxDown({ folder: two.folder }); // its token does not prove it any more; its processes are found all the same
  expect(findSandboxProcesses(two.folder, two.pid)).toEqual([]);
  expect(await must(one, 'census')).toBe('4/4 on 2.0.0');
});

test('without a sandbox to show its token, the command refuses with 6', async () => {
  const sandbox = await started();
  const command = path.join(sandbox.bin, 'shopctl');
  expect(await runCommand([command, 'freeze'], {})).toMatchObject({
    exit: 6,
    err: expect.stringContaining('WALKBACK_SANDBOX is not set'),
  });
  expect(await runCommand([command, 'freeze'], { WALKBACK_SANDBOX: base })).toMatchObject({
    exit: 6,
    err: expect.stringContaining('is not a sandbox'),
  });
  expect(await must(sandbox, 'freeze-state')).toBe('open');

  const anonymous = await fetch(`${sandbox.values.platform}/freeze`, { method: 'POST' });
  expect(anonymous.status).toBe(403);
  expect(await must(sandbox, 'freeze-state')).toBe('open');
});

test('a platform that was killed takes every other process with it, and down clears the rest', async () => {
  const sandbox = await started();
  process.kill(sandbox.pid, 'SIGKILL');
  await waitUntil(
    'the orphans to end',
    () => Promise.resolve(findSandboxProcesses(sandbox.folder, sandbox.pid)),
    (left) => left.length === 0,
  );
  expect(await sandboxStatus(sandbox)).toMatchObject({ status: 'broken' });
  expect(await shopctl(sandbox, 'whoami')).toMatchObject({ exit: 6 });
  await sandboxDown(sandbox);
  expect(existsSync(sandbox.folder)).toBe(false);
});

test('a sandbox ends with the process it belongs to', async () => {
  const parent = spawn('sleep', ['600'], { stdio: 'ignore' });
  const sandbox = await started({ parentPid: parent.pid ?? 0 });
  parent.kill('SIGKILL');
  await waitUntil(
    'the sandbox to end',
    () => Promise.resolve(findSandboxProcesses(sandbox.folder, sandbox.pid)),
    (left) => left.length === 0,
  );
});

test('a sandbox ends when its time is over', async () => {
  const sandbox = await started({ maxLifetimeMs: 500 });
  await waitUntil(
    'the sandbox to end',
    () => Promise.resolve(findSandboxProcesses(sandbox.folder, sandbox.pid)),
    (left) => left.length === 0,
  );
});

test('an up that fails leaves nothing, and says what to do', async () => {
  const folder = path.join(base, 'broken');
  const broken = path.join(base, 'entry.mjs');
  writeFileSync(broken, 'process.exit(9);\n');
  const failure: unknown = await startSandbox({ folder, entry: broken }).catch((error: unknown) => error);
  expect(isOperatorError(failure, /did not come up: its platform ended with 9/)).toBe(true);
  expect(existsSync(folder)).toBe(false);
});

test('an up that was killed half way is cleared by down', async () => {
  const folder = path.join(base, 'half');
  const script = path.join(base, 'up.mjs');
  const source = new URL('../../src/sandbox/sandbox.ts', import.meta.url).href;
  writeFileSync(
    script,
    `import { sandboxUp } from ${JSON.stringify(source)};\nawait sandboxUp(${JSON.stringify({ folder, seed: 1, speed: 60, entry: await sandboxEntry(), runtime: process.execPath })});\n`,
  );
  const up = spawn(process.execPath, [script], { stdio: 'ignore' });
  await waitUntil(
    'a process of the sandbox',
    () => Promise.resolve(findSandboxProcesses(folder, null)),
    (found) => found.length > 0,
  );
  up.kill('SIGKILL');
  await sandboxDown({ folder });
  expect(findSandboxProcesses(folder, null)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test('a process that merely uses the sandbox survives down', async () => {
  const sandbox = await started();
  const user = spawn('sleep', ['600'], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin', ...sandbox.env } });
  await sandboxDown(sandbox);
  expect(user.exitCode).toBeNull();
  expect(user.signalCode).toBeNull();
  user.kill('SIGKILL');
});

test('a folder that is not a sandbox is neither used nor removed', async () => {
  writeFileSync(path.join(base, 'precious'), 'data');
  expect(
    isOperatorError(await startSandbox({ folder: base }).catch((error: unknown) => error), /is not empty/),
  ).toBe(true);
  expect(
    isOperatorError(await sandboxDown({ folder: base }).catch((error: unknown) => error), /is not a sandbox/),
  ).toBe(true);
  expect(readFileSync(path.join(base, 'precious'), 'utf8')).toBe('data');
});

test('the clock runs at its speed and the metrics carry its time', async () => {
  const sandbox = await started();
  const read = async (): Promise<number> =>
    Number(readObject(await (await fetch(`${sandbox.values.platform}/clock`)).text())['domainMs']);
  const first = await read();
  const before = performance.now();
  const second = await waitUntil('a domain minute', read, (now) => now - first >= 60_000);
  const speed = (second - first) / (performance.now() - before);
  expect(speed).toBeGreaterThan(50);
  expect(speed).toBeLessThan(75);
  expect((await measure(sandbox, 'vector(time())')) ?? 0).toBeGreaterThanOrEqual(Math.floor(second / 1000));
});
