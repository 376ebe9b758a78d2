import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/*
 * Some tests run only where a tool is there. Here all of them have to run: what they ask for has to be there.
 */

test.each(['tmux', 'strace', 'ssh-keygen', 'git', 'prometheus-alertmanager'])('%s is installed', (tool) => {
  expect(spawnSync('sh', ['-c', `command -v ${tool}`]).status).toBe(0);
});

test('strace may trace, so that the ledger’s syncs can be made to fail', () => {
  expect(spawnSync('strace', ['-f', '-qq', '-e', 'trace=fdatasync', 'true']).status).toBe(0);
});
