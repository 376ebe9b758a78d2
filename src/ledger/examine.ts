import { chmodSync, constants, copyFileSync, cpSync, existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { headsFolder, listHeads } from './heads.ts';
import type { Ledger } from './open-ledger.ts';
import { projections, rebuildAll } from './rebuild.ts';
import { migrations } from './schema.ts';
import type { Store } from './store.ts';
import { explain } from './trouble.ts';
import { verifySession } from './verify-session.ts';

/** One thing that is wrong with a ledger, in words. */
export interface Finding {
  /** Null for what concerns the file as a whole. */
  readonly session: string | null;
  readonly detail: string;
}

/**
 * Looks for every damage that can be found: SQLite's own structure, each session's chain, values, output and end, and
 * the lists against the events they are made from. Changes nothing. Takes as long as the ledger is large.
 */
export function examineLedger(ledger: Ledger): readonly Finding[] {
  const { store } = ledger;
  const whole = [
    ...attempt(null, ledger, () => fileFindings(store)),
    ...attempt(null, ledger, () => schemaFindings(store)),
  ];
  const listed = attempt(null, ledger, () => store.sql<string>('SELECT id FROM session').pluck().all());
  const sessions = listed.filter((item) => typeof item === 'string');
  const known = new Set([...sessions, ...listHeads(ledger.path)]);
  const findings = [...known].flatMap((session) =>
    attempt(session, ledger, () => sessionFindings(store, session)),
  );
  const lists = ledger.readOnly ? [] : attempt(null, ledger, () => listFindings(store));
  return [...whole, ...listed.filter((item) => typeof item !== 'string'), ...findings, ...lists];
}

/**
 * Copies a damaged ledger with everything beside it into a new folder, before anybody tries anything. Answers the
 * folder. `stamp` makes its name.
 */
export function setAside(path: string, stamp: string): string {
  const folder = `${path}.damaged-${stamp}`;
  try {
    mkdirSync(folder, { mode: 0o700 });
    for (const file of [path, `${path}-wal`, `${path}-journal`]) {
      if (!existsSync(file)) continue;
      const copy = join(folder, basename(file));
      copyFileSync(file, copy, constants.COPYFILE_EXCL);
      chmodSync(copy, 0o600);
    }
    const heads = headsFolder(path);
    if (existsSync(heads)) cpSync(heads, join(folder, basename(heads)), { recursive: true });
    return folder;
  } catch (error) {
    throw explain(error, { path, doing: 'copy the damaged ledger aside' });
  }
}

/** Whether the tables and the triggers that guard them are those that this program makes. */
function schemaFindings(store: Store): readonly Finding[] {
  const query = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name`;
  const model = new Database(':memory:');
  try {
    for (const step of migrations) model.exec(step);
    const expected = model
      .prepare(query)
      .all()
      .map((row) => JSON.stringify(row));
    const found = store
      .sql(query)
      .all()
      .map((row) => JSON.stringify(row));
    const same = expected.length === found.length && expected.every((row, index) => row === found[index]);
    if (same) return [];
    return [
      { session: null, detail: 'a table, index or trigger of the ledger was changed, added or taken away' },
    ];
  } finally {
    model.close();
  }
}

function fileFindings(store: Store): readonly Finding[] {
  const rows = store.connection().pragma('integrity_check(20)') as readonly {
    readonly integrity_check: string;
  }[];
  return rows
    .map(({ integrity_check }) => integrity_check)
    .filter((detail) => detail !== 'ok')
    .map((detail) => ({ session: null, detail: `the file is damaged: ${detail}` }));
}

function sessionFindings(store: Store, session: string): readonly Finding[] {
  const verdict = verifySession(store, session);
  return verdict.ok ? [] : [{ session, detail: `${verdict.why} at event ${verdict.seq}: ${verdict.detail}` }];
}

/** Makes the lists again and compares, in a transaction that is always taken back. */
function listFindings(store: Store): readonly Finding[] {
  const tables = (): readonly string[] =>
    projections.map((table) => JSON.stringify(store.sql(`SELECT * FROM ${table} ORDER BY 1, 2`).all()));
  const takenBack = new Error('taken back');
  const findings: Finding[] = [];
  try {
    store.write(() => {
      const before = tables();
      rebuildAll(store);
      for (const [index, after] of tables().entries()) {
        if (after === before[index]) continue;
        findings.push({ session: null, detail: `the list ${projections[index]} is not what the events say` });
      }
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack) throw error;
  }
  return findings;
}

/** Damage may stop any of the looks; that is a finding too. */
function attempt<Item>(
  session: string | null,
  { path }: Ledger,
  look: () => readonly Item[],
): readonly (Item | Finding)[] {
  try {
    return look();
  } catch (error) {
    const told = explain(error, {
      path,
      doing: session === null ? 'read the ledger' : `read session ${session}`,
    });
    return [{ session, detail: told.message }];
  }
}
