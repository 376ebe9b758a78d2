import type { CanonicalObject } from './canonical.ts';
import type { ChainRow } from './chain.ts';
import { openHeadFile } from './heads.ts';
import { hashOutput, readOutputs } from './read-output.ts';
import { chainRows } from './rows.ts';
import type { Store } from './store.ts';
import type { ChainVerdict, Head, KnownHead } from './verify-chain.ts';
import { verifyChain } from './verify-chain.ts';

/**
 * Proves one session: its chain, the values behind its commitments, the recorded output against the hashes in the
 * chain, and the end against the head kept beside the ledger (or one that was kept elsewhere).
 */
export function verifySession(store: Store, session: string, known: KnownHead | null = null): ChainVerdict {
  const rows = [...chainRows(store, session)];
  const verdict = verifyChain(rows, known, ...keptHeads(store, session));
  if (!verdict.ok) return verdict;
  return (
    verifyStart(store, session, rows) ??
    verifyOpenings(store, session, rows) ??
    verifyOutputs(store, session, rows) ??
    verdict
  );
}

/** The rows up to the first that cannot be believed: what is worth exporting from a damaged ledger. */
export function soundRows(store: Store, session: string): readonly ChainRow[] {
  const rows: ChainRow[] = [];
  try {
    for (const row of chainRows(store, session)) rows.push(row);
  } catch {
    // A damaged page ends what can be read; what came before it is judged below.
  }
  const verdict = verifyChain(rows);
  return verdict.ok ? rows : rows.filter(({ seq }) => seq < verdict.seq);
}

/** The heads kept on this machine: beside the ledger, and in the session list. */
const keptHeads = (store: Store, session: string): readonly (Head | null)[] => [
  openHeadFile(store.path, session).read(),
  store.sql<Head>('SELECT events AS seq, head AS hash FROM session_row WHERE id = ?').get(session) ?? null,
];

/** The session's own row says the same as its first event. */
function verifyStart(store: Store, session: string, [first]: readonly ChainRow[]): ChainVerdict | null {
  const row = store
    .sql<{ hash: string; format: number; created: string }>(
      'SELECT runbook_hash AS hash, format, created FROM session WHERE id = ?',
    )
    .get(session);
  const { runbook } = bodyOf(first?.body ?? {}) as unknown as {
    readonly runbook?: { readonly hash: string };
  };
  if (row?.hash === (runbook?.hash ?? '') && row?.format === first?.format && row?.created === first?.at)
    return null;
  return {
    ok: false,
    seq: 1,
    why: 'edit',
    detail: 'the session table says something else than its first event',
  };
}

const sealedPlace = /"\$sealed":"[0-9a-f]{64}"/gu;

/** Every commitment has what opens it, or was purged on the record. */
function verifyOpenings(store: Store, session: string, rows: readonly ChainRow[]): ChainVerdict | null {
  const purged = purgesOf(store, session, 'field');
  for (const { seq, body, openings = [] } of rows) {
    const places = (typeof body === 'string' ? body : JSON.stringify(body)).match(sealedPlace)?.length ?? 0;
    const bare = openings.find(({ path, salt }) => salt === null && !purged.has(`${seq}/${path}`));
    if (places === openings.length && bare === undefined) continue;
    const what = bare === undefined ? 'a sealed value' : `the value at ${bare.path}`;
    return { ok: false, seq, why: 'value', detail: `${what} is gone and no purge is recorded` };
  }
  return null;
}

const purgesOf = (store: Store, session: string, what: 'field' | 'output'): ReadonlySet<string> =>
  new Set(
    store.sql<string>('SELECT ref FROM purge WHERE session = ? AND what = ?').pluck().all(session, what),
  );

function verifyOutputs(store: Store, session: string, rows: readonly ChainRow[]): ChainVerdict | null {
  const kept = new Map(readOutputs(store, session).map((output) => [output.attempt, output]));
  const purged = purgesOf(store, session, 'output');
  for (const { seq, type, body } of rows) {
    if (type !== 'command.ended') continue;
    const { attempt, output } = bodyOf(body) as unknown as CommandEnded;
    if (output === null) continue;
    const found = kept.get(attempt);
    const problem =
      found?.purged === true && !purged.has(attempt)
        ? 'its output is gone and no purge is recorded'
        : outputProblem(store, session, attempt, output, found);
    if (problem !== null) return { ok: false, seq, why: 'output', detail: `${attempt}: ${problem}` };
  }
  return null;
}

interface Recorded {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
  readonly truncated: boolean;
}

interface CommandEnded {
  readonly attempt: string;
  readonly output: Recorded | null;
}

function outputProblem(
  store: Store,
  session: string,
  attempt: string,
  { sha256, bytes, lines, truncated }: Recorded,
  found: ReturnType<typeof readOutputs>[number] | undefined,
): string | null {
  if (found === undefined) return 'its output is missing';
  if (found.sha256 !== sha256 || found.bytes !== bytes || found.lines !== lines)
    return 'its output is not the one whose hash was recorded';
  // Purged bytes are gone and truncated ones were never kept whole: only their hash is left to compare.
  if (found.purged || (found.truncated && truncated)) return null;
  try {
    return hashOutput(store, session, attempt) === sha256 ? null : 'its output was changed';
  } catch (error) {
    return `its output cannot be read (${error instanceof Error ? error.message : String(error)})`;
  }
}

const bodyOf = (body: ChainRow['body']): CanonicalObject =>
  typeof body === 'string' ? (JSON.parse(body) as CanonicalObject) : body;
