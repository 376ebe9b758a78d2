/** A moment of the baseline: so long before the release was finished, or before the session began. */
export interface BaselineEdge {
  readonly from: 'release' | 'start';
  readonly beforeMs: number;
}

/** One measurement of a comparison. */
export interface ComparedMetric {
  readonly probe: string;
  /** What it is measured against at the same time; null where it is measured against the baseline. */
  readonly against: string | null;
  readonly worse: 'higher' | 'lower' | 'either';
  /** The share of the baseline's median that it may be off. */
  readonly tolerance: number;
  /** What it may be off at least, in the probe's unit. */
  readonly floor: number;
  readonly critical: boolean;
  readonly group: string;
  readonly weight: number;
  /** A probe that answers 1 while what is measured is there: other points do not count. */
  readonly up: string | null;
  /** A point without a value counts as 0 while `up` says 1. */
  readonly gapsAreZero: boolean;
}

/** Series against series (FORMULAS E3). Lengths are domain time. */
export interface ComparisonPlan {
  /** Null where every metric is measured against another one at the same time. */
  readonly baseline: { readonly from: BaselineEdge; readonly to: BaselineEdge } | null;
  readonly settleMs: number;
  readonly currentMs: number;
  /** How much longer it may be looked at while it is inconclusive. */
  readonly extendMs: number;
  /** Between two points. */
  readonly everyMs: number;
  readonly metrics: readonly ComparedMetric[];
}
