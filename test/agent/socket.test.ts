import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dial, keepListening, socketPath } from '../../src/agent/socket.ts';

const { uid } = userInfo();

function place() {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-socket-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const runtimeFolder = join(folder, 'run');
  mkdirSync(runtimeFolder);
  return { runtimeFolder, temporaryFolder: folder, uid };
}

test('a host is found again after the runtime folder went with the last login, and nobody is cut off', async () => {
  const around = place();
  const placed: string[] = [];
  const heard: string[] = [];
  const server = await keepListening(
    () => socketPath('s', around),
    (connection) => connection.onMessage(({ t }) => heard.push(t)),
    (path) => placed.push(path),
    10,
  );
  onTestFinished(() => server.close());
  const early = await dial(placed[0] ?? '');

  rmSync(around.runtimeFolder, { recursive: true });
  writeFileSync(around.runtimeFolder, ''); // no folder can be made there, as under /run/user
  await vi.waitFor(() => expect(placed).toHaveLength(2));
  expect(dirname(placed[1] ?? '')).toBe(join(around.temporaryFolder, `walkback-${uid}`));
  const late = await dial(placed[1] ?? '');
  early?.send({ t: 'bye' });
  late?.send({ t: 'bye' });
  await vi.waitFor(() => expect(heard).toEqual(['bye', 'bye']));
  early?.close();
  late?.close();

  rmSync(placed[1] ?? ''); // cleared away with other old files
  await vi.waitFor(() => expect(placed).toHaveLength(3));
  expect(await dial(placed[2] ?? '').then((again) => again?.close())).toBeUndefined();
  server.close();
  expect(existsSync(placed[2] ?? '')).toBe(false);
});

test('a runtime folder that is not one’s own is passed over; where no folder is, it is said', () => {
  const around = place();
  const own = join(around.temporaryFolder, `walkback-${uid}`);
  mkdirSync(join(around.runtimeFolder, 'walkback'), { mode: 0o755 }); // others can enter it
  expect(dirname(socketPath('s', around))).toBe(own);

  chmodSync(own, 0o755);
  expect(() => socketPath('s', around)).toThrow(`${own} cannot hold the session’s socket`);
});

test('a socket is its owner’s alone, and what others make in the same moment is made as they asked', async () => {
  const around = place();
  const before = process.umask();
  const path = socketPath('s', around);
  const listening = keepListening(
    () => path,
    () => undefined,
    () => undefined,
  );
  expect(process.umask()).toBe(before);
  const server = await listening;
  expect(statSync(path).mode & 0o777).toBe(0o600);
  server.close();
});
