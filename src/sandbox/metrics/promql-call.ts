import type { Expression } from './promql-ast.ts';
import {
  bucketQuantile,
  parseBound,
  rangeFunctions,
  type Bucket,
  type RangeFunction,
} from './promql-functions.ts';
import {
  groupLabels,
  mapValue,
  matrixOf,
  scalar,
  scalarOf,
  unnamed,
  vector,
  vectorOf,
} from './promql-values.ts';
import type { Value, VectorSample } from './promql-values.ts';
import type { Labels } from './registry.ts';
import { labelKey } from './store.ts';

type Call = Extract<Expression, { kind: 'call' }>;

/** The value of a function at one moment, its arguments already evaluated. */
export function callFunction(node: Call, args: readonly Value[], atMs: number): Value {
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
      return overRange(node.name, rangeFunctions[node.name], first);
  }
}

function overRange(name: keyof typeof rangeFunctions, compute: RangeFunction, range: Value): Value {
  const { series, fromMs, toMs } = matrixOf(range);
  const samples: VectorSample[] = [];
  for (const { labels, points } of series) {
    const value = compute(points, fromMs, toMs);
    if (value !== null) samples.push({ labels: name === 'last_over_time' ? labels : unnamed(labels), value });
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
