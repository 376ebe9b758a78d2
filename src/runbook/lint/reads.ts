import type { Expression, Position } from '../model/values.ts';
import type { Runbook } from '../model.ts';

/** Every expression of a runbook, wherever it stands. */
function expressionsIn(root: unknown): readonly Expression[] {
  const found: Expression[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isExpression(value)) {
      found.push(value);
      return;
    }
    for (const key in value) if (key !== 'at') visit((value as Readonly<Record<string, unknown>>)[key]);
  };
  visit(root);
  return found;
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
