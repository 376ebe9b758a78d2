import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { quoteName, quoteText } from '../database.ts';
import type { Database } from '../database/model.ts';
import { hasOwnTable } from '../database/own-table.ts';
import { passTable } from '../database/pass.ts';
import { writesThatPass } from './sqlite-probe.ts';

export interface SqliteFreezeQuestion {
  readonly database: Database;
  /** Opens the same file again, as any process of the application would. */
  readonly openApplication: () => Promise<Database>;
  /** Tables that stay open: the migration tool's own, for instance. */
  readonly except: readonly string[];
  /** How long nothing may be committed. */
  readonly quietMs: number;
}

export interface SqliteFreezeResult {
  readonly state: 'frozen' | 'leaking' | 'refused';
  readonly since: string | null;
  readonly tables: number;
  readonly refused: readonly { readonly code: string; readonly text: string }[];
  readonly leaks: readonly string[];
}

export interface SqliteFreezeState {
  readonly state: 'open' | 'frozen' | 'leaking';
  readonly since: string | null;
  /** By this machine's clock; 0 where it is open. */
  readonly ageSeconds: number;
  readonly leaks: readonly string[];
}

const record = '"walkback_freeze"';
const verbs = ['INSERT', 'UPDATE', 'DELETE'] as const;
type Verb = (typeof verbs)[number];

const triggerName = (table: string, verb: Verb): string => `walkback_frozen_${verb.toLowerCase()}_${table}`;

/** SQLite keeps this text as it is: what is in force is compared with it letter by letter. */
const triggerSql = (table: string, verb: Verb): string =>
  `CREATE TRIGGER ${quoteName(triggerName(table, verb))} BEFORE ${verb} ON ${quoteName(table)} WHEN NOT EXISTS (SELECT 1 FROM ${passTable}) BEGIN SELECT RAISE(ABORT, 'writes are frozen by walkback'); END`;

/**
 * Freezes every table of a file by triggers that refuse each write, in one transaction: SQLite has no rights to take, and a
 * lock would be gone with the process that holds it. What was written before is committed or refused by then; sessions
 * that are open see the triggers with their next statement. Our own commands write on, by a row in `walkback_pass` that
 * nobody else ever sees. Called again it changes nothing but tables that came since, and proves it anew.
 */
export async function freezeSqlite(question: SqliteFreezeQuestion): Promise<SqliteFreezeResult> {
  const { database, except } = question;
  const refuse = (code: string, text: string): SqliteFreezeResult => ({
    state: 'refused',
    since: null,
    tables: 0,
    refused: [{ code, text }],
    leaks: [],
  });
  const existing = await question.openApplication();
  try {
    await existing.query('select name from sqlite_schema'); // it knows the schema of before
    const virtual = await database.query("select name from pragma_table_list where type = 'virtual'");
    if (virtual.length > 0)
      return refuse(
        'virtual_table',
        `${virtual.map((row) => String(row['name'])).join(', ')}: a virtual table takes no trigger; freeze by the application's own switch.`,
      );
    const all = await tablesOf(database);
    const unknown = except.find((name) => !all.includes(name));
    if (unknown !== undefined) return refuse('no_such_table', `There is no table ${unknown} to leave open.`);
    const before = await readRecord(database);
    if (before !== null && before.except.toSorted().join() !== except.toSorted().join())
      return refuse(
        'frozen_otherwise',
        `It is frozen since ${before.since}, with ${before.except.join(', ') || 'no table'} left open.`,
      );

    const tables = all.filter((name) => !except.includes(name));
    await database.transaction(() => setTriggers(database, tables, except));
    const now = await readRecord(database);
    const fresh = await question.openApplication();
    try {
      const leaks = [
        ...(await writesThatPass(existing, tables)).map(
          (leak) => `${leak}, from a session that was there before`,
        ),
        ...(await writesThatPass(fresh, tables)).map((leak) => `${leak}, from a new session`),
        ...(await stillWritten(fresh, question.quietMs)),
      ];
      const state = leaks.length > 0 ? 'leaking' : 'frozen';
      return { state, since: now?.since ?? null, tables: tables.length, refused: [], leaks };
    } finally {
      await fresh.close();
    }
  } finally {
    await existing.close();
  }
}

