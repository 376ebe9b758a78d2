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

const newline = 0x0a;

const chunksOf = (store: Store, session: string, attempt: string): readonly string[] =>
  store
    .sql<string>('SELECT blob FROM output WHERE session = ? AND attempt = ? ORDER BY n')
    .pluck()
    .all(session, attempt);

function readChunk(store: Store, attempt: string, chunk: string): Uint8Array {
  const bytes = readBlob(store, chunk);
  if (bytes === null) throw new Error(`output ${attempt}: chunk ${chunk} is missing`);
  return bytes;
}

/** The kept bytes of one attempt, a chunk at a time. */
export function* readOutputBytes(store: Store, session: string, attempt: string): Generator<Uint8Array> {
  for (const chunk of chunksOf(store, session, attempt)) yield readChunk(store, attempt, chunk);
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

/** At most `count` lines, those with which `readOutputLines` would end: only the chunks that hold them are read. */
export function readLastOutputLines(
  store: Store,
  session: string,
  attempt: string,
  count: number,
): readonly string[] {
  const chunks = chunksOf(store, session, attempt);
  const pieces: Uint8Array[] = [];
  let first = chunks.length;
  // one end more than lines: the line that begins in a chunk before is not looked at
  for (let ends = 0; first > 0 && ends <= count;) {
    first -= 1;
    const bytes = readChunk(store, attempt, chunks[first] ?? '');
    pieces.unshift(bytes);
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) ends += 1;
  }
  const bytes = Buffer.concat(pieces);
  const whole = first === 0;
  const text = new TextDecoder('utf-8', { ignoreBOM: !whole }).decode(
    whole ? bytes : bytes.subarray(bytes.indexOf(newline) + 1),
  );
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-count);
}

/** SHA-256 over everything kept of one attempt. */
export function hashOutput(store: Store, session: string, attempt: string): string {
  const digest = createHash('sha256');
  for (const bytes of readOutputBytes(store, session, attempt)) digest.update(bytes);
  return digest.digest('hex');
}
