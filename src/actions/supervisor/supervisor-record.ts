import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessMark } from '../attempts/process-mark.ts';
import { hasShape, isNumber, isText, readRecord, sealRecord } from '../attempts/sealed-record.ts';

/** Where a session's supervisor is found by the next agent. */
export interface SupervisorRecord extends ProcessMark {
  readonly boot: string;
  readonly socket: string;
}

const fileIn = (folder: string): string => path.join(folder, 'supervisor');

export function writeSupervisor(folder: string, record: SupervisorRecord): void {
  const temporary = `${fileIn(folder)}.${record.pid}.tmp`;
  writeFileSync(temporary, sealRecord(record), { mode: 0o600 });
  renameSync(temporary, fileIn(folder));
}

export function readSupervisor(folder: string): SupervisorRecord | null {
  const record = readRecord(fileIn(folder), isSupervisor);
  return record === 'torn' ? null : record;
}

/** Takes a supervisor's record away, so that the next agent starts another one. */
export function removeSupervisor(folder: string, pid: number): void {
  if (readSupervisor(folder)?.pid === pid) rmSync(fileIn(folder), { force: true });
}

function isSupervisor(value: unknown): value is SupervisorRecord {
  return hasShape(value, { pid: isNumber, start: isText, boot: isText, socket: isText });
}
