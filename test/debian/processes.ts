import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Ends what still has the folder in its environment: the agent and the supervisor of a session that failed to end. */
export async function endProcesses(folder: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const left = processesOf(folder);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, tries < 50 ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    await pause(100);
  }
  throw new Error(`processes of ${folder} would not end: ${processesOf(folder).join(' ')}`);
}

function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}
