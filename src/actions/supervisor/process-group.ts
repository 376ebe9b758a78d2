import { isGroupAlive } from '../attempts/process-table.ts';
import { isCode } from '../attempts/sealed-record.ts';

/** Sends a signal to every process of a group; false where none is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM'); // another user's processes are in it: alive, and not ours to stop
  }
}

/** Asks a group to end. A suspended process would never see TERM, so it is woken too. */
export function askToEnd(leader: number): void {
  signalGroup(leader, 'SIGTERM');
  signalGroup(leader, 'SIGCONT');
}

/** Calls once no process of the group is left, or after `limitMs` at the latest. */
export function whenGroupIsGone(leader: number, limitMs: number, call: () => void): void {
  const everyMs = 20;
  if (limitMs <= 0 || !isGroupAlive(leader)) call();
  else setTimeout(() => whenGroupIsGone(leader, limitMs - everyMs, call), everyMs);
}
