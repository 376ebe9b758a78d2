import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until it is so, and says what it waited for where it never is. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(100);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface RealServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * A server of a Debian package that answers `/-/ready`, on a free port and with a folder of its own.
 * @param prepare fills the folder before the start, and answers the arguments
 */
export async function startServer(
  name: string,
  program: string,
  prepare: (folder: string) => Promise<readonly string[]> | readonly string[],
): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), `walkback-${program}-`));
  const port = await freePort();
  const listening = [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'];
  const server = spawn(program, [...(await prepare(folder)), ...listening], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'exit');
  let complaints = '';
  server.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(`${name} answers`, async () => {
      if (server.exitCode !== null) throw new Error(`${name} ended: ${complaints}`);
      return fetch(`${url}/-/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
