import { readFileSync, readdirSync } from 'node:fs';
import { psBootId, psMarkedProcesses, psStartOf } from './process-table-ps.ts';
import { isCode } from './sealed-record.ts';
import type { ProcessMark, Marks } from './process-mark.ts';

/** The names that every child of ours carries, and that a search after a crash looks for. */
export const attemptVariable = 'WALKBACK_ATTEMPT';
export const sessionVariable = 'WALKBACK_SESSION';

const linux = process.platform === 'linux';

/** Another id after every start of the machine. */
export function bootId(): string {
  return linux ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : psBootId();
}

/** When a process started; null where there is none, or where it has ended and only waits to be collected. */
export function startOf(pid: number): string | null {
  if (!linux) return psStartOf(pid);
  const fields = statOf(pid);
  return fields === null || hasEnded(fields.state) ? null : fields.start;
}

/** The mark of a process that we started ourselves: it may have ended already, but its number is not given out anew yet. */
export function markOwnChild(pid: number): ProcessMark | null {
  const start = linux ? statOf(pid)?.start : psStartOf(pid);
  return start === undefined || start === null ? null : { pid, start };
}

const hasEnded = (state: string): boolean => state === 'Z' || state === 'X';

export const isAlive = (mark: ProcessMark): boolean => startOf(mark.pid) === mark.start;

/** The living processes that carry these marks in their environment, oldest first; those of other users cannot be seen. */
export function markedProcesses(marks: Marks): readonly ProcessMark[] {
  if (!linux) return psMarkedProcesses(marks);
  return processIds()
    .filter((pid) => carriesMarks(pid, marks))
    .flatMap((pid) => {
      const start = startOf(pid);
      return start === null ? [] : [{ pid, start }];
    })
    .toSorted((left, right) => Number(left.start) - Number(right.start) || left.pid - right.pid);
}

/** Whether this process was given exactly these marks when it started. Linux. */
export function carriesMarks(pid: number, marks: Marks): boolean {
  let environment: string;
  try {
    environment = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`;
  } catch {
    return false; // gone, or another user's
  }
  const has = (name: string, value: string): boolean =>
    environment.includes(`\0${name}=${Buffer.from(value).toString('latin1')}\0`);
  return has(attemptVariable, marks.attempt) && has(sessionVariable, marks.session);
}

/** Every process id there is (threads are not listed). Linux. */
export function processIds(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether a group has a process that has not ended: one that only waits to be collected cannot do anything any more. */
export function isGroupAlive(leader: number): boolean {
  try {
    process.kill(-leader, 0);
  } catch (error) {
    return isCode(error, 'EPERM'); // another user's processes are in it
  }
  if (!linux) return true;
  return processIds().some((pid) => {
    const fields = statOf(pid);
    return fields !== null && fields.group === String(leader) && !hasEnded(fields.state);
  });
}

/** State, group and start of a process from `/proc/<pid>/stat`. The name in it may hold spaces and brackets: read from its end. */
function statOf(
  pid: number,
): { readonly state: string; readonly group: string; readonly start: string } | null {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: fields[2] ?? '', start: fields[19] ?? '' };
}
