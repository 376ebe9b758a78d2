import type { Json, Probe, Reduction } from '../../runbook/model/values.ts';
import { compilePattern } from '../../runbook/pattern.ts';
import { known, unknown, type Answer, type Known } from './answer.ts';
import { parsePath, valueAt } from './json-path.ts';

/** Takes the value that a probe is after out of what was read. An absent one is null, which is not empty. */
export function shapeValue(answer: Known, { json, pattern }: Pick<Probe, 'json' | 'pattern'>): Answer {
  let { value } = answer;
  if (json !== null) {
    const keys = parsePath(json);
    if (keys === null) return unknown('no_value', `${json} is not a path.`);
    const parsed = typeof value === 'string' ? parseJson(value) : { value };
    if (parsed === null)
      return failedOr(answer, unknown('not_json', `It is not JSON: ${excerpt(answer.text)}`));
    const found = valueAt(parsed.value, keys);
    if (found === undefined)
      return failedOr(answer, unknown('no_value', `${json} leads into a plain value.`));
    value = found;
  }
  if (pattern !== null && value !== null) {
    const compiled = compilePattern(pattern);
    if (!compiled.ok) return unknown('bad_pattern', compiled.detail);
    const matcher = compiled.pattern.matcher(typeof value === 'string' ? value : JSON.stringify(value));
    value = matcher.find() ? matcher.group(matcher.groupCount() > 0 ? 1 : 0) : null;
  }
  return { ...answer, value };
}

/** A command or server that failed is the better reason than what it failed to print. */
function failedOr(answer: Known, reason: Answer): Answer {
  if (answer.exit !== null && answer.exit !== 0)
    return unknown('exit', `Exit code ${answer.exit}: ${excerpt(answer.text)}`);
  if (answer.status !== null && answer.status >= 400)
    return unknown('status', `HTTP ${answer.status}: ${excerpt(answer.text)}`);
  return reason;
}

export function parseJson(text: string): { readonly value: Json } | null {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
}

/** The first line, short enough for a sentence. */
export function excerpt(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line === '' ? '(nothing)' : line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

/**
 * Brings several readings to one value. `last` keeps the newest, `census` counts how often each value was read
 * (`{"2.0.0": 18, "1.9.4": 2}`), the others are arithmetic over numbers.
 */
export function reduceValues(values: readonly Json[], reduction: Reduction): Answer {
  switch (reduction) {
    case 'last':
      return known(values.at(-1) ?? null);
    case 'count':
      return known(values.length);
    case 'census': {
      const counts = new Map<string, number>();
      for (const value of values) counts.set(nameOf(value), (counts.get(nameOf(value)) ?? 0) + 1);
      return known(Object.fromEntries(counts));
    }
    case 'min':
    case 'max':
    case 'mean':
    case 'sum':
      return reduceNumbers(values, reduction);
  }
}

const nameOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

function reduceNumbers(values: readonly Json[], reduction: 'min' | 'max' | 'mean' | 'sum'): Answer {
  if (values.length === 0) return reduction === 'sum' ? known(0) : unknown('no_data', '');
  const numbers: number[] = [];
  for (const value of values) {
    const number = numberOf(value);
    if (number === null) return unknown('not_number', `${nameOf(value)} is not a number.`);
    numbers.push(number);
  }
  return known(reduceFinite(numbers, reduction));
}

/** The same over numbers that are there; never of none. */
export function reduceFinite(numbers: readonly number[], reduction: 'min' | 'max' | 'mean' | 'sum'): number {
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (reduction === 'sum') return sum;
  if (reduction === 'mean') return sum / numbers.length;
  const better = reduction === 'min' ? Math.min : Math.max;
  return numbers.reduce((best, number) => better(best, number));
}

/** A number, also one that came as text. */
function numberOf(value: Json): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value))
    return null;
  return Number(value);
}
