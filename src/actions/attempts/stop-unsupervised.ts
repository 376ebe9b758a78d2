import { setTimeout } from 'node:timers/promises';
import { askToEnd, signalGroup } from '../supervisor/process-group.ts';
import { isAlive } from './process-table.ts';
import type { ProcessMark } from './process-mark.ts';

const everyMs = 50;

/** Stops a command that nobody supervises any more: TERM to its group, KILL after the grace time. */
export async function stopUnsupervised(leader: ProcessMark, graceMs: number): Promise<void> {
  if (!isAlive(leader)) return;
  askToEnd(leader.pid);
  for (let waited = 0; waited < graceMs; waited += everyMs) {
    await setTimeout(everyMs);
    if (!isAlive(leader)) return;
  }
  if (isAlive(leader)) signalGroup(leader.pid, 'SIGKILL');
}
