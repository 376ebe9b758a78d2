import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * A small record with its own checksum, so that a half-written one is never believed: `<sha256> <json>\n`, padded with
 * spaces to `size` bytes where its room was reserved beforehand.
 */
export function sealRecord(value: unknown, size = 0): string {
  const json = JSON.stringify(value);
  return `${hash('sha256', json)} ${json}`.padEnd(size - 1) + '\n';
}

/** What a record says; `torn` where its checksum does not hold. */
function openRecord(
  text: string,
): { readonly torn: true } | { readonly torn: false; readonly value: unknown } {
  const json = text.slice(65).trimEnd();
  if (text.length < 66 || hash('sha256', json) !== text.slice(0, 64)) return { torn: true };
  return { torn: false, value: JSON.parse(json) };
}

/** Reads a record of a known shape: null where there is none, `torn` where it was not written to its end. */
export function readRecord<Shape>(
  file: string,
  isShape: (value: unknown) => value is Shape,
): Shape | 'torn' | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
  const record = openRecord(text);
  return !record.torn && isShape(record.value) ? record.value : 'torn';
}

/** Whether an error of the system carries one of these codes. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}

/** Whether a value is an object whose fields pass the tests given by name. */
export function hasShape(
  value: unknown,
  fields: Readonly<Record<string, (field: unknown) => boolean>>,
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const record = new Map(Object.entries(value));
  return Object.entries(fields).every(([name, test]) => test(record.get(name)));
}

export const isText = (value: unknown): value is string => typeof value === 'string';
export const isNumber = (value: unknown): value is number => typeof value === 'number';
export const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
export const isNumberOrNull = (value: unknown): value is number | null => value === null || isNumber(value);
