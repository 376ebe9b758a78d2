/** Three-valued logic (Kleene's strong one): unknown stays unknown unless the rest decides it anyway. */

export type Result = 'pass' | 'fail' | 'unknown';

export function not(result: Result): Result {
  if (result === 'unknown') return 'unknown';
  return result === 'pass' ? 'fail' : 'pass';
}

/** Fail beats unknown beats pass; nothing at all passes. */
export const allOf = (results: readonly Result[]): Result => kOf(results.length, results);

/** Pass beats unknown beats fail; nothing at all fails. */
export const anyOf = (results: readonly Result[]): Result => kOf(1, results);

export const and = (left: Result, right: Result): Result => allOf([left, right]);

export const or = (left: Result, right: Result): Result => anyOf([left, right]);

/**
 * At least `k` pass: certain as soon as enough have passed, impossible as soon as too few can, else unknown.
 * `k` below 1 is certain, `k` above the number of results is impossible.
 */
export function kOf(k: number, results: readonly Result[]): Result {
  const passed = results.filter((result) => result === 'pass').length;
  const possible = results.filter((result) => result !== 'fail').length;
  if (passed >= k) return 'pass';
  return possible < k ? 'fail' : 'unknown';
}

/** Combines the parts of a rule as the runbook names them; `k` counts for `k_of_n` only. */
export function combine(kind: 'any' | 'all' | 'k_of_n', k: number, results: readonly Result[]): Result {
  if (kind === 'any') return anyOf(results);
  return kind === 'all' ? allOf(results) : kOf(k, results);
}
