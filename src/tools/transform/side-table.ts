import { createHash } from 'node:crypto';
import { quoteName, quotePath } from '../database.ts';
import type { Cell, Database } from '../database/model.ts';
import type { TableShape } from '../table-shape.ts';

/** Where the originals of one table lie, in the same database and schema as the table itself. */
export interface SideTable {
  readonly name: string;
  readonly path: string;
}

const longestName = 63;

/** `walkback_<session>_<table>`, cut where the database takes no longer name. */
export function sideTable(session: string, shape: TableShape): SideTable {
  const plain = `walkback_${session}_${shape.table}`.replaceAll(/[^A-Za-z0-9_]/g, '_').toLowerCase();
  const name =
    plain.length <= longestName
      ? plain
      : `${plain.slice(0, longestName - 9)}_${createHash('sha256').update(plain).digest('hex').slice(0, 8)}`;
  return { name, path: shape.schema === null ? quoteName(name) : quotePath(shape.schema, name) };
}

/** One row a table and session: what was expected, what was done with which plan, and until when originals stay. */
const progressTable = 'walkback_transform';

export interface Progress {
  readonly plan: string;
  readonly expected: number;
  readonly state: 'running' | 'done' | 'reversing' | 'reversed';
  readonly keepUntil: string;
}

/** Makes the progress table. */
export async function openProgress(database: Database): Promise<void> {
  await database.change(
    `create table if not exists ${progressTable} (
       session text not null, tbl text not null, plan text not null, expected bigint not null,
       state text not null, keep_until text not null, primary key (session, tbl))`,
  );
}

/** How far a conversion has got, or null where none was begun; with `lock` its row is held to the end of the transaction. */
export async function readProgress(
  database: Database,
  session: string,
  table: string,
  lock: boolean,
): Promise<Progress | null> {
  if (!(await tableExists(database, progressTable))) return null;
  // SQLite has one writer anyway
  const held = lock && database.dialect === 'postgres' ? ' for update' : '';
  const [row] = await database.query(
    `select plan, expected, state, keep_until from ${progressTable} where session = $1 and tbl = $2${held}`,
    [session, table],
  );
  if (row === undefined) return null;
  return {
    plan: String(row['plan']),
    expected: Number(row['expected']),
    state: String(row['state']) as Progress['state'],
    keepUntil: String(row['keep_until']),
  };
}

export async function writeProgress(
  database: Database,
  session: string,
  table: string,
  { plan, expected, state, keepUntil }: Progress,
): Promise<void> {
  await database.change(
    `insert into ${progressTable} (session, tbl, plan, expected, state, keep_until)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (session, tbl) do update
     set plan = excluded.plan, expected = excluded.expected, state = excluded.state, keep_until = excluded.keep_until`,
    [session, table, plan, expected, state, keepUntil],
  );
}

export async function tableExists(database: Database, path: string): Promise<boolean> {
  const [row] =
    database.dialect === 'sqlite'
      ? await database.query("select count(*) as n from sqlite_schema where type = 'table' and name = $1", [
          path.replaceAll('"', '').split('.').at(-1) ?? '',
        ])
      : await database.query('select count(*)::int as n where to_regclass($1) is not null', [path]);
  return Number(row?.['n'] ?? 0) > 0;
}

/** Columns of ours in a side table; the table's own columns stand beside them. */
const ours = {
  batch: 'walkback_batch',
  rule: 'walkback_rule',
  before: 'walkback_before',
  after: 'walkback_after',
  restored: 'walkback_restored',
} as const;

/** Makes the side table, with the table's own types, so that nothing is converted on the way there or back. */
export async function openSideTable(database: Database, shape: TableShape, side: SideTable): Promise<void> {
  if (await tableExists(database, side.path)) return;
  const key = shape.key.map(quoteName).join(', ');
  const own = `${ours.batch} bigint not null, ${ours.rule} text not null, ${ours.before} text not null,
    ${ours.after} text, ${ours.restored} smallint not null default 0`;
  const columns = database.dialect === 'sqlite' ? await sqliteColumns(database, shape) : `like ${shape.path}`;
  await database.change(`create table ${side.path} (${columns}, ${own}, primary key (${key}))`);
  for (const columns of indexed) await database.change(indexSql(database, shape, side, columns));
}

/**
 * Columns without a type, so that values stay as they are; but those of the key have the affinity that they have in the
 * table, which changes nothing in what was stored with it already: without it no index finds a row by its key.
 */
async function sqliteColumns(database: Database, { table, columns, key }: TableShape): Promise<string> {
  const rows = await database.query('select name, type from pragma_table_xinfo($1)', [table]);
  const types = new Map(rows.map((row) => [String(row['name']), String(row['type'])]));
  return columns
    .map(({ name }) => `${quoteName(name)} ${key.includes(name) ? affinityOf(types.get(name) ?? '') : ''}`)
    .join(', ');
}

/** By SQLite's own rules. `INT` and not `INTEGER`: that would be the number of the row, and take nothing but numbers. */
function affinityOf(type: string): string {
  if (/int/i.test(type)) return 'int';
  if (/char|clob|text/i.test(type)) return 'text';
  if (type === '' || /blob|^any$/i.test(type)) return '';
  return /real|floa|doub/i.test(type) ? 'real' : 'numeric';
}

/** What rows are asked for by, batch after batch: without an index each would read all of those before it. */
const indexed = [[ours.batch], [ours.restored, ours.batch]] as const;

function indexSql(
  { dialect }: Database,
  { schema }: TableShape,
  { name, path }: SideTable,
  columns: readonly string[],
): string {
  if (dialect === 'postgres') return `create index on ${path} (${columns.join(', ')})`;
  const index = [name, ...columns].join('_');
  return `create index ${schema === null ? quoteName(index) : quotePath(schema, index)} on ${quoteName(name)} (${columns.join(', ')})`;
}

/** The number of the newest batch; 0 where there is none. */
export async function newestBatch(database: Database, side: SideTable): Promise<number> {
  const [row] = await database.query(`select coalesce(max(${ours.batch}), 0) as n from ${side.path}`);
  return Number(row?.['n'] ?? 0);
}

/** How many rows a condition finds. */
export async function countRows(
  database: Database,
  from: string,
  where: string,
  values: readonly Cell[] = [],
): Promise<number> {
  const [row] = await database.query(`select count(*) as n from ${from} where ${where}`, values);
  return Number(row?.['n'] ?? 0);
}
