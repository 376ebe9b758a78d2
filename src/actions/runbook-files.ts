import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { FileRead, FileReader } from '../runbook/files.ts';

/** Scripts count too: larger than any runbook may be, small enough to read at once. */
const largest = 16 * 1024 * 1024;

const refuse = (code: string, detail: string): FileRead => ({ ok: false, code, detail });

/**
 * Files of one runbook folder, read without running or following anything out of it: the real path stays inside the
 * root, nothing but a regular file is read, and opening never waits (a FIFO without a writer would wait for ever).
 */
export function runbookFiles(root: string): FileReader {
  return {
    read: (path) => readInside(root, path),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  };
}

function readInside(root: string, path: string): FileRead {
  if (path === '' || path.includes('\0') || isAbsolute(path))
    return refuse('outside', 'the path is not relative');
  try {
    const top = realpathSync(root);
    const real = realpathSync(join(top, path));
    if (!isInside(top, real)) return refuse('outside', 'it lies outside the runbook’s folder');
    const descriptor = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return refuse('not_a_file', 'it is not a regular file');
      if (stats.size > largest) return refuse('too_large', `it has ${stats.size} bytes`);
      // The name may have been turned to something else between the look and the open.
      if (realpathSync(join(top, path)) !== real)
        return refuse('outside', 'it was replaced while it was read');
      return { ok: true, bytes: readAll(descriptor) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return refused(error);
  }
}

function isInside(top: string, real: string): boolean {
  const way = relative(top, real);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Reads to the end, whatever size was announced. */
function readAll(descriptor: number): Uint8Array {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const length = readSync(descriptor, chunk, 0, chunk.length, null);
    if (length === 0) return Buffer.concat(chunks);
    total += length;
    if (total > largest) throw Object.assign(new Error('it grew while it was read'), { code: 'EFBIG' });
    chunks.push(chunk.subarray(0, length));
  }
}

const codes: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['not_found', 'there is no such file'],
  ENOTDIR: ['not_found', 'there is no such file'],
  EACCES: ['no_access', 'it may not be read'],
  EPERM: ['no_access', 'it may not be read'],
  ELOOP: ['outside', 'its links lead in a circle'],
  EISDIR: ['not_a_file', 'it is a folder'],
  ENXIO: ['not_a_file', 'it is not a regular file'],
  ENODEV: ['not_a_file', 'it is not a regular file'],
  ENAMETOOLONG: ['not_found', 'the path is too long'],
  EFBIG: ['too_large', 'it grew while it was read'],
};

function refused(error: unknown): FileRead {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [name, detail] = codes[code] ?? ['unreadable', code === '' ? String(error) : code];
  return refuse(name, detail);
}
