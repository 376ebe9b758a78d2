import { quoteName, quotePath, quoteText } from '../database.ts';
import type { Database } from '../database/model.ts';
import { sqlitePrimaryKey } from '../integrity/sqlite-references.ts';
import { sameKey, type TableShape } from '../table-shape.ts';
import type { Subject } from './subject.ts';
import { countRows } from './side-table.ts';

/** A foreign key by which rows are deleted or changed where the row that they point at is deleted. */
interface Drag {
  readonly child: string;
  /** Quoted, with its schema. */
  readonly path: string;
  readonly columns: readonly string[];
  readonly parents: readonly string[];
}

/**
 * Rows of other tables that the database would take along, or change, with rows of a batch that are taken out: their
 * originals are kept nowhere. In words; null where there are none.
 */
export async function draggedAlong(
  { database, shape, side }: Subject,
  batch: number,
  rule: string,
): Promise<string | null> {
  for (const { child, path, columns, parents } of await dragsOf(database, shape)) {
    const points = columns.map(
      (column, at) => `${path}.${quoteName(column)} = gone.${quoteName(parents[at] ?? '')}`,
    );
    const isGoing = `exists (select 1 from ${side.path} gone where gone.walkback_batch = ${String(batch)} and gone.walkback_rule = ${quoteText(rule)} and ${points.join(' and ')})`;
    // of its own table only those count whose originals are not kept
    const isKept =
      path === shape.path || child === shape.table
        ? ` and not exists (select 1 from ${side.path} kept where ${sameKey(shape, 'kept', path)})`
        : '';
    const rows = await countRows(database, path, `${isGoing}${isKept}`);
    if (rows > 0) return `${String(rows)} rows of ${child}`;
  }
  return null;
}

async function dragsOf(database: Database, shape: TableShape): Promise<readonly Drag[]> {
  return database.dialect === 'sqlite' ? sqliteDrags(database, shape) : postgresDrags(database, shape);
}

async function postgresDrags(database: Database, { path }: TableShape): Promise<readonly Drag[]> {
  const names = (keys: string, of: string): string =>
    `(select json_agg(a.attname order by k.n)::text from unnest(c.${keys}) with ordinality k(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = c.${of} and a.attnum = k.attnum)`;
  const rows = await database.query(
    `select n.nspname as schema, t.relname as child, ${names('conkey', 'conrelid')} as columns, ${names('confkey', 'confrelid')} as parents
       from pg_catalog.pg_constraint c
       join pg_catalog.pg_class t on t.oid = c.conrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      where c.contype = 'f' and c.conparentid = 0 and c.confdeltype in ('c', 'n', 'd') and c.confrelid = to_regclass($1)
      order by 1, 2, c.conname`,
    [path],
  );
  return rows.map((row) => ({
    child: String(row['child']),
    path: quotePath(String(row['schema']), String(row['child'])),
    columns: JSON.parse(String(row['columns'])) as readonly string[],
    parents: JSON.parse(String(row['parents'])) as readonly string[],
  }));
}

async function sqliteDrags(database: Database, { table }: TableShape): Promise<readonly Drag[]> {
  const rows = await database.query(
    `select m.name as child, k.id as id, k."from" as own, k."to" as meant
       from sqlite_schema m, pragma_foreign_key_list(m.name) k
      where m.type = 'table' and lower(k."table") = lower($1) and k.on_delete in ('CASCADE', 'SET NULL', 'SET DEFAULT')
      order by m.name, k.id, k.seq`,
    [table],
  );
  const primary = await sqlitePrimaryKey(database, table);
  const keys = Map.groupBy(rows, (row) => JSON.stringify([row['child'], row['id']]));
  return [...keys.values()].map((key) => {
    const child = String(key[0]?.['child']);
    return {
      child,
      path: quoteName(child),
      columns: key.map((row) => String(row['own'])),
      parents: key.map((row, at) => (row['meant'] === null ? (primary[at] ?? '') : String(row['meant']))),
    };
  });
}
