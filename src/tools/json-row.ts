import type { Row } from './database/model.ts';

/**
 * A row as JSON for programs. What JSON has no number for, and bytes, are written as text: `"9007199254740993"`, `"NaN"`,
 * `"-Infinity"`, `"-0"`, `"\\x00ff"`.
 */
export const jsonOf = (row: Row): string =>
  JSON.stringify(row, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (Object.is(value, -0)) return '-0';
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
