import { isComparison, isSetOperator, type BinaryOperator, type Expression } from './promql-ast.ts';
import { groupLabels, scalar, scalarOf, unnamed, vector, vectorOf } from './promql-values.ts';
import type { Value, VectorSample } from './promql-values.ts';
import type { Labels } from './registry.ts';
import { labelKey } from './store.ts';

const operators: Readonly<
  Record<Exclude<BinaryOperator, 'and' | 'or' | 'unless'>, (a: number, b: number) => number | boolean>
> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

type Binary = Extract<Expression, { kind: 'binary' }>;

/** The value of a binary expression: arithmetic, a comparison, or a set operation. */
export function combine(node: Binary, left: Value, right: Value): Value {
  if (isSetOperator(node.op)) return combineSets(node, vectorOf(left), vectorOf(right));
  const apply = operators[node.op as keyof typeof operators];
  if (left.type === 'scalar' && right.type === 'scalar')
    return scalar(Number(apply(left.value, right.value)));
  if (left.type === 'vector' && right.type === 'vector')
    return combineVectors(node, left.samples, right.samples);
  const samples = left.type === 'vector' ? left.samples : vectorOf(right);
  const results: VectorSample[] = [];
  for (const sample of samples) {
    const result =
      left.type === 'scalar' ? apply(left.value, sample.value) : apply(sample.value, scalarOf(right));
    const kept = resultOf(node, result, sample.value);
    if (kept !== null)
      results.push({ labels: keepsName(node) ? sample.labels : unnamed(sample.labels), value: kept });
  }
  return vector(results);
}

const keepsName = (node: Binary): boolean => isComparison(node.op) && !node.bool;

/** A comparison filters, and answers the compared value itself; with `bool` it answers 0 or 1. */
function resultOf(node: Binary, result: number | boolean, own: number): number | null {
  if (typeof result === 'number') return result;
  if (node.bool) return result ? 1 : 0;
  return result ? own : null;
}

const matchKey = (node: Binary, labels: Labels): string =>
  labelKey(groupLabels(labels, node.matching.labels, !node.matching.on));

function combineVectors(node: Binary, left: readonly VectorSample[], right: readonly VectorSample[]): Value {
  const apply = operators[node.op as keyof typeof operators];
  const rightByKey = new Map<string, VectorSample>();
  for (const sample of right) {
    const key = matchKey(node, sample.labels);
    if (rightByKey.has(key)) throw duplicate('right', sample.labels);
    rightByKey.set(key, sample);
  }
  const seen = new Set<string>();
  const results: VectorSample[] = [];
  for (const sample of left) {
    const key = matchKey(node, sample.labels);
    const other = rightByKey.get(key);
    if (!other) continue;
    if (seen.has(key)) throw duplicate('left', sample.labels);
    seen.add(key);
    const kept = resultOf(node, apply(sample.value, other.value), sample.value);
    if (kept === null) continue;
    const labels = keepsName(node) ? sample.labels : unnamed(sample.labels);
    results.push({
      labels: node.matching.on ? groupLabels(labels, node.matching.labels, false) : dropIgnored(node, labels),
      value: kept,
    });
  }
  return vector(results);
}

const dropIgnored = (node: Binary, labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !node.matching.labels.includes(name)));

const duplicate = (side: string, labels: Labels): Error =>
  new Error(
    `found duplicate series for the match group ${JSON.stringify(unnamed(labels))} on the ${side} hand-side of the operation; many-to-many matching not allowed`,
  );

function combineSets(node: Binary, left: readonly VectorSample[], right: readonly VectorSample[]): Value {
  const keys = (samples: readonly VectorSample[]): Set<string> =>
    new Set(samples.map(({ labels }) => matchKey(node, labels)));
  if (node.op === 'or') {
    const leftKeys = keys(left);
    return vector([...left, ...right.filter(({ labels }) => !leftKeys.has(matchKey(node, labels)))]);
  }
  const rightKeys = keys(right);
  return vector(left.filter(({ labels }) => rightKeys.has(matchKey(node, labels)) === (node.op === 'and')));
}
