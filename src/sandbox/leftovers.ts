import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { realNow } from './clock.ts';

/**
 * The processes that a sandbox started, found by their environment. Both marks must be there: whoever merely uses the
 * sandbox carries WALKBACK_SANDBOX too, and must never be taken for a part of it.
 *
 * Where there is no /proc, only the platform can be found, by its arguments; the others end when it does.
 */
export function findSandboxProcesses(folder: string, platformPid: number | null): readonly number[] {
  if (!existsSync('/proc/self/environ'))
    return platformPid !== null && commandOf(platformPid).includes(`platform ${folder}`) ? [platformPid] : [];
  const found: number[] = [];
  for (const name of listProcesses()) {
    const environment = readEnvironment(name);
    const mine =
      environment.includes(`WALKBACK_SANDBOX=${folder}`) &&
      environment.some((one) => one.startsWith('WALKBACK_SANDBOX_ROLE='));
    if (mine && Number(name) !== process.pid) found.push(Number(name));
  }
  return found;
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return ''; // no such process
  }
}

function listProcesses(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function readEnvironment(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // gone meanwhile, or somebody else's
  }
}

/** Waits until the sandbox has no process; kills what is left after `graceMs`. Answers the ones that would not go. */
export async function endSandboxProcesses(
  folder: string,
  platformPid: number | null,
  graceMs: number,
): Promise<readonly number[]> {
  const started = realNow();
  for (;;) {
    const left = findSandboxProcesses(folder, platformPid);
    const waited = realNow() - started;
    if (left.length === 0 || waited > graceMs + 5_000) return left;
    if (waited >= graceMs) for (const pid of left) kill(pid);
    await pause(20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it went by itself
  }
}
