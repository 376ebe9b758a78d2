import { OperatorError } from '../errors.ts';
import type { CanonicalValue } from './canonical.ts';
import type { Ledger } from './open-ledger.ts';
import { factProblems } from './parse-facts.ts';
import { rebuildSession } from './rebuild.ts';
import type { LedgerEvent } from './rows.ts';
import type { Opening } from './seal.ts';
import { masked, replaced, unseal, valueAt } from './seal.ts';
import { explain } from './trouble.ts';

/** Who takes bytes out of the record, and why. Kept for good. */
export interface PurgeOrder {
  readonly by: string;
  readonly reason: string;
}

/**
 * Takes the printed bytes of one attempt out of the ledger: a secret that got past the redactor. Its hash stays, so
 * the chain still verifies. The same bytes printed by another attempt stay there until that one is purged too.
 */
export function purgeOutput(ledger: Ledger, session: string, attempt: string, order: PurgeOrder): void {
  const { store } = ledger;
  purge(ledger, session, 'output', attempt, order, () => {
    const seal = store
      .sql('UPDATE output_seal SET purged = 1 WHERE session = ? AND attempt = ?')
      .run(session, attempt);
    if (seal.changes === 0) throw unknown(`attempt ${attempt} of session ${session} has no recorded output`);
    const blobs = store
      .sql<string>('SELECT DISTINCT blob FROM output WHERE session = ? AND attempt = ?')
      .pluck()
      .all(session, attempt);
    store.sql('DELETE FROM output WHERE session = ? AND attempt = ?').run(session, attempt);
    for (const blob of blobs) {
      store
        .sql('DELETE FROM blob WHERE hash = @blob AND NOT EXISTS (SELECT 1 FROM output WHERE blob = @blob)')
        .run({ blob });
    }
  });
}

/**
 * Takes the text of one sealed field out of the ledger (`path` as in `sealedFields`, list places filled in:
 * `readings/0/detail`). Its commitment stays; its salt goes, so that even a short value cannot be guessed.
 */
export function purgeField(
  ledger: Ledger,
  session: string,
  seq: number,
  path: string,
  order: PurgeOrder,
): void {
  const { store } = ledger;
  purge(ledger, session, 'field', `${seq}/${path}`, order, () => {
    const [event] = ledger.events(session, seq);
    const openings = JSON.parse(
      store
        .sql<string>('SELECT openings FROM opening WHERE session = ? AND seq = ?')
        .pluck()
        .get(session, seq) ?? '[]',
    ) as Opening[];
    if (event === undefined || event.seq !== seq || !openings.some((opening) => opening.path === path)) {
      throw unknown(`event ${seq} of session ${session} has no sealed field ${path}`);
    }
    const after = openings.map((opening) =>
      opening.path === path ? { path, salt: null, value: maskedToFit(event, opening) } : opening,
    );
    store
      .sql('UPDATE opening SET openings = ?, purges = purges + 1 WHERE session = ? AND seq = ?')
      .run(JSON.stringify(after), session, seq);
    rebuildSession(store, session);
  });
}

/** Masks every text, except the fixed words without which the fact could not be read back. */
function maskedToFit(event: LedgerEvent, { path, value }: Opening): CanonicalValue {
  let mask = masked(value);
  const body = unseal(event.body, [{ path, salt: null, value: mask }]);
  const prefix = path.split('/');
  for (const problem of factProblems({ ...event, body })) {
    const inside = problem.slice(prefix.length);
    const word = valueAt(value, inside);
    if (typeof word === 'string') mask = replaced(mask, inside, word);
  }
  return mask;
}

function purge(
  ledger: Ledger,
  session: string,
  what: 'output' | 'field',
  ref: string,
  { by, reason }: PurgeOrder,
  work: () => void,
): void {
  const { store, path } = ledger;
  if (reason.trim() === '')
    throw new OperatorError('A purge needs a reason.', ['Say why the bytes must go.']);
  try {
    store.write(() => {
      work();
      store
        .sql(
          `INSERT INTO purge (session, n, at, actor, what, ref, reason) VALUES (@session,
             (SELECT coalesce(max(n), 0) + 1 FROM purge WHERE session = @session), @at, @by, @what, @ref, @reason)`,
        )
        .run({ session, at: ledger.now().iso, by, what, ref, reason });
    });
    // Deleted bytes are overwritten in the file (secure_delete); the log that still shows them is emptied.
    store.emptyLog();
  } catch (error) {
    throw explain(error, {
      path,
      doing: 'purge',
      needBytes: 1_048_576,
      freeBytes: ledger.ballast.freeBytes(),
    });
  }
}

export interface PurgeRow extends PurgeOrder {
  readonly at: string;
  readonly what: 'output' | 'field';
  /** The attempt, or `<seq>/<path>`. */
  readonly ref: string;
}

/** What was purged from one session, in order. */
export const readPurges = ({ store }: Ledger, session: string): readonly PurgeRow[] =>
  store
    .sql<PurgeRow>('SELECT at, actor AS by, what, ref, reason FROM purge WHERE session = ? ORDER BY n')
    .all(session);

const unknown = (what: string): OperatorError =>
  new OperatorError(`There is nothing to purge: ${what}.`, [
    '`walkback show --json` lists events and attempts.',
  ]);
