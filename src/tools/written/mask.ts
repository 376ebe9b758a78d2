import type { Cell, Row } from '../database/model.ts';

/** A row for people's eyes: its key and the columns that the author opened as they are, of the others the kind only. */
export const maskedRow = (row: Row, open: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, open.includes(name) ? textOf(value) : kindOf(value)]),
  );

const textOf = (value: Cell): string =>
  Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : String(value);

function kindOf(value: Cell): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `text(${String(value.length)})`;
  if (Buffer.isBuffer(value)) return `bytes(${String(value.length)})`;
  return typeof value === 'boolean' ? 'boolean' : 'number';
}
