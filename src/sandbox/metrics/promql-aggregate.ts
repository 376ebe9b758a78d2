import type { Expression } from './promql-ast.ts';
import { largest, smallest, total } from './promql-functions.ts';
import { groupLabels, vector, type Value, type VectorSample } from './promql-values.ts';
import type { Labels } from './registry.ts';
import { labelKey } from './store.ts';

/** One sample for each group of samples. */
export function aggregate(
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
