import { readFileSync } from 'node:fs';
import { carriesMarks, markedProcesses, processIds, startOf } from '../attempts/process-table.ts';
import type { Marks } from '../attempts/process-mark.ts';

/**
 * Processes that an attempt's command left behind when it ended, daemons included. For a short command only the numbers
 * that were given out since it started are looked at: reading the whole table costs more than such a step.
 */
export function leftoversOf(marks: Marks, child: number, durationMs: number): readonly number[] {
  if (process.platform !== 'linux') return markedProcesses(marks).map(({ pid }) => pid);
  const candidates = durationMs < 2_000 ? bornSince(child) : null;
  // A thread answers under its own number too, but is not listed: the list decides.
  const marked = (candidates ?? processIds()).filter((pid) => pid !== child && carriesMarks(pid, marks));
  if (marked.length === 0) return [];
  const listed = new Set(processIds());
  return marked.filter((pid) => listed.has(pid) && startOf(pid) !== null);
}

/** The process numbers given out after `child`; null where that cannot be told cheaply. */
function bornSince(child: number): readonly number[] | null {
  let last: number;
  try {
    last = Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ').at(-1));
  } catch {
    return null;
  }
  const count = last - child;
  if (!Number.isInteger(count) || count < 0 || count > 100) return null;
  return Array.from({ length: count }, (_, index) => child + 1 + index);
}
