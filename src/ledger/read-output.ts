import { createHash } from 'node:crypto';
import { readBlob } from './blobs.ts';
import type { Store } from './store.ts';

/** What is kept of one attempt's output. */
export interface OutputRow {
  readonly attempt: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  readonly truncated: boolean;
  readonly purged: boolean;
}

export function readOutputs(store: Store, session: string): readonly OutputRow[] {
  return store
    .sql<Omit<OutputRow, 'truncated' | 'purged'> & { truncated: number; purged: number }>(
      `SELECT attempt, sha256, bytes, lines, truncated, purged FROM output_seal WHERE session = ? ORDER BY attempt`,
    )
    .all(session)
    .map((row) => ({ ...row, truncated: row.truncated === 1, purged: row.purged === 1 }));
}

/** The kept bytes of one attempt, a chunk at a time. */
export function* readOutputBytes(store: Store, session: string, attempt: string): Generator<Uint8Array> {
  const chunks = store
    .sql<string>('SELECT blob FROM output WHERE session = ? AND attempt = ? ORDER BY n')
    .pluck()
    .all(session, attempt);
  for (const chunk of chunks) {
    const bytes = readBlob(store, chunk);
    if (bytes === null) throw new Error(`output ${attempt}: chunk ${chunk} is missing`);
    yield bytes;
  }
}

/** The kept lines of one attempt, without their line ends; bytes that are no UTF-8 come as U+FFFD. */
export function* readOutputLines(store: Store, session: string, attempt: string): Generator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for (const bytes of readOutputBytes(store, session, attempt)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** SHA-256 over everything kept of one attempt. */
export function hashOutput(store: Store, session: string, attempt: string): string {
  const digest = createHash('sha256');
  for (const bytes of readOutputBytes(store, session, attempt)) digest.update(bytes);
  return digest.digest('hex');
}
