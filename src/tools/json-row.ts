import type { Row } from './database/model.ts';

/** A row as JSON for programs. Whole numbers too large for JSON and bytes are written as text: `"123"`, `"\\x00ff"`. */
export const jsonOf = (row: Row): string =>
  JSON.stringify(row, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (isBytesAsJson(value)) return `\\x${Buffer.from(value.data).toString('hex')}`;
    return value;
  });

/** A Buffer has turned itself into this before a replacer sees it. */
const isBytesAsJson = (value: unknown): value is { readonly data: readonly number[] } =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'Buffer' &&
  'data' in value;