async function setTriggers(
  database: Database,
  tables: readonly string[],
  except: readonly string[],
): Promise<void> {
  if (!(await hasOwnTable(database, 'freeze'))) {
    const schema = await schemaHash(database);
    await database.script(
      `create table ${record} (one integer primary key check (one = 1), since text not null, except_tables text not null,
         schema_sha256 text not null);
       create table ${passTable} (one integer primary key check (one = 1))`,
    );
    await database.change(`insert into ${record} values (1, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), $1, $2)`, [
      JSON.stringify(except),
      schema,
    ]);
  }
  const there = await triggersOf(database);
  for (const table of tables)
    for (const verb of verbs) {
      const name = triggerName(table, verb);
      const sql = triggerSql(table, verb);
      if (there.get(name) === sql) continue;
      if (there.has(name)) await database.script(`drop trigger ${quoteName(name)}`);
      await database.script(sql);
    }
}

/** `frozen` where every table has its triggers, to the letter, and nobody holds a pass; writes are only tried by the freeze. */
export async function sqliteFreezeState(database: Database): Promise<SqliteFreezeState> {
  const found = await readRecord(database);
  if (found === null) return { state: 'open', since: null, ageSeconds: 0, leaks: [] };
  const there = await triggersOf(database);
  const open = (await tablesOf(database))
    .filter((table) => !found.except.includes(table))
    .flatMap((table) =>
      verbs
        .filter((verb) => there.get(triggerName(table, verb)) !== triggerSql(table, verb))
        .map((verb) => `${verb} on ${table}`),
    );
  const passes = await database.query(`select 1 from ${passTable}`);
  const leaks = [...open, ...(passes.length > 0 ? ['a pass was left behind: every write gets through'] : [])];
  return {
    state: leaks.length > 0 ? 'leaking' : 'frozen',
    since: found.since,
    ageSeconds: found.ageSeconds,
    leaks,
  };
}

/**
 * Takes every trigger of the freeze away again, and the record with them. Called again it does nothing.
 * @returns how many tables are open again, and whether the schema is what it was before the freeze
 */
export async function thawSqlite(
  database: Database,
): Promise<{ readonly tables: number; readonly sameSchema: boolean | null }> {
  if ((await readRecord(database)) === null) return { tables: 0, sameSchema: null };
  let thawed: { tables: number; sameSchema: boolean | null } = { tables: 0, sameSchema: null };
  await database.transaction(async () => {
    const found = await readRecord(database);
    if (found === null) return;
    const names = [...(await triggersOf(database)).keys()];
    for (const name of names) await database.script(`drop trigger ${quoteName(name)}`);
    await database.script(`drop table ${record}; drop table ${passTable}`);
    const sameSchema = (await schemaHash(database)) === found.schemaSha256;
    thawed = { tables: Math.ceil(names.length / verbs.length), sameSchema };
  });
  return thawed;
}

interface FreezeRow {
  readonly since: string;
  readonly ageSeconds: number;
  readonly except: readonly string[];
  readonly schemaSha256: string;
}

async function readRecord(database: Database): Promise<FreezeRow | null> {
  if (!(await hasOwnTable(database, 'freeze'))) return null;
  const [row] = await database.query(
    `select since, strftime('%s', 'now') - strftime('%s', since) as age, except_tables, schema_sha256 from ${record}`,
  );
  if (row === undefined) return null;
  return {
    since: String(row['since']),
    ageSeconds: Number(row['age']),
    except: JSON.parse(String(row['except_tables'])) as readonly string[],
    schemaSha256: String(row['schema_sha256']),
  };
}

const ours = String.raw`name like 'walkback\_%' escape '\'`;

async function tablesOf(database: Database): Promise<readonly string[]> {
  const rows = await database.query(
    String.raw`select name from sqlite_schema where type = 'table' and not (${ours}) and name not like 'sqlite\_%' escape '\' order by name`,
  );
  return rows.map((row) => String(row['name']));
}

async function triggersOf(database: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query(
    `select name, sql from sqlite_schema where type = 'trigger' and name like ${quoteText(String.raw`walkback\_frozen\_%`)} escape '\\'`,
  );
  return new Map(rows.map((row) => [String(row['name']), String(row['sql'])]));
}

/** Of everything in the file that is not ours. */
async function schemaHash(database: Database): Promise<string> {
  const rows = await database.query(
    `select type, name, tbl_name, sql from sqlite_schema where not (${ours}) order by 1, 2`,
  );
  return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
}

/** The version of the file, as this connection sees it, changes with each commit of another one. */
async function stillWritten(database: Database, quietMs: number): Promise<readonly string[]> {
  const version = async () => (await database.query('pragma data_version'))[0]?.['data_version'];
  const first = await version();
  await pause(quietMs);
  return (await version()) === first ? [] : [`something was committed within ${quietMs} ms`];
}
