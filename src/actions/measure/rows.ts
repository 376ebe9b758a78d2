import type { Json } from '../../runbook/model/values.ts';
import { known, unknown, type Answer, type Limits } from './answer.ts';

/** More rows than a probe can mean. */
const mostRowsOfProbe = 1_000;

/** What a query answered, in the order in which it came. */
export interface Rows {
  readonly ok: true;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Json[])[];
  /** Why these are not all of them; null where they are. */
  readonly cut: string | null;
}

export type RowLimits = Limits & { readonly mostRows: number };

export const tooMany = (mostRows: number): string => `The query has more than ${mostRows} rows.`;
export const tooLarge = (mostBytes: number): string => `The rows are larger than ${mostBytes} bytes.`;

/** What a probe may read of a table. */
export const probeLimits = (limits: Limits): RowLimits => ({ ...limits, mostRows: mostRowsOfProbe });

/**
 * One cell is the value itself, one column is a list, more are records; no row is null: absent, which is not empty. A
 * value made of some of the rows only would be a wrong one.
 */
export function rowsAnswer({ columns, rows, cut }: Rows): Answer {
  if (cut !== null) return unknown('too_large', cut);
  const records = rows.map((row): Json =>
    columns.length === 1
      ? (row[0] ?? null)
      : Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])),
  );
  if (records.length === 0) return known(null, { text: '' });
  return known(records.length === 1 ? (records[0] ?? null) : records);
}

/** A JSON object a line; of columns with one name the second is `name_2`, so that none hides another. */
export function rowsText({ columns, rows }: Rows): string {
  const names = columns.map((name, at) => {
    const before = columns.slice(0, at).filter((one) => one === name).length;
    return before === 0 ? name : `${name}_${String(before + 1)}`;
  });
  return rows
    .map((row) => `${JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at] ?? null])))}\n`)
    .join('');
}
