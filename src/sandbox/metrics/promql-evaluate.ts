import type { Expression } from './promql-ast.ts';
import { aggregate } from './promql-aggregate.ts';
import { combine } from './promql-binary.ts';
import { callFunction } from './promql-call.ts';
import type { Point } from './promql-functions.ts';
import { openReader, type Reader } from './promql-reader.ts';
import { mapValue, scalar, vectorOf, type RangeSample, type Value } from './promql-values.ts';
import type { Labels } from './registry.ts';
import { labelKey, type SeriesStore } from './store.ts';

/** Moments of domain time, both ends included. */
export interface Moments {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly stepMs: number;
}

/** The value of a query at one moment of domain time. Ranges are open on the left, as in Prometheus 3. */
export function evaluate(expression: Expression, store: SeriesStore, atMs: number): Value {
  return valueAt(expression, openReader(store), atMs);
}

/** The series that a query's values at several moments make; a scalar is a series without labels. */
export function evaluateOver(
  expression: Expression,
  store: SeriesStore,
  moments: Moments,
): readonly RangeSample[] {
  return seriesOver(expression, openReader(store), moments);
}

function valueAt(expression: Expression, reader: Reader, atMs: number): Value {
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'selector':
      return reader.select(expression, atMs);
    case 'subquery':
      return subquery(expression, reader, atMs);
    case 'negate':
      return mapValue(valueAt(expression.of, reader, atMs), (value) => -value);
    case 'aggregate':
      return aggregate(expression, vectorOf(valueAt(expression.of, reader, atMs)));
    case 'call':
      return callFunction(
        expression,
        expression.args.map((argument) => valueAt(argument, reader, atMs)),
        atMs,
      );
    case 'binary':
      return combine(
        expression,
        valueAt(expression.left, reader, atMs),
        valueAt(expression.right, reader, atMs),
      );
  }
}

/**
 * A subquery asks at the multiples of its step, counted from the epoch, that lie in its left-open range: where the
 * outer query stands moves the window over these moments, never the moments.
 */
function subquery(
  { of, rangeMs, stepMs, offsetMs }: Extract<Expression, { kind: 'subquery' }>,
  reader: Reader,
  atMs: number,
): Value {
  const toMs = atMs - offsetMs;
  const fromMs = toMs - rangeMs;
  const firstMs = (Math.floor(fromMs / stepMs) + 1) * stepMs;
  return { type: 'matrix', series: seriesOver(of, reader, { firstMs, lastMs: toMs, stepMs }), fromMs, toMs };
}

function seriesOver(
  expression: Expression,
  reader: Reader,
  { firstMs, lastMs, stepMs }: Moments,
): readonly RangeSample[] {
  const found = new Map<string, { readonly labels: Labels; readonly points: Point[] }>();
  for (let at = firstMs; at <= lastMs; at += stepMs) {
    reader.spend(1); // an expression without a selector is work too
    const value = valueAt(expression, reader, at);
    const samples = value.type === 'scalar' ? [{ labels: {}, value: value.value }] : vectorOf(value);
    for (const sample of samples) {
      const key = labelKey(sample.labels);
      const series = found.get(key) ?? { labels: sample.labels, points: [] };
      // Names are dropped by functions and arithmetic: what differed only by name would be one series with two values.
      if (series.points.at(-1)?.at === at)
        throw new Error('vector cannot contain metrics with the same labelset');
      series.points.push({ at, value: sample.value });
      found.set(key, series);
    }
  }
  return [...found.values()];
}
