import { quoteText } from '../database.ts';
import type { Database } from '../database/model.ts';
import { referenceText, type Reference, type Side } from './reference.ts';

/** A declared key of SQLite, with its number in the table: `pragma foreign_key_check` counts by it. */
export interface SqliteReference extends Reference {
  readonly number: number;
}

/**
 * Every foreign key that tables of the file declare. One that names no columns of its parent means the parent's primary
 * key; SQLite reads every MATCH as SIMPLE.
 */
export async function sqliteReferences(database: Database): Promise<readonly SqliteReference[]> {
  const tables = await database.query("select name from sqlite_schema where type = 'table' order by name");
  const names = tables.map((row) => String(row['name']));
  const found: SqliteReference[] = [];
  for (const table of names) {
    const rows = await database.query(
      `select id, seq, "table" as parent, "from" as own, "to" as meant from pragma_foreign_key_list(${quoteText(table)}) order by id, seq`,
    );
    for (const number of new Set(rows.map((row) => Number(row['id'])))) {
      const key = rows.filter((row) => row['id'] === number);
      const parentTable = String(key[0]?.['parent']);
      const real = names.find((name) => name.toLowerCase() === parentTable.toLowerCase());
      const primary = real === undefined ? [] : await sqlitePrimaryKey(database, real);
      const child = sideOf(
        table,
        key.map((row) => String(row['own'])),
        true,
      );
      const parent = sideOf(
        real ?? parentTable,
        key.map((row, index) => (row['meant'] === null ? (primary[index] ?? '') : String(row['meant']))),
        real !== undefined,
      );
      found.push({
        text: referenceText(child, parent),
        kind: 'declared',
        child,
        parent,
        match: 'simple',
        weak: real === undefined ? ['the table that it points at does not exist'] : [],
        unknown:
          real !== undefined && parent.columns.includes('')
            ? `${parentTable} has no primary key of ${String(key.length)} columns to point at`
            : null,
        number,
      });
    }
  }
  return found;
}

const sideOf = (table: string, columns: readonly string[], exists: boolean): Side => ({
  database: 'this',
  path: [table],
  columns,
  only: false,
  operators: columns.map(() => '='),
  exists,
});

/** Columns of the primary key in its order; none where the table has only its row number. */
export async function sqlitePrimaryKey(database: Database, table: string): Promise<readonly string[]> {
  const rows = await database.query(
    `select name from pragma_table_info(${quoteText(table)}) where pk > 0 order by pk`,
  );
  return rows.map((row) => String(row['name']));
}
