import type { Expression, Position, Runbook } from '../model.ts';

/** Every expression of a runbook, wherever it stands. */
export function expressionsIn(value: unknown): readonly Expression[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isExpression(value)) return [value];
  return Object.values(value).flatMap(expressionsIn);
}

const isExpression = (value: object): value is Expression =>
  'source' in value && typeof value.source === 'string' && 'probes' in value && 'at' in value;

/** Values of the environment that are read, and where first. */
export function valuesRead(runbook: Runbook): ReadonlyMap<string, Position> {
  const read = new Map<string, Position>();
  for (const { source, at } of expressionsIn(runbook)) {
    for (const [, name = ''] of source.matchAll(/\benv\.([a-z][a-z0-9_]*)/g)) {
      if (name !== 'name' && !read.has(name)) read.set(name, at);
    }
  }
  return read;
}
