import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Blob } from './blobs.ts';
import { insertBlob, makeBlob } from './blobs.ts';
import type { Store } from './store.ts';

/** Smaller chunks cost a third of the throughput. Cut at the same places however the bytes arrive. */
const chunkBytes = 256 * 1024;
/** What is written in one transaction while a command floods. */
const batchChunks = 8;

export interface SealedOutput {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  /** True where not everything was kept: the cap was reached, or the disk was full. */
  readonly truncated: boolean;
}

/** Collects what commands print; rows are written a few chunks at a time, the last ones with the next append. */
export interface OutputWriter {
  append(attempt: string, bytes: Uint8Array): void;
  seal(attempt: string): SealedOutput;
  /** Writes the sealed rest; inside the transaction of an append. */
  writePending(): void;
  /** The rest is on disk: forget it. */
  settled(): void;
  hasPending(): boolean;
}

interface Collected {
  readonly digest: Hash;
  readonly buffer: Buffer;
  fill: number;
  bytes: number;
  kept: number;
  lines: number;
  endsInsideLine: boolean;
  chunks: number;
  truncated: boolean;
  waiting: (Blob & { readonly n: number })[];
  sealed: SealedOutput | null;
}

/**
 * What a command prints never stops it, or the recording of its outcome: where the
 * disk is full or the cap is reached, the rest is counted and hashed but not kept, and the seal says so.
 */
export function openOutputWriter(store: Store, session: string, maxBytes: number): OutputWriter {
  const attempts = new Map<string, Collected>();
  const settling: string[] = [];

  function begin(attempt: string): Collected {
    const known = attempts.get(attempt);
    if (known !== undefined && known.sealed === null) return known;
    const made: Collected = {
      digest: createHash('sha256'),
      buffer: Buffer.allocUnsafe(chunkBytes),
      fill: 0,
      bytes: 0,
      kept: 0,
      lines: 0,
      chunks: 0,
      endsInsideLine: false,
      truncated: false,
      waiting: [],
      sealed: null,
    };
    attempts.set(attempt, made);
    return made;
  }

  function cut(output: Collected): void {
    if (output.fill === 0) return;
    const bytes = output.buffer.subarray(0, output.fill);
    output.fill = 0;
    if (output.kept + bytes.length > maxBytes) output.truncated = true;
    if (output.truncated) return;
    output.kept += bytes.length;
    output.waiting.push({ ...makeBlob(bytes), n: output.chunks });
    output.chunks += 1;
  }

  function write(attempt: string, output: Collected): void {
    for (const blob of output.waiting) {
      // After a crash the whole output is read again from the spool: the first chunk starts the record anew.
      if (blob.n === 0) forget(attempt);
      insertBlob(store, blob);
      store
        .sql(`INSERT INTO output (session, attempt, n, blob) VALUES (?, ?, ?, ?)`)
        .run(session, attempt, blob.n, blob.hash);
    }
    if (output.sealed === null) return;
    const { sha256, bytes, lines, truncated } = output.sealed;
    if (output.chunks === 0) forget(attempt);
    store
      .sql(
        `INSERT OR REPLACE INTO output_seal (session, attempt, sha256, bytes, lines, truncated) VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(session, attempt, sha256, bytes, lines, truncated ? 1 : 0);
  }

  function forget(attempt: string): void {
    store.sql(`DELETE FROM output WHERE session = ? AND attempt = ?`).run(session, attempt);
    store.sql(`DELETE FROM output_seal WHERE session = ? AND attempt = ?`).run(session, attempt);
  }

  function flush(attempt: string, output: Collected): void {
    try {
      // Without the ballast: that is for facts.
      store.write(() => write(attempt, output));
    } catch {
      output.truncated = true;
    }
    output.waiting = [];
  }

  return {
    append(attempt, bytes) {
      const output = begin(attempt);
      output.digest.update(bytes);
      output.bytes += bytes.length;
      count(output, bytes);
      for (let from = 0; from < bytes.length;) {
        const taken = Math.min(chunkBytes - output.fill, bytes.length - from);
        output.buffer.set(bytes.subarray(from, from + taken), output.fill);
        output.fill += taken;
        from += taken;
        if (output.fill === chunkBytes) cut(output);
      }
      if (output.waiting.length >= batchChunks) flush(attempt, output);
    },
    seal(attempt) {
      const output = begin(attempt);
      cut(output);
      const { bytes, truncated } = output;
      const lines = output.lines + (output.endsInsideLine ? 1 : 0);
      output.sealed = { sha256: output.digest.digest('hex'), bytes, lines, truncated };
      if (!settling.includes(attempt)) settling.push(attempt);
      return output.sealed;
    },
    writePending() {
      for (const attempt of settling) {
        const output = attempts.get(attempt);
        if (output !== undefined) write(attempt, output);
      }
    },
    settled() {
      for (const attempt of settling.splice(0)) attempts.delete(attempt);
    },
    hasPending: () => settling.length > 0,
  };
}

const newline = 0x0a;

function count(output: Collected, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) output.lines += 1;
  output.endsInsideLine = bytes[bytes.length - 1] !== newline;
}
