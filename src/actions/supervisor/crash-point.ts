import { existsSync, writeFileSync } from 'node:fs';

/** Every write of the protocol, in the order of a run: the places where the kill harness stops time. */
export const crashPoints = [
  'intent written',
  'request sent',
  'request received',
  'claim created',
  'spawned',
  'pid written',
  'exit observed',
  'exit tmp written',
  'exit renamed',
  'ending recorded',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

const crashVictims = ['host', 'supervisor', 'command'] as const;
export type CrashVictim = (typeof crashVictims)[number];

/** Process ids by role, as far as they are known at the point. */
export type CrashTargets = Readonly<Partial<Record<CrashVictim, number | undefined>>>;

const order = process.env['WALKBACK_CRASH'];
const [point, victims = '', record] = order === undefined ? [] : order.split(':');

/**
 * Kills what `WALKBACK_CRASH=point:victim,victim:file` names when this point is reached for the first time, and notes in
 * `file` that it was. For the kill harness only: without the variable it does nothing.
 */
export function crashPoint(reached: CrashPoint, targets: () => CrashTargets): void {
  if (point !== reached || record === undefined || existsSync(record)) return;
  const pids = targets();
  writeFileSync(record, reached);
  // This process last: whatever follows its own SIGKILL would not be sent.
  const doomed = crashVictims
    .filter((victim) => victims.split(',').includes(victim))
    .map((victim) => pids[victim]);
  for (const pid of doomed) if (pid !== undefined && pid !== process.pid) kill(pid);
  if (doomed.includes(process.pid)) kill(process.pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago, which is one of the cases the harness is after.
  }
}
