import type { Json } from '../runbook/model/values.ts';
import { compareVersions, parseVersion } from '../runbook/version.ts';
import type { LiveVersion } from './scope-model.ts';

/** A version as people write it. */
export const versionText = (value: Json): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;

/** `1.9` is `1.9.0` and `v1.9`; what is not a version is compared letter by letter. */
export function sameVersion(one: Json, other: Json): boolean {
  const [a, b] = [versionText(one)?.trim() ?? null, versionText(other)?.trim() ?? null];
  if (a === null || b === null) return false;
  if (a === b) return true;
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left !== null && right !== null && compareVersions(left, right) === 0;
}

/** One version out of what a probe read: several at once (a census or a list) are not a version, nor is nothing. */
export function liveVersion(value: Json): LiveVersion {
  if (typeof value === 'number' || typeof value === 'boolean') return { ok: true, value };
  if (typeof value === 'string')
    return value.trim() === ''
      ? { ok: false, code: 'absent', detail: 'what was read is empty' }
      : { ok: true, value: value.trim() };
  if (value === null) return { ok: false, code: 'absent', detail: 'nothing is there to be read' };
  const counted = Array.isArray(value) ? countOf(value as readonly Json[]) : Object.entries(value);
  const [only] = counted;
  if (counted.length === 1 && only !== undefined) return liveVersion(only[0]);
  const all = counted.map(([version, count]) => `${version} (${versionText(count) ?? '?'})`);
  return counted.length === 0
    ? { ok: false, code: 'absent', detail: 'nothing is there to be read' }
    : { ok: false, code: 'mixed', detail: `several versions run: ${all.join(', ')}` };
}

function countOf(values: readonly Json[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const value of values) {
    const name = versionText(value) ?? JSON.stringify(value);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts];
}
