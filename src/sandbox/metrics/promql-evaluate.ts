import {
  isComparison,
  isSetOperator,
  type BinaryOperator,
  type Expression,
  type Matcher,
} from './promql-ast.ts';
import {
  bucketQuantile,
  largest,
  parseBound,
  rangeFunctions,
  smallest,
  total,
  type Bucket,
  type Point,
} from './promql-functions.ts';
import { QueryError } from './promql-lexer.ts';
import type { Labels } from './registry.ts';
import { labelKey, type Series, type SeriesStore } from './store.ts';

interface VectorSample {
  readonly labels: Labels;
  readonly value: number;
}

interface RangeSample {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  | { readonly type: 'matrix'; readonly series: readonly RangeSample[] };

/** How far back a selector looks for the newest sample. */
const lookbackMs = 300_000;

/** The value of a query at one moment of domain time. Ranges are open on the left, as in Prometheus 3. */
export function evaluate(expression: Expression, store: SeriesStore, atMs: number): Value {
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'selector':
      return select(expression, store, atMs);
    case 'negate':
      return mapValue(evaluate(expression.of, store, atMs), (value) => -value);
    case 'aggregate':
      return aggregate(expression, vectorOf(evaluate(expression.of, store, atMs)));
    case 'call':
      return callFunction(expression, store, atMs);
    case 'binary':
      return combine(
        expression,
        evaluate(expression.left, store, atMs),
        evaluate(expression.right, store, atMs),
      );
  }
}

const scalar = (value: number): Value => ({ type: 'scalar', value });
const vector = (samples: readonly VectorSample[]): Value => ({ type: 'vector', samples });

function vectorOf(value: Value): readonly VectorSample[] {
  if (value.type !== 'vector') throw new QueryError(`expected an instant vector, got a ${value.type}`);
  return value.samples;
}

function scalarOf(value: Value): number {
  if (value.type !== 'scalar') throw new QueryError(`expected a scalar, got a ${value.type}`);
  return value.value;
}

function mapValue(value: Value, change: (value: number) => number): Value {
  if (value.type === 'scalar') return scalar(change(value.value));
  return vector(
    vectorOf(value).map((sample) => ({ labels: unnamed(sample.labels), value: change(sample.value) })),
  );
}

function unnamed(labels: Labels): Labels {
  const { __name__: _, ...rest } = labels;
  return rest;
}

function select(
  selector: Extract<Expression, { kind: 'selector' }>,
  store: SeriesStore,
  atMs: number,
): Value {
  const end = atMs - selector.offsetMs;
  const test = matcherTest(selector.matchers);
  const found = [...store.named(selector.name)].filter(({ labels }) => test(labels));
  if (selector.rangeMs !== null) {
    const start = end - selector.rangeMs;
    const series = found.map((one) => ({ labels: one.labels, points: pointsIn(one, start, end) }));
    return { type: 'matrix', series: series.filter(({ points }) => points.length > 0) };
  }
  const samples: VectorSample[] = [];
  for (const series of found) {
    const index = lastIndexAt(series.times, end);
    const time = series.times[index];
    const value = series.values[index];
    if (time === undefined || value === undefined || value === null || time <= end - lookbackMs) continue;
    samples.push({ labels: series.labels, value });
  }
  return vector(samples);
}

/** Index of the newest sample not after `at`; -1 for none. */
function lastIndexAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function pointsIn(series: Series, start: number, end: number): Point[] {
  const points: Point[] = [];
  for (let index = lastIndexAt(series.times, start) + 1; index < series.times.length; index += 1) {
    const at = series.times[index] ?? Infinity;
    const value = series.values[index];
    if (at > end) break;
    if (value !== null && value !== undefined) points.push({ at, value });
  }
  return points;
}

function matcherTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ name, op, value }) => {
    const pattern = op === '=~' || op === '!~' ? new RegExp(`^(?:${value})$`, 'su') : null;
    return (labels: Labels): boolean => {
      const actual = labels[name] ?? ''; // a label that is not there is the empty one
      const same = pattern === null ? actual === value : pattern.test(actual);
      return op === '=' || op === '=~' ? same : !same;
    };
  });
  return (labels) => tests.every((test) => test(labels));
}

