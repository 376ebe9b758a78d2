import type { Value } from '../../src/sandbox/metrics/promql-values.ts';
import { labelKey } from '../../src/sandbox/metrics/store.ts';

/** A scalar as a number; a vector as its values by their labels. */
export function shown(value: Value): unknown {
  if (value.type === 'scalar') return value.value;
  if (value.type === 'matrix') return value.series.map(({ points }) => points.length);
  return Object.fromEntries(
    value.samples.map(({ labels, value: number }) => [labelText(labels), Number(number.toPrecision(12))]),
  );
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  labelKey(labels).replaceAll('\u0001', '=').replaceAll('\u0002', ',');
