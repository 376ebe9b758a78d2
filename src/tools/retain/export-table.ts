import { quoteName } from '../database.ts';
import type { Cell, Database } from '../database/model.ts';
import { jsonOf } from '../json-row.ts';
import { readTableShape } from '../table-shape.ts';
import { OperatorError, exitCode } from '../../errors.ts';

const rowsAtOnce = 1000;

/**
 * Every row of a table as JSON, one a line, in the order of its key, from one unchanging picture of the data.
 * @returns how many rows there were
 */
export async function exportTable(
  database: Database,
  table: string,
  key: readonly string[] | undefined,
  take: (line: string) => void,
): Promise<number> {
  return database.transaction(
    async () => {
      const shape = await readTableShape(database, table, key);
      const names = shape.key.map(quoteName).join(', ');
      const places = shape.key.map((_, index) => `$${String(index + 1)}`).join(', ');
      let rows = 0;
      let last: readonly Cell[] = [];
      for (;;) {
        const after = last.length === 0 ? '' : `where (${names}) > (${places})`;
        const page = await database.query(
          `select * from ${shape.path} ${after} order by ${names} limit ${String(rowsAtOnce)}`,
          last,
        );
        for (const row of page) take(`${jsonOf(row)}\n`);
        rows += page.length;
        const newest = page.at(-1);
        if (newest === undefined || page.length < rowsAtOnce) break;
        last = shape.key.map((name) => newest[name] ?? null);
      }
      const [counted] = await database.query(`select count(*) as n from ${shape.path}`);
      if (Number(counted?.['n']) !== rows)
        throw new OperatorError(
          `${table} has ${String(counted?.['n'])} rows, and ${String(rows)} were exported.`,
          ['Its key names some rows twice or not at all: name one that does (key: […]).'],
          { exitCode: exitCode.failed },
        );
      return rows;
    },
    { readOnly: true },
  );
}

/** Whether the table is there at all: one that was dropped since has nothing that could be newer than its archive. */
export async function tableIsThere(database: Database, table: string): Promise<boolean> {
  const parts = table.split('.');
  const [row] =
    database.dialect === 'sqlite'
      ? await database.query("select count(*) as n from sqlite_schema where type = 'table' and name = $1", [
          parts.at(-1) ?? '',
        ])
      : await database.query('select count(*)::int as n where to_regclass($1) is not null', [
          parts.map(quoteName).join('.'),
        ]);
  return Number(row?.['n']) > 0;
}