function aggregate(
  node: Extract<Expression, { kind: 'aggregate' }>,
  samples: readonly VectorSample[],
): Value {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const sample of samples) {
    const labels = groupLabels(sample.labels, node.grouping.labels, node.grouping.without);
    const key = labelKey(labels);
    const group = groups.get(key);
    if (group) group.values.push(sample.value);
    else groups.set(key, { labels, values: [sample.value] });
  }
  const reduce = {
    sum: total,
    avg: (values: readonly number[]) => total(values) / values.length,
    max: largest,
    min: smallest,
    count: (values: readonly number[]) => values.length,
  }[node.op];
  return vector([...groups.values()].map(({ labels, values }) => ({ labels, value: reduce(values) })));
}

/** The labels a group or a match is made on. The metric's name is a label only when it is asked for. */
function groupLabels(labels: Labels, names: readonly string[], without: boolean): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      without ? name !== '__name__' && !names.includes(name) : names.includes(name),
    ),
  );
}

function callFunction(node: Extract<Expression, { kind: 'call' }>, store: SeriesStore, atMs: number): Value {
  const args = node.args.map((argument) => evaluate(argument, store, atMs));
  const [first, second] = args;
  if (node.name === 'time' || first === undefined) return scalar(atMs / 1000);
  switch (node.name) {
    case 'vector':
      return vector([{ labels: {}, value: scalarOf(first) }]);
    case 'scalar': {
      const samples = vectorOf(first);
      return scalar(samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN);
    }
    case 'absent':
      return absent(node.args[0], vectorOf(first));
    case 'abs':
      return mapValue(first, Math.abs);
    case 'clamp_min':
    case 'clamp_max': {
      const limit = second === undefined ? NaN : scalarOf(second);
      return mapValue(first, (value) =>
        node.name === 'clamp_min' ? Math.max(value, limit) : Math.min(value, limit),
      );
    }
    case 'histogram_quantile':
      return second === undefined ? vector([]) : histogramQuantile(scalarOf(first), vectorOf(second));
    default:
      return overRange(node, first, atMs);
  }
}

function overRange(node: Extract<Expression, { kind: 'call' }>, range: Value, atMs: number): Value {
  const selector = node.args[0];
  const compute =
    node.name in rangeFunctions ? rangeFunctions[node.name as keyof typeof rangeFunctions] : null;
  if (
    range.type !== 'matrix' ||
    selector?.kind !== 'selector' ||
    selector.rangeMs === null ||
    compute === null
  ) {
    throw new QueryError(`"${node.name}" needs a range vector`);
  }
  const end = atMs - selector.offsetMs;
  const samples: VectorSample[] = [];
  for (const { labels, points } of range.series) {
    const value = compute(points, end - selector.rangeMs, end);
    if (value !== null)
      samples.push({ labels: node.name === 'last_over_time' ? labels : unnamed(labels), value });
  }
  return vector(samples);
}

/** One sample 1 with the labels that the selector fixes, where it finds nothing. */
function absent(argument: Expression | undefined, samples: readonly VectorSample[]): Value {
  if (samples.length > 0) return vector([]);
  const fixed =
    argument?.kind === 'selector'
      ? argument.matchers.filter(({ op, name }) => op === '=' && name !== '__name__')
      : [];
  return vector([{ labels: Object.fromEntries(fixed.map(({ name, value }) => [name, value])), value: 1 }]);
}

function histogramQuantile(quantile: number, samples: readonly VectorSample[]): Value {
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const sample of samples) {
    const bound = parseBound(sample.labels);
    if (bound === null) continue;
    const labels = groupLabels(sample.labels, ['le'], true);
    const key = labelKey(labels);
    const group = groups.get(key) ?? { labels, buckets: [] };
    group.buckets.push({ bound, count: sample.value });
    groups.set(key, group);
  }
  return vector(
    [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(quantile, buckets) })),
  );
}

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

function combine(node: Binary, left: Value, right: Value): Value {
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

const duplicate = (side: string, labels: Labels): QueryError =>
  new QueryError(
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
