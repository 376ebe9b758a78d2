import type { ASTNode } from '@marcbachmann/cel-js';
import { parseCel, sourceOf } from '../cel.ts';
import type { Expression } from '../model/values.ts';
import type { Runbook } from '../model.ts';
import { type Problem, problem } from '../problem.ts';
import { survey } from '../references.ts';

/** Comparisons of something measured with a version: the types are only known when they are there, and never equal. */
export function lintVersions(runbook: Runbook): readonly Problem[] {
  return expressionsIn(runbook).flatMap((expression) => {
    if (!Object.values(expression.typed ?? {}).includes('version')) return [];
    const parsed = parseCel(expression.source);
    if (!parsed.ok) return [];
    return unequal(parsed.run.ast, expression).map((part) =>
      problem('WB410', expression.at, `\`${sourceOf(part)}\` compares a text with a version.`),
    );
  });
}

/** Every expression of a plain piece of a runbook, found by shape. */
function expressionsIn(value: unknown): readonly Expression[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isExpression(value)) return [value];
  return Object.values(value).flatMap(expressionsIn);
}

const isExpression = (value: object): value is Expression =>
  'source' in value && typeof value.source === 'string' && 'probes' in value && 'at' in value;

const equalities: ReadonlySet<string> = new Set(['==', '!=', 'in']);

function unequal(node: ASTNode, expression: Expression): readonly ASTNode[] {
  const inner = partsOf(node).flatMap((part) => unequal(part, expression));
  if (!equalities.has(node.op)) return inner;
  const [left, right] = partsOf(node);
  if (left === undefined || right === undefined) return inner;
  const mixed =
    (isVersion(left, expression) && isMeasured(right, expression)) ||
    (isMeasured(left, expression) && isVersion(right, expression));
  return mixed ? [...inner, node] : inner;
}

function partsOf({ args }: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const take = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) take(one);
    else if (isNode(value)) found.push(value);
  };
  take(args);
  return found;
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** A name that stands for a version by itself. */
const isVersion = (node: ASTNode, expression: Expression): boolean =>
  namesAlone(node).some((path) => expression.typed?.[path] === 'version');

/** A name whose type is only known when it is there. */
const isMeasured = (node: ASTNode, expression: Expression): boolean =>
  namesAlone(node).some((path) => expression.typed?.[path] === undefined);

const namesAlone = (node: ASTNode): readonly string[] =>
  node.op === 'id' || node.op === '.' || node.op === '[]'
    ? survey(node).references.map(({ path }) => path.join('.'))
    : [];
