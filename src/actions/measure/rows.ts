import type { Json } from '../../runbook/model/values.ts';
import { known, type Answer } from './answer.ts';

/** More rows than a probe can mean. */
export const mostRows = 1_000;

/** One cell is the value itself, one column is a list, more are records; no row is null: absent, which is not empty. */
export function rowsAnswer(columns: readonly string[], rows: readonly (readonly Json[])[]): Answer {
  const records = rows.map((row): Json =>
    columns.length === 1
      ? (row[0] ?? null)
      : Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])),
  );
  if (records.length === 0) return known(null, { text: '' });
  return known(records.length === 1 ? (records[0] ?? null) : records);
}
