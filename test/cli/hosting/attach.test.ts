import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attachToAgent } from '../../../src/cli/hosting/host-session.ts';
import { readSurroundings } from '../../../src/cli/surroundings.ts';

test('an agent that takes the connection and says nothing is not waited for for ever: what to do about it is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-attach-'));
  const socket = join(folder, 'agent.sock');
  const server = createServer(() => undefined); // a process that is suspended: the system takes connections for it
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 's'));
  writeFileSync(join(folder, 's', 'socket'), socket);

  const attached = attachToAgent({ ...readSurroundings(folder), sessionsFolder: folder }, 's', 50);
  await expect(attached).rejects.toMatchObject({
    message: expect.stringContaining('does not answer. What it started runs on'),
    nextSteps: [expect.stringContaining('kill -CONT'), expect.stringContaining('walkback resume s')],
  });
});
