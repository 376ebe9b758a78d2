import { hash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Store } from './store.ts';

/** Bytes under their own SHA-256. */
export interface Blob {
  readonly hash: string;
  readonly size: number;
  readonly compressed: Uint8Array;
}

/** Level 1: at higher levels recording could not keep up with a command that floods. */
const level = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export const makeBlob = (bytes: Uint8Array): Blob => ({
  hash: hash('sha256', bytes, 'hex'),
  size: bytes.length,
  compressed: zstdCompressSync(bytes, level),
});

/** Inside a transaction. The same bytes are kept once. */
export function insertBlob(store: Store, blob: Blob): void {
  store
    .sql(`INSERT INTO blob (hash, size, bytes) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING`)
    .run(blob.hash, blob.size, blob.compressed);
}

/** The bytes, or null where they are not kept (any more). Throws where they cannot be decompressed. */
export function readBlob(store: Store, name: string): Uint8Array | null {
  const row = store.sql<{ bytes: Uint8Array }>(`SELECT bytes FROM blob WHERE hash = ?`).get(name);
  return row === undefined ? null : zstdDecompressSync(row.bytes);
}
