import type { Json } from '../runbook/model/values.ts';

/**
 * A value with every text in it masked, the names of its fields too. Before it is written as JSON: a secret inside a text
 * that holds JSON itself is escaped a second time there, and a third.
 */
export function maskJson(value: Json, mask: (text: string) => string): Json {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item: Json) => maskJson(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, Json] => [mask(key), maskJson(item, mask)]),
  );
}
