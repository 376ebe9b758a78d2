import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Every write of the protocol, in the order of a run: the places where the kill harness stops time. */
export const crashPoints = [
  'intent due',
  'intent written',
  'request sent',
  'request received',
  'claim created',
  'spawned',
  'pid written',
  'exit observed',
  'exit tmp written',
  'exit renamed',
  'ending due',
  'ending recorded',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export const crashVictims = ['screen', 'host', 'supervisor', 'command'] as const;
export type CrashVictim = (typeof crashVictims)[number];

/** Process ids by role, as far as they are known at the point. */
export type CrashTargets = Readonly<Partial<Record<CrashVictim, number | undefined>>>;

/** What the harness wants killed, and where. `pids` are those that the program itself does not know. */
export interface CrashOrder {
  readonly at: CrashPoint;
  readonly victims: readonly CrashVictim[];
  readonly pids: CrashTargets;
}

const orderFile = process.env['WALKBACK_CRASH'];

/** Whether a kill harness may stop this process: never outside a test. */
export const mayCrash = orderFile !== undefined;

/**
 * Kills what the order in the file `WALKBACK_CRASH` names when its point is reached. The order is carried out once: the
 * file is renamed to `….hit`, and `….doomed` lists whom it struck. Without the variable this does nothing.
 */
export function crashPoint(reached: CrashPoint, targets: () => CrashTargets): void {
  if (orderFile === undefined) return;
  const order = readOrder(orderFile);
  if (order?.at !== reached) return;
  const pids = { ...order.pids, ...targets() };
  try {
    renameSync(orderFile, `${orderFile}.hit`);
  } catch {
    return; // another process was here first
  }
  const doomed = order.victims.flatMap((victim) => {
    const pid = pids[victim];
    return pid === undefined ? [] : [{ victim, pid }];
  });
  writeFileSync(`${orderFile}.doomed`, JSON.stringify(doomed));
  // This process last: whatever follows its own SIGKILL would not be sent.
  for (const { pid } of doomed) if (pid !== process.pid) kill(pid);
  if (doomed.some(({ pid }) => pid === process.pid)) kill(process.pid);
}

function readOrder(file: string): CrashOrder | null {
  try {
    const order: CrashOrder = JSON.parse(readFileSync(file, 'utf8'));
    return order;
  } catch {
    return null; // nothing is ordered, or not any more
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago, which is one of the cases the harness is after.
  }
}
