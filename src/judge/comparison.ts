import { figureText } from './figure-text.ts';
import type { Sample } from './trigger.ts';
import { bothTails, medianOf, quantileOf, rankSum, shiftBetween } from './rank-sum.ts';

/** Which way a measurement gets worse. */
export type Worse = 'higher' | 'lower' | 'either';

export type Verdict = 'RECOVERED' | 'WORSE' | 'INCONCLUSIVE';

export interface ComparisonInput {
  /** Oldest first; null, NaN and infinite values are gaps. */
  readonly baseline: readonly Sample[];
  readonly current: readonly Sample[];
  readonly worse: Worse;
  /** The share of the baseline's median that it may be off. */
  readonly tolerance: number;
  /** What it may be off at least, in the unit of the values. */
  readonly floor: number;
  /** Points that the baseline needs: 60 before a release, 30 beside a canary. */
  readonly leastBaseline: number;
  readonly unit: string | null;
}

/** What one series came to. */
export interface SeriesFigures {
  readonly n: number;
  /** Points of the span without a value. */
  readonly gaps: number;
  readonly median: number | null;
  readonly q1: number | null;
  readonly q3: number | null;
  /** Values more than three quartile ranges outside the quartiles: counted, and never left out. */
  readonly outliers: number;
}

/** All figures behind a verdict; null where there were too few points to work them out. */
export interface Comparison {
  readonly verdict: Verdict;
  /** `too_few`, `no_data`, `wide` for what is not conclusive; else null. */
  readonly code: string | null;
  readonly detail: string;
  readonly baseline: SeriesFigures;
  readonly current: SeriesFigures;
  readonly u: number | null;
  readonly sigma: number | null;
  /** Lag-1 autocorrelation as it was used, 0 to 0.9, and σ widened by it. */
  readonly rho: number | null;
  readonly sigmaWide: number | null;
  readonly a12: number | null;
  /** Two-sided, normal approximation, without and with the correction for autocorrelation. */
  readonly pPlain: number | null;
  readonly p: number | null;
  /** Hodges–Lehmann shift with its 90 % interval; a bound is null where the points cannot bound it. */
  readonly shift: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** What the shift is held against. */
  readonly limit: number | null;
}

/** Quantile for 90 % on both sides, 95 % on each (E3). */
const z90 = 1.645;
/** Current points without which nothing is said, and without which nothing is called recovered (E3). */
const leastToSay = 20;
const leastCurrent = 30;
export const leastBefore = 60;
export const leastBeside = 30;

/**
 * E3. WORSE where the whole interval of the shift lies beyond the limit, RECOVERED where all of it lies within, else
 * INCONCLUSIVE. The limit is a share of the baseline's median, and at least the floor. Points that follow each other
 * closely say less than as many independent ones: σ is widened by the autocorrelation. Too few points are never
 * RECOVERED, and below 20 they are nothing at all.
 */
export function compareSeries(input: ComparisonInput): Comparison {
  const { worse, unit } = input;
  const before = known(input.baseline);
  const after = known(input.current);
  const baseline = figuresOf(input.baseline, before);
  const current = figuresOf(input.current, after);
  const n = before.length;
  const m = after.length;
  if (n === 0 || m === 0) {
    const missing = n === 0 ? 'the baseline has no data' : 'there is no data now';
    return { ...nothing, code: 'no_data', detail: missing, baseline, current };
  }
  if (n < leastToSay || m < leastToSay)
    return { ...nothing, code: 'too_few', detail: fewText(input, n, m), baseline, current };

  const { u, sigma, a12 } = rankSum(before, after);
  const rho = autocorrelation(input.baseline, input.current, Math.min(n, m));
  const sigmaWide = sigma * Math.sqrt((1 + rho) / (1 - rho));
  const { median: shift, low, high } = shiftBetween(before, after, sigmaWide, z90);
  const limit = Math.max(input.tolerance * Math.abs(baseline.median ?? 0), input.floor);
  const enough = n >= input.leastBaseline && m >= leastCurrent;
  const judged = verdictOf(worse, low, high, limit);
  const verdict = judged === 'RECOVERED' && !enough ? 'INCONCLUSIVE' : judged;
  const text = (value: number): string => figureText(String(value), unit);
  const signed = (value: number): string =>
    Number.isFinite(value) ? `${value < 0 ? '−' : '+'}${text(Math.abs(value))}` : 'not bounded';
  const code = verdict !== 'INCONCLUSIVE' ? null : judged === 'RECOVERED' ? 'too_few' : 'wide';
  const detail = [
    `median ${text(baseline.median ?? NaN)} before, ${text(current.median ?? NaN)} now`,
    `shift ${signed(shift)} (90 %: ${signed(low)} to ${signed(high)}), limit ${limitText(worse, text(limit))}`,
    ...(code === 'too_few' ? [fewText(input, n, m)] : []),
    `n ${n} and ${m}`,
  ].join('; ');
  const tails = (spread: number): number => (spread === 0 ? 1 : bothTails((u - (n * m) / 2) / spread));
  return {
    verdict,
    code,
    detail,
    baseline,
    current,
    u,
    sigma,
    rho,
    sigmaWide,
    a12,
    pPlain: tails(sigma),
    p: tails(sigmaWide),
    shift,
    low: finite(low),
    high: finite(high),
    limit,
  };
}

