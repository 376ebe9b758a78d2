import type { Expression } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import { allSteps } from '../../runbook/model.ts';
import type { Problem } from '../../runbook/problem.ts';

/**
 * WB711: what a way back (an undo, or the release of a debt) reads as `captured.<name>` was captured by its own step
 * before the change; and nothing else reads it, because only there is one change whose captures are meant.
 */
export function proveCaptures(runbook: Runbook): readonly Problem[] {
  return allSteps(runbook).flatMap((step) => {
    const { undo, opens, ...forward } = step;
    const never = namesIn(expressionsIn([undo, opens])).filter(
      ({ name }) => !Object.hasOwn(step.capture, name),
    );
    const tooEarly = namesIn(expressionsIn(withoutInside(forward)));
    return [
      ...never.map(({ name, at }): Problem => ({
        code: 'WB711',
        severity: 'error',
        message: `the way back of ${step.id} needs captured.${name}, which ${step.id} never captures`,
        at,
        fix: `add \`capture: { ${name}: <probe> }\` to ${step.id}`,
      })),
      ...tooEarly.map(({ name, at }): Problem => ({
        code: 'WB711',
        severity: 'error',
        message: `${step.id} reads captured.${name} outside its way back, where it is never set`,
        at,
        fix: 'use `captured` inside `undo` and `opens` only',
      })),
    ];
  });
}

function withoutInside(step: object): unknown {
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
