import type { Json } from '../runbook/model/values.ts';

/**
 * Equality between what was measured and what the runbook says. Both texts: letter for letter, without white space
 * around. A number and a text that is wholly a decimal number: by value, so `42` expects "42", "42.0" and " 42\n".
 * A boolean and the text `true` or `false`: by meaning. Lists and objects: part by part, by the same rules.
 * Null equals null only; NaN equals nothing.
 */
export function sameValue(left: Json, right: Json): boolean {
  if (typeof left === 'number' || typeof right === 'number') {
    const [one, other] = [numberIn(left), numberIn(right)];
    return one !== null && other !== null && one === other;
  }
  if (typeof left === 'boolean' || typeof right === 'boolean') return plain(left) === plain(right);
  if (typeof left === 'string' && typeof right === 'string') return left.trim() === right.trim();
  if (left === null || right === null || typeof left === 'string' || typeof right === 'string')
    return left === right;
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return false;
    return left.every((item, index) => sameValue(item, right[index] ?? null));
  }
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key] ?? null, right[key] ?? null))
  );
}

const plain = (value: Json): Json =>
  typeof value === 'string' ? value.trim() : typeof value === 'boolean' ? String(value) : null;

export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite number, or a text that is wholly one in decimal notation; null otherwise. */
export function numberIn(value: Json): number | null {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && decimal.test(value.trim())
        ? Number(value)
        : NaN;
  return Number.isFinite(number) ? number : null;
}