const nothing = {
  verdict: 'INCONCLUSIVE',
  u: null,
  sigma: null,
  rho: null,
  sigmaWide: null,
  a12: null,
  pPlain: null,
  p: null,
  shift: null,
  low: null,
  high: null,
  limit: null,
} as const;

function verdictOf(worse: Worse, low: number, high: number, limit: number): Verdict {
  const above = low > limit;
  const below = high < -limit;
  const bad = worse === 'higher' ? above : worse === 'lower' ? below : above || below;
  if (bad) return 'WORSE';
  const notHigher = high <= limit;
  const notLower = low >= -limit;
  const good = worse === 'higher' ? notHigher : worse === 'lower' ? notLower : notHigher && notLower;
  return good ? 'RECOVERED' : 'INCONCLUSIVE';
}

const limitText = (worse: Worse, text: string): string =>
  worse === 'higher' ? `+${text}` : worse === 'lower' ? `−${text}` : `±${text}`;

function fewText({ leastBaseline }: ComparisonInput, n: number, m: number): string {
  const parts = [
    ...(n < leastBaseline ? [`the baseline has ${n} points of ${leastBaseline} that are needed`] : []),
    ...(m < leastCurrent ? [`now there are ${m} points of ${leastCurrent} that are needed`] : []),
  ];
  return parts.join(', ');
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const isKnown = (value: number | null): value is number => value !== null && Number.isFinite(value);
const known = (samples: readonly Sample[]): readonly number[] =>
  samples.map(([, value]) => value).filter(isKnown);

/** Of a span that is only shown, too. */
export const seriesFigures = (samples: readonly Sample[]): SeriesFigures =>
  figuresOf(samples, known(samples));

function figuresOf(samples: readonly Sample[], values: readonly number[]): SeriesFigures {
  const gaps = samples.length - values.length;
  if (values.length === 0) return { n: 0, gaps, median: null, q1: null, q3: null, outliers: 0 };
  const sorted = values.toSorted((left, right) => left - right);
  const q1 = quantileOf(sorted, 0.25);
  const q3 = quantileOf(sorted, 0.75);
  const far = 3 * (q3 - q1);
  const outliers = sorted.filter((value) => value < q1 - far || value > q3 + far).length;
  return { n: values.length, gaps, median: medianOf(sorted), q1, q3, outliers };
}

/**
 * Pooled over both series: the share of the variance that a point has from the one right before it, plus 1.5/min(n,m)
 * for what small samples hide, clipped to [0, 0.9]. Neighbours across a gap are no neighbours.
 */
function autocorrelation(before: readonly Sample[], after: readonly Sample[], least: number): number {
  let products = 0;
  let squares = 0;
  for (const samples of [before, after]) {
    const values = known(samples);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    samples.forEach(([, value], index) => {
      if (!isKnown(value)) return;
      squares += (value - mean) ** 2;
      const earlier = samples[index - 1]?.[1] ?? null;
      if (isKnown(earlier)) products += (value - mean) * (earlier - mean);
    });
  }
  const lag = squares === 0 ? 0 : products / squares;
  return Math.min(0.9, Math.max(0, lag + 1.5 / least));
}
