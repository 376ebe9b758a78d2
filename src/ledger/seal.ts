import { hash, randomBytes } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { CanonicalObject, CanonicalValue } from './canonical.ts';

/** What opens one commitment: kept beside the row, left out of a redacted export, gone after a purge. */
export interface Opening {
  /** Names and list indices joined by `/`. */
  readonly path: string;
  /** 16 random bytes in hex, or null where the value was purged. */
  readonly salt: string | null;
  readonly value: CanonicalValue;
}

export interface Sealed {
  readonly body: CanonicalObject;
  readonly openings: readonly Opening[];
}

const saltBytes = 16;
/** The one member of the object that stands in the place of a sealed value. */
const mark = '$sealed';

/** SHA-256 over the salt in hex and the value's canonical JSON: short values cannot be guessed without the salt. */
const commitment = (salt: string, value: CanonicalValue): string =>
  hash('sha256', salt + canonicalJson(value), 'hex');

/** Replaces the values at the patterns by commitments with fresh salts. A null is left open: it says nothing. */
export function seal(body: CanonicalObject, patterns: readonly string[]): Sealed {
  const paths = patterns.flatMap((pattern) => matches(body, pattern.split('/'), []));
  if (paths.length === 0) return { body, openings: [] };
  const salts = randomBytes(saltBytes * paths.length).toString('hex');
  let sealed: CanonicalValue = body;
  const openings = paths.map((path, index) => {
    const salt = salts.slice(index * saltBytes * 2, (index + 1) * saltBytes * 2);
    const value = valueAt(body, path) ?? null;
    sealed = replaced(sealed, path, { [mark]: commitment(salt, value) });
    return { path: path.join('/'), salt, value };
  });
  return { body: sealed, openings };
}

/** Puts sealed values back in their places. */
export function unseal(body: CanonicalObject, openings: readonly Opening[]): CanonicalObject {
  let open: CanonicalValue = body;
  for (const { path, value } of openings) open = replaced(open, path.split('/'), value);
  return open as CanonicalObject;
}

/** The path of the first opening that does not fit its commitment, or null. Purged values are not judged. */
export function misfit(body: CanonicalObject, openings: readonly Opening[]): string | null {
  for (const { path, salt, value } of openings) {
    const expected = committed(valueAt(body, path.split('/')));
    if (expected === null) return path;
    if (salt !== null && commitment(salt, value) !== expected) return path;
  }
  return null;
}

/** The same shape with every text replaced: what is left of a value after a purge. */
export function masked(value: CanonicalValue): CanonicalValue {
  if (typeof value === 'string') return '[purged]';
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(masked);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member)]));
}

function committed(value: CanonicalValue | undefined): string | null {
  const found = member(value, mark);
  return typeof found === 'string' ? found : null;
}

function matches(
  value: CanonicalValue | undefined,
  pattern: readonly string[],
  path: readonly string[],
): (readonly string[])[] {
  const [segment, ...rest] = pattern;
  if (value === undefined || value === null) return [];
  if (segment === undefined) return [path];
  if (segment !== '*') return matches(member(value, segment), rest, [...path, segment]);
  if (!Array.isArray(value)) return [];
  return value.flatMap((element: CanonicalValue, index) => matches(element, rest, [...path, String(index)]));
}

/** The value at a path, or undefined. */
export function valueAt(value: CanonicalValue, path: readonly string[]): CanonicalValue | undefined {
  let found: CanonicalValue | undefined = value;
  for (const segment of path) found = member(found, segment);
  return found;
}

function member(value: CanonicalValue | undefined, segment: string): CanonicalValue | undefined {
  if (value === undefined || value === null || typeof value !== 'object') return undefined;
  return Object.hasOwn(value, segment) ? (value as CanonicalObject)[segment] : undefined;
}

/** The same value with another one at the path; unchanged where there is no such place. */
export function replaced(value: CanonicalValue, path: readonly string[], by: CanonicalValue): CanonicalValue {
  const [segment, ...rest] = path;
  if (segment === undefined) return by;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    return value.map((element: CanonicalValue, index) =>
      String(index) === segment ? replaced(element, rest, by) : element,
    );
  }
  const record = value as CanonicalObject;
  return { ...record, [segment]: replaced(record[segment] ?? null, rest, by) };
}
