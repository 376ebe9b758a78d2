import { OperatorError, exitCode } from '../errors.ts';
import type { Fact } from '../machine/facts.ts';
import { factSchema } from '../machine/facts.ts';
import type { RecordedFact, SessionLog } from '../session/ports.ts';
import { canonicalJson, wellFormed } from './canonical.ts';
import type { ChainRow } from './chain.ts';
import { genesisHash, ledgerFormat, rowHash } from './chain.ts';
import { openHeadFile } from './heads.ts';
import type { Ledger } from './open-ledger.ts';
import type { SealedOutput } from './output-writer.ts';
import { openOutputWriter } from './output-writer.ts';
import { readFacts } from './parse-facts.ts';
import { project } from './project.ts';
import { openSampleWriter } from './samples.ts';
import type { Opening } from './seal.ts';
import { seal } from './seal.ts';
import { sealedFields } from './sealed-fields.ts';
import type { Trouble } from './trouble.ts';
import { explain, troubleOf } from './trouble.ts';
import type { Head } from './verify-chain.ts';

/** What is appended: a fact, who made it, and its time (ISO 8601, UTC). */
export type Appended = Parameters<SessionLog['append']>[0][number];

export interface LedgerSessionLog extends SessionLog {
  sealOutput(attempt: string): SealedOutput;
  /** The newest row. Give it to people and messages: with it, rows cut from the end are found. */
  head(): Head;
  /** Writes what is left. The ledger itself stays open. */
  close(): void;
}

interface NewRow {
  readonly row: ChainRow & { readonly body: string };
  readonly openings: readonly Opening[];
  readonly fact: Fact;
}

export interface SessionLogOptions {
  /** Output kept of one attempt, in bytes. */
  readonly maxOutputBytes?: number;
}

const gigabyte = 1_073_741_824;
/** A transaction with the largest facts, its indexes and the log's own overhead. */
const spaceForAppend = 1_048_576;

/**
 * The writer of one session, new or resumed. Throws `OperatorError` where the ledger lost events that it had
 * acknowledged. Two writers may be open; the first append of the second one fails, because the place is taken.
 */
