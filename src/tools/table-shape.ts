import { OperatorError, exitCode } from '../errors.ts';
import { quoteName, quotePath } from './database.ts';
import type { Database } from './database/model.ts';

export interface TableShape {
  /** As it was named: `orders` or `shop.orders`. */
  readonly name: string;
  /** Quoted, with its schema where it has one: for statements. */
  readonly path: string;
  readonly schema: string | null;
  readonly table: string;
  readonly columns: readonly ColumnShape[];
  /** The columns that name a row: those given, or the primary key of the catalogue. */
  readonly key: readonly string[];
}

export interface ColumnShape {
  readonly name: string;
  /** The database works it out: it is never written. */
  readonly generated: boolean;
  /** The database alone gives it its number: an INSERT has to insist on one, and no UPDATE takes one. */
  readonly numbered: boolean;
}

/**
 * Columns and key of a table, read from the catalogue.
 * @throws OperatorError exit code 3 where there is no such table, or nothing names its rows
 */
export async function readTableShape(
  database: Database,
  name: string,
  given: readonly string[] | undefined,
): Promise<TableShape> {
  const parts = name.split('.');
  const [table = '', schema = null] = parts.toReversed();
  const columns =
    database.dialect === 'sqlite'
      ? await sqliteColumns(database, table)
      : await postgresColumns(database, name);
  if (columns.length === 0)
    throw new OperatorError(`${database.name} has no table ${name}.`, ['Check its name and its schema.'], {
      exitCode: exitCode.failed,
    });
  const key =
    given ??
    columns
      .filter(({ key }) => key > 0)
      .toSorted((a, b) => a.key - b.key)
      .map((one) => one.name);
  if (key.length === 0)
    throw new OperatorError(
      `${name} has no primary key: nothing names its rows.`,
      ['Name the columns that do: key: [a, b]'],
      { exitCode: exitCode.failed },
    );
  const unknown = key.find((one) => columns.every((column) => column.name !== one));
  if (unknown !== undefined) throw new OperatorError(`${name} has no column ${unknown}.`, ['Correct `key`.']);
  return {
    name,
    path: schema === null ? quoteName(table) : quotePath(schema, table),
    schema,
    table,
    columns: columns.map(({ name, generated, numbered }) => ({ name, generated, numbered })),
    key,
  };
}

type Found = ColumnShape & { readonly key: number };

async function sqliteColumns(database: Database, table: string): Promise<readonly Found[]> {
  const rows = await database.query('select name, pk, hidden from pragma_table_xinfo($1)', [table]);
  return rows.map((row) => ({
    name: String(row['name']),
    generated: row['hidden'] !== 0,
    numbered: false,
    key: Number(row['pk']),
  }));
}

async function postgresColumns(database: Database, name: string): Promise<readonly Found[]> {
  const quoted = quotePath(...name.split('.'));
  const rows = await database.query(
    `select a.attname::text as name, a.attgenerated <> '' as generated, a.attidentity = 'a' as numbered,
       coalesce(array_position((i.indkey::int2[])[0:i.indnkeyatts - 1], a.attnum), 0) as key
     from pg_attribute a
     left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
     order by a.attnum`,
    [quoted],
  );
  return rows.map((row) => ({
    name: String(row['name']),
    generated: row['generated'] === true,
    numbered: row['numbered'] === true,
    key: Number(row['key']),
  }));
}

/** `"t"."a" = s."a" and …`: the rows of two tables that are the same row. */
export const sameKey = (shape: Pick<TableShape, 'key'>, one: string, other: string): string =>
  shape.key.map((name) => `${one}.${quoteName(name)} = ${other}.${quoteName(name)}`).join(' and ');

/**
 * A row as one text that is the same only where every value is the same byte for byte: `1.0` and `1.00` differ, and so
 * do `1` and `'1'`.
 */
export function rowText(database: Pick<Database, 'dialect'>, shape: TableShape, of: string): string {
  const cells = shape.columns.map(({ name }) => `${of}.${quoteName(name)}`);
  return database.dialect === 'sqlite'
    ? cells.map((cell) => `quote(${cell})`).join(" || ',' || ")
    : `row(${cells.join(', ')})::text`;
}
