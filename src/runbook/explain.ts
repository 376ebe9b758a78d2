import type { ASTNode } from '@marcbachmann/cel-js';
import { parseCel, sourceOf } from './cel.ts';
import { type Values, evaluate } from './expressions.ts';
import type { Expression } from './model/values.ts';
import { survey } from './references.ts';

/** Text of a value as a person reads it in a sentence; six digits tell it from every limit that anybody writes. */
function said(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return String(Number(value.toPrecision(6)));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Why an expression comes to what it comes to: the conditions that decided it, each with the values that it read, as
 * `triggers.err.state == 'FIRED' (is FIRED)`. Conditions that decided nothing are left out; where there is no condition,
 * what was read is said. Empty for an expression that reads nothing.
 */
export function explainExpression(expression: Expression, values: Values): string {
  const parsed = parseCel(expression.source);
  if (!parsed.ok) return '';

  const truth = (node: ASTNode): boolean | null => {
    const answer = evaluate({ ...expression, source: sourceOf(node) }, values);
    return answer.ok && typeof answer.value === 'boolean' ? answer.value : null;
  };

  const reading = (path: readonly string[]): string => {
    const answer = evaluate({ ...expression, source: path.join('.') }, values);
    return answer.ok ? said(answer.value) : 'unknown';
  };

  /** A condition that decides by itself, with what it reads. */
  const plainly = (node: ASTNode): string => {
    const source = sourceOf(node).trim();
    const paths = [...new Map(survey(node).references.map(({ path }) => [path.join('.'), path])).values()];
    const [only] = paths;
    const read =
      only === undefined
        ? ''
        : paths.length === 1
          ? ` (is ${reading(only)})`
          : ` (${paths.map((path) => `${path.join('.')} is ${reading(path)}`).join(', ')})`;
    return truth(node) === false ? `not ${source}${read}` : `${source}${read}`;
  };

  const reasons = (node: ASTNode): readonly string[] => {
    switch (node.op) {
      case '?:': {
        const [condition, yes, no] = node.args;
        const taken = truth(condition);
        return [
          ...reasons(condition),
          ...(taken === true ? reasons(yes) : []),
          ...(taken === false ? reasons(no) : []),
        ];
      }
      case '&&':
      case '||': {
        // a conjunction is true by all of its parts and false by the first that is; a disjunction the other way round
        const [left, right] = node.args;
        const decides = node.op === '||';
        const parts = [left, right].filter((part) => truth(node) !== decides || truth(part) === decides);
        return parts.flatMap(reasons);
      }
      default:
        return survey(node).references.length === 0 ? [] : [plainly(node)];
    }
  };

  return [...new Set(reasons(parsed.run.ast))].join(', and ');
}
