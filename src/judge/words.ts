import type { Json } from '../runbook/model/values.ts';

const longest = 200;

/** A value as it stands in a sentence: text as it is, everything else as JSON; cut after 200 characters. */
export function inWords(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  const whole = text === '' ? '(empty)' : text;
  return whole.length > longest ? `${whole.slice(0, longest)}…` : whole;
}
