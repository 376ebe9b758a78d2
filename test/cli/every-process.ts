import { readFileSync, readdirSync } from 'node:fs';
import type { Machine } from './walkback.ts';

/**
 * The processes of a machine, and the commands of its sessions with what they started: those know no more of the machine
 * than their home, and outlive the session that is killed.
 */
export const everyProcess = ({ env }: Machine): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`HOME=${env['HOME'] ?? ''}`);
      } catch {
        return false; // it has ended meanwhile
      }
    })
    .map(Number);

/** Everything at once, as a machine that loses its power, without the machine. */
export function killEverything(machine: Machine): void {
  for (const pid of everyProcess(machine)) process.kill(pid, 'SIGKILL');
}