export function openSessionLog(
  ledger: Ledger,
  session: string,
  options: SessionLogOptions = {},
): LedgerSessionLog {
  const { store, ballast } = ledger;
  const headFile = openHeadFile(store.path, session);
  /** Rows of an append whose end is not known: the disk failed while it was written or looked at. */
  let uncertain: readonly NewRow[] | null = null;
  let head = checkedHead();
  ledger.onClose(() => headFile.close());

  const outputs = openOutputWriter(store, session, options.maxOutputBytes ?? gigabyte);
  const samples = openSampleWriter(store, session);

  function checkedHead(): Head {
    const found = storedHead() ?? { seq: 0, hash: '' };
    const kept = headFile.read();
    if (kept === null || kept.seq < found.seq) return found;
    const row = ledger.store
      .sql<{ hash: string }>('SELECT hash FROM event WHERE session = ? AND seq = ?')
      .get(session, kept.seq);
    if (row?.hash === kept.hash) return found;
    throw lostEvents(store.path, session, found.seq, kept.seq);
  }

  function storedHead(): (Head & { readonly id: string }) | null {
    const row = store
      .sql<Head & { id: string }>(
        'SELECT seq, hash, id FROM event WHERE session = ? ORDER BY seq DESC LIMIT 1',
      )
      .get(session);
    return row ?? null;
  }

  /** Runs one transaction; gives up the ballast and tries again where the disk is full. Errors come out raw. */
  function guarded(work: () => void): void {
    try {
      store.write(work);
    } catch (error) {
      if (troubleOf(error) !== 'full' || !ballast.release()) throw error;
      ledger.warn(`The disk was full. The space kept in reserve was given up: free some before you go on.`);
      store.write(work);
    }
  }

  function make(items: readonly Appended[]): readonly NewRow[] {
    const rows: NewRow[] = [];
    let prev = head;
    for (const { fact: given, actor, at } of items) {
      // What is written is what can be read back: parsed by the same schema, and free of broken text.
      const fact = factSchema.parse(wellFormed(given));
      const { type, ...rest } = fact;
      if (prev.seq === 0) prev = { seq: 0, hash: genesisHash(session, runbookHashOf(fact), ledgerFormat) };
      const { body, openings } = seal(rest, sealedFields[type]);
      const bare = {
        session,
        seq: prev.seq + 1,
        id: ledger.newId(),
        at,
        mono: ledger.mono(),
        boot: ledger.boot,
        actor: actor.toWellFormed(),
        role: 'by' in fact ? 'person' : 'program',
        type,
        format: ledgerFormat,
        body: canonicalJson(body),
        prev: prev.hash,
      };
      const row = { ...bare, hash: rowHash(bare) };
      rows.push({ row, openings, fact });
      prev = { seq: row.seq, hash: row.hash };
    }
    return rows;
  }

  function insert(rows: readonly NewRow[]): void {
    for (const { row, openings, fact } of rows) {
      if (row.seq === 1) {
        store
          .sql('INSERT INTO session (id, runbook_hash, format, created) VALUES (?, ?, ?, ?)')
          .run(session, runbookHashOf(fact), ledgerFormat, row.at);
      }
      store
        .sql(
          `INSERT INTO event (session, seq, id, at, mono, boot, actor, role, type, format, body, prev, hash)
           VALUES (@session, @seq, @id, @at, @mono, @boot, @actor, @role, @type, @format, @body, @prev, @hash)`,
        )
        .run(row);
      if (openings.length === 0) continue;
      store
        .sql('INSERT INTO opening (session, seq, openings) VALUES (?, ?, ?)')
        .run(session, row.seq, JSON.stringify(openings));
    }
    project(store, rows);
    outputs.writePending();
    samples.writePending();
  }

  function commit(rows: readonly NewRow[]): void {
    try {
      guarded(() => insert(rows));
    } catch (error) {
      if (!recordedAllTheSame(rows, error)) {
        throw explain(error, {
          path: store.path,
          doing: `record ${words(rows)}`,
          needBytes: spaceForAppend,
          freeBytes: ballast.freeBytes(),
        });
      }
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    head = { seq: last.row.seq, hash: last.row.hash };
    outputs.settled();
    samples.settled();
    headFile.write(head);
  }

  /** A commit that failed may still have been kept: open the file again and look before anything is decided. */
  function recordedAllTheSame(rows: readonly NewRow[], error: unknown): boolean {
    const trouble = troubleOf(error);
    if (trouble === 'locked' || trouble === 'taken' || trouble === 'other') return false;
    uncertain = rows;
    store.reopen();
    const found = look(rows);
    uncertain = null;
    return found;
  }

  function look(rows: readonly NewRow[]): boolean {
    const last = rows.at(-1);
    if (last === undefined || storedHead()?.id !== last.row.id) return false;
    // It is in the log, but the sync that failed may have dropped it from the disk: write it to the file itself.
    if (store.checkpoint()) return true;
    throw new OperatorError(
      `The disk failed while events were recorded in ${store.path}, and another program holds its log: it is not certain that the disk kept them.`,
      ['Start nothing new. Close other walkback programs that read the ledger, then try again.'],
      { exitCode: exitCode.failed },
    );
  }

  /** Facts whose append ended in doubt, given again: answers what was recorded then, so that none is doubled. */
  function settle(items: readonly Appended[]): readonly NewRow[] | null {
    const rows = uncertain;
    if (rows === null) return null;
    store.reopen();
    const kept = look(rows);
    uncertain = null;
    if (!kept) return null;
    const last = rows.at(-1);
    if (last !== undefined) head = { seq: last.row.seq, hash: last.row.hash };
    outputs.settled();
    samples.settled();
    headFile.write(head);
    return sameFacts(rows, items) ? rows : null;
  }

  return {
    session,
    head: () => head,
    facts: () => readFacts(ledger, session, headFile.read()),
    append(items) {
      const before = settle(items);
      if (before !== null) return before.map(recorded);
      if (items.length === 0) return [];
      const rows = make(items);
      commit(rows);
      if (items.some(({ fact }) => isLast(fact))) retireHead();
      return rows.map(recorded);
    },
    mayPass: (error) => error instanceof OperatorError && passing.has(troubleOf(error.cause)),
    appendOutput: (attempt, bytes) => outputs.append(attempt, bytes),
    sealOutput: (attempt) => outputs.seal(attempt),
    addSamples: (list) => samples.add(list),
    close() {
      if (outputs.hasPending() || samples.hasPending()) {
        guarded(() => {
          outputs.writePending();
          samples.writePending();
        });
        outputs.settled();
        samples.settled();
      }
      headFile.close();
    },
  };

  /** Once a closed session stands in the file itself, its head has nothing left to guard. */
  function retireHead(): void {
    headFile.close();
    try {
      if (store.checkpoint()) headFile.remove();
    } catch {
      // The events are recorded; a head that stays only guards them longer.
    }
  }
}

/** After an error of the disk nothing is appended before the ledger was opened anew and looked at. */
const passing: ReadonlySet<Trouble> = new Set<Trouble>(['full', 'locked']);

/** After these nothing is under way any more, though more may be written. */
const isLast = ({ type }: Fact): boolean =>
  type === 'session.closed' ||
  type === 'evaluation.made' ||
  type === 'watch.stopped' ||
  type === 'decision.recorded' ||
  type === 'deployment.recorded' ||
  type === 'cause.told';

function runbookHashOf(fact: Fact): string {
  switch (fact.type) {
    case 'session.started':
    case 'proposal.opened':
    case 'evaluation.made':
      return fact.runbook.hash;
    case 'watch.started':
      return ''; // any number of runbooks, which may change while it runs
    case 'deployment.recorded':
    case 'cause.told':
      return ''; // about no runbook
    default:
      throw new Error(`no record begins with ${fact.type}`);
  }
}

const recorded = ({ row, fact }: NewRow): RecordedFact => ({
  seq: row.seq,
  id: row.id,
  at: row.at,
  actor: row.actor,
  fact,
  hash: row.hash,
});

const words = (rows: readonly NewRow[]): string => rows.map(({ row }) => row.type).join(', ');

const sameFacts = (rows: readonly NewRow[], items: readonly Appended[]): boolean =>
  rows.length === items.length &&
  rows.every(({ fact, row }, index) => {
    const item = items[index];
    if (item === undefined || row.at !== item.at || row.actor !== item.actor) return false;
    const given = wellFormed(item.fact);
    return canonicalJson(fact) === canonicalJson(given);
  });

const lostEvents = (path: string, session: string, has: number, had: number): OperatorError =>
  new OperatorError(
    `${path} has lost events of session ${session}: event ${had} was recorded, and the ledger now ends at ${has} or holds another one there. Its log was deleted or damaged, or an older copy was put in its place.`,
    [
      `Copy ${path} and the files beside it that start with the same name to a safe place.`,
      `Put the newest copy back; or run \`walkback verify ${session}\` and decide by hand what was done after event ${has}.`,
    ],
    { exitCode: exitCode.failed },
  );
