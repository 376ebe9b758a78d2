import { quoteName, quotePath } from '../database.ts';
import type { Database } from '../database/model.ts';
import { postgresIdentity } from './postgres-references.ts';
import { sqlitePrimaryKey } from './sqlite-references.ts';
import type { Reference, Side } from './reference.ts';

/** A row that points at nothing. */
export interface Orphan {
  /** What tells it from every other row: the primary key, else the values that it points with and a number. */
  readonly row: string;
  /** What it points at, column by column. */
  readonly points: string;
}

export interface Found {
  readonly count: number;
  /** At most as many as were asked for, in the order of their identity. */
  readonly orphans: readonly Orphan[];
}

/** How much of a table is looked at, in percent; null for all of it. */
export type Sample = number | null;

/** `from` of a table: its own rows only where the key is about those. */
const from = (database: Database, side: Side, alias: string, sample: Sample = null): string => {
  const table = `${side.only ? 'only ' : ''}${quotePath(...side.path)} ${alias}`;
  return sample !== null && database.dialect === 'postgres'
    ? `${table} tablesample bernoulli (${sample})`
    : table;
};

/** What makes a row of the child an orphan, with the child as `c`. */
function orphanCondition({ child, parent, match }: Reference): string {
  const own = child.columns.map((column) => `c.${quoteName(column)}`);
  const noneEmpty = own.map((column) => `${column} is not null`).join(' and ');
  // the parent stands on the left: SQLite takes the way of comparing from there, as its foreign keys do
  const same = parent.columns.map(
    (column, index) => `p.${quoteName(column)} ${parent.operators[index] ?? '='} ${own[index] ?? ''}`,
  );
  const parents = `select 1 from ${parent.only ? 'only ' : ''}${quotePath(...parent.path)} p where ${same.join(' and ')}`;
  const missing = parent.exists ? `${noneEmpty} and not exists (${parents})` : noneEmpty;
  if (match === 'simple' || own.length === 1) return `(${missing})`;
  const someEmpty = own.map((column) => `${column} is null`).join(' or ');
  const notAllEmpty = own.map((column) => `${column} is not null`).join(' or ');
  return `((${missing}) or ((${someEmpty}) and (${notAllEmpty})))`;
}

/** Counts orphans by an anti-join, and reads up to `most` of them. */
export async function findOrphans(
  database: Database,
  reference: Reference,
  most: number,
  sample: Sample,
): Promise<Found> {
  const { child } = reference;
  const source = from(database, child, 'c', sample);
  const sampled =
    sample !== null && database.dialect === 'sqlite'
      ? ` and abs(random() % 1000000) < ${sample * 10_000}`
      : '';
  const where = `${orphanCondition(reference)}${sampled}`;
  const identity = await identityOf(database, child);
  const text = (column: string) => asText(database, `c.${quoteName(column)}`);
  const listed = [...identity, ...child.columns];
  const rows = await database.query(
    `select ${listed.map((column, index) => `${text(column)} as v${index}`).join(', ')}, count(*) over () as n
       from ${source} where ${where} order by ${listed.map((_, index) => String(index + 1)).join(', ')} limit ${most}`,
  );
  const seen = new Map<string, number>();
  return {
    count: Number(rows[0]?.['n'] ?? 0),
    orphans: rows.map((row) => {
      const points = JSON.stringify(
        child.columns.map((_, index) => row[`v${identity.length + index}`] ?? null),
      );
      if (identity.length > 0)
        return { row: JSON.stringify(identity.map((_, index) => row[`v${index}`] ?? null)), points };
      const nth = (seen.get(points) ?? 0) + 1;
      seen.set(points, nth);
      return { row: `#${nth}`, points };
    }),
  };
}

/** Bytes as hexadecimal digits: two that differ must not read the same. */
const asText = ({ dialect }: Database, value: string): string =>
  dialect === 'postgres'
    ? `cast(${value} as text)`
    : `case typeof(${value}) when 'blob' then hex(${value}) else cast(${value} as text) end`;

/** The columns that identify a row; none where the table has no key. */
async function identityOf(database: Database, { path }: Side): Promise<readonly string[]> {
  const [table = ''] = path;
  return database.dialect === 'postgres'
    ? postgresIdentity(database, path)
    : sqlitePrimaryKey(database, table);
}
