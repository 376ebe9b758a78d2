import type { Expression, Template } from '../model/values.ts';
import { type Runbook, allSteps } from '../model.ts';
import { type Problem, problem } from '../problem.ts';

/** Where a secret may stand: the environment of a command, and an HTTP header. Everywhere else it can be seen. */
export function lintSecrets(runbook: Runbook): readonly Problem[] {
  const secret = secretInputs(runbook);
  if (secret.size === 0) return [];
  const problems: Problem[] = [];
  const seen = new Set<Expression>();
  const look = (value: unknown, key: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isTemplate(value)) {
      for (const part of value.parts) {
        const name = typeof part === 'string' ? null : secretIn(part, secret);
        if (typeof part === 'string' || name === null || seen.has(part)) continue;
        seen.add(part);
        problems.push(
          problem('WB504', part.at, `The secret \`inputs.${name}\` would be seen ${placeOf(key)}.`),
        );
      }
      return;
    }
    for (const [inner, child] of Object.entries(value)) {
      if (inner === 'wording' || inner === 'headers' || (inner === 'env' && 'program' in value)) continue;
      // What stands in a list stands where the list does.
      look(child, Array.isArray(value) ? key : inner);
    }
  };
  const { inputs, ...rest } = runbook;
  look(rest, '');
  // a step without a title is called by its command: that is one mistake, at the command
  for (const { wording } of allSteps(runbook)) look({ ...wording }, 'title');
  // A secret may be made of another one; how it is measured may not show it.
  for (const { origin } of inputs) if (origin.kind === 'probe') look(origin.probe, 'probe');
  return problems;
}

function isTemplate(value: object): value is Template {
  return 'parts' in value && Array.isArray(value.parts) && 'at' in value;
}

function secretIn(expression: Expression, secret: ReadonlySet<string>): string | null {
  for (const [, name = ''] of expression.source.matchAll(
    /\binputs\s*(?:\.\s*|\[\s*["'])([a-z][a-z0-9_]*)/g,
  )) {
    if (secret.has(name)) return name;
  }
  return null;
}

/** Inputs that are secret, and those that are made of one. */
function secretInputs(runbook: Runbook): ReadonlySet<string> {
  const secret = new Set(runbook.inputs.filter(({ type }) => type === 'secret').map(({ id }) => id));
  for (let grown = true; grown;) {
    grown = false;
    for (const { id, origin } of runbook.inputs) {
      if (secret.has(id) || origin.kind !== 'value' || typeof origin.value !== 'object') continue;
      if (origin.value.parts.some((part) => typeof part !== 'string' && secretIn(part, secret) !== null)) {
        secret.add(id);
        grown = true;
      }
    }
  }
  return secret;
}

function placeOf(key: string): string {
  if (key === 'argv') return 'in the process list: it stands in an argument';
  if (key === 'url' || key === 'http' || key === 'address' || key === 'path') return 'in an address';
  return 'in a text';
}
