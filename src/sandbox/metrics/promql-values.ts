import type { Point } from './promql-functions.ts';
import type { Labels } from './registry.ts';

export interface VectorSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface RangeSample {
  readonly labels: Labels;
  readonly points: readonly Point[];
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly samples: readonly VectorSample[] }
  /** What was found in (fromMs, toMs]. */
  | {
      readonly type: 'matrix';
      readonly series: readonly RangeSample[];
      readonly fromMs: number;
      readonly toMs: number;
    };

export const scalar = (value: number): Value => ({ type: 'scalar', value });
export const vector = (samples: readonly VectorSample[]): Value => ({ type: 'vector', samples });

// The parser has checked the types: the three below throw only on a mistake of ours.

export function scalarOf(value: Value): number {
  if (value.type !== 'scalar') throw new Error(`expected a scalar, got a ${value.type}`);
  return value.value;
}

export function vectorOf(value: Value): readonly VectorSample[] {
  if (value.type !== 'vector') throw new Error(`expected an instant vector, got a ${value.type}`);
  return value.samples;
}

export function matrixOf(value: Value): Extract<Value, { type: 'matrix' }> {
  if (value.type !== 'matrix') throw new Error(`expected a range vector, got a ${value.type}`);
  return value;
}

export function mapValue(value: Value, change: (value: number) => number): Value {
  if (value.type === 'scalar') return scalar(change(value.value));
  return vector(
    vectorOf(value).map((sample) => ({ labels: unnamed(sample.labels), value: change(sample.value) })),
  );
}

export function unnamed(labels: Labels): Labels {
  const { __name__: _, ...rest } = labels;
  return rest;
}

/** The labels a group or a match is made on. The metric's name is a label only when it is asked for. */
export function groupLabels(labels: Labels, names: readonly string[], without: boolean): Labels {
  return Object.fromEntries(
    Object.entries(labels).filter(([name]) =>
      without ? name !== '__name__' && !names.includes(name) : names.includes(name),
    ),
  );
}
