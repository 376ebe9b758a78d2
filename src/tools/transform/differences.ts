import { quoteName } from '../database.ts';
import type { Cell } from '../database/model.ts';
import { sameKey } from '../table-shape.ts';
import type { Subject } from './subject.ts';

/** What a conversion does to one row: the columns that change, as text; `after` is null where the row is taken out. */
export interface RowDifference {
  readonly key: Readonly<Record<string, string>>;
  readonly changes: Readonly<Record<string, { readonly before: string; readonly after: string }>> | null;
}

/** The first rows whose originals are kept, beside what they are now. Masked columns show only that they change. */
export async function differences(
  { database, shape, side }: Subject,
  most: number,
  masked: readonly string[],
): Promise<readonly RowDifference[]> {
  const cells = shape.columns.flatMap(({ name }, index) => [
    `${side.path}.${quoteName(name)} as ${quoteName(`b${String(index)}`)}`,
    `${shape.path}.${quoteName(name)} as ${quoteName(`a${String(index)}`)}`,
  ]);
  const order = shape.key.map((name) => `${side.path}.${quoteName(name)}`).join(', ');
  const rows = await database.query(
    `select ${cells.join(', ')}, ${side.path}.walkback_rule as rule, ${side.path}.walkback_after is null as gone
     from ${side.path} left join ${shape.path} on ${sameKey(shape, side.path, shape.path)}
     order by ${order} limit ${String(most)}`,
  );
  return rows.map((row) => {
    const value = (which: 'a' | 'b', name: string): Cell =>
      row[`${which}${String(shape.columns.findIndex((column) => column.name === name))}`] ?? null;
    const changed = shape.columns.filter(
      ({ name }) => cellText(value('b', name)) !== cellText(value('a', name)),
    );
    const shown = (which: 'a' | 'b', name: string): string =>
      masked.includes(name) ? '•••' : cellText(value(which, name));
    return {
      key: Object.fromEntries(shape.key.map((name) => [name, cellText(value('b', name))])),
      changes:
        row['gone'] === true || row['gone'] === 1
          ? null
          : Object.fromEntries(
              changed.map(({ name }) => [name, { before: shown('b', name), after: shown('a', name) }]),
            ),
    };
  });
}

function cellText(cell: Cell): string {
  if (cell === null) return 'null';
  if (Buffer.isBuffer(cell)) return `\\x${cell.toString('hex')}`;
  return typeof cell === 'string' ? JSON.stringify(cell) : String(cell);
}
