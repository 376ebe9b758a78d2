import type { Expression } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Step } from '../../runbook/model/step.ts';
import { allSteps } from '../../runbook/model.ts';
import type { Problem } from '../../runbook/problem.ts';

/**
 * WB711: what an undo reads as `captured.<name>` was captured by its own step before the change; and nothing but an
 * undo reads it, because only on the way back is there one change whose captures are meant.
 */
export function proveCaptures(runbook: Runbook): readonly Problem[] {
  return allSteps(runbook).flatMap((step) => {
    const { undo, ...forward } = step;
    const never = namesIn(expressionsIn(undo)).filter(({ name }) => !Object.hasOwn(step.capture, name));
    const tooEarly = namesIn(expressionsIn(withoutInside(forward)));
    return [
      ...never.map(({ name, at }): Problem => ({
        code: 'WB711',
        severity: 'error',
        message: `the undo of ${step.id} needs captured.${name}, which ${step.id} never captures`,
        at,
        fix: `add \`capture: { ${name}: <probe> }\` to ${step.id}`,
      })),
      ...tooEarly.map(({ name, at }): Problem => ({
        code: 'WB711',
        severity: 'error',
        message: `${step.id} reads captured.${name} outside its undo, where it is never set`,
        at,
        fix: 'use `captured` inside `undo` only',
      })),
    ];
  });
}

function withoutInside(step: Omit<Step, 'undo'>): unknown {
  return { ...step, steps: [] };
}

/** Every expression anywhere in a value, found by its shape. */
function expressionsIn(value: unknown): readonly Expression[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isExpression(value)) return [value];
  return Object.values(value).flatMap(expressionsIn);
}

const isExpression = (value: object): value is Expression =>
  'source' in value && typeof value.source === 'string' && 'probes' in value;

/** `captured.name` and `captured["name"]`, outside of text. */
function namesIn(expressions: readonly Expression[]) {
  return expressions.flatMap(({ source, at }) =>
    [
      ...source.matchAll(
        /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.])captured(?:\.(\w+)|\[["'](\w+)["']\])/g,
      ),
    ].flatMap(([, dotted, quoted]) => {
      const name = dotted ?? quoted;
      return name === undefined ? [] : [{ name, at }];
    }),
  );
}
