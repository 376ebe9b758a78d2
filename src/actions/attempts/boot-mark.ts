import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { hasShape, isText, readRecord, sealRecord } from './sealed-record.ts';

/**
 * Whether the machine was started anew since this session last started a command. Claims are not synced to the disk, so
 * after a power cut a missing claim proves nothing: only this mark, which is synced, can tell.
 */
export interface BootMark {
  readonly afterReboot: boolean;
  /** Moves the mark to this boot; to be called before the first start, when recovery has asked for what was open. */
  settle(): void;
}

export function openBootMark(folder: string, boot: string): BootMark {
  const marked = readRecord(path.join(folder, 'boot'), isBootRecord);
  if (marked === null) writeSynced(folder, boot);
  const afterReboot = marked !== null && (marked === 'torn' || marked.boot !== boot);
  let settled = !afterReboot;
  return {
    afterReboot,
    settle: () => {
      if (!settled) writeSynced(folder, boot);
      settled = true;
    },
  };
}

function writeSynced(folder: string, boot: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'boot');
  withDescriptor(`${file}.tmp`, 'w', (descriptor) => {
    writeSync(descriptor, sealRecord({ boot }));
    fsyncSync(descriptor);
  });
  renameSync(`${file}.tmp`, file);
  withDescriptor(folder, 'r', fsyncSync);
}

function withDescriptor(file: string, flags: string, use: (descriptor: number) => void): void {
  const descriptor = openSync(file, flags, 0o600);
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function isBootRecord(value: unknown): value is { readonly boot: string } {
  return hasShape(value, { boot: isText });
}
