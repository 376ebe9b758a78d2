import { z } from 'zod';
import { text, work } from './values.ts';

const figures = z.object({
  n: z.number(),
  gaps: z.number(),
  median: z.number().nullable(),
  q1: z.number().nullable(),
  q3: z.number().nullable(),
  outliers: z.number(),
});
/** From and until, epoch milliseconds of the domain clock. */
const spanOfTime = z.tuple([z.number(), z.number()]);
const points = z.array(z.number().nullable());
const number = z.number().nullable();
const verdict = z.enum(['RECOVERED', 'WORSE', 'INCONCLUSIVE']);
/** The figures of `judge/comparison.ts`, whose words these are, beside the parameters and the series. */
const comparisonShape = {
  verdict,
  final: z.boolean(),
  /** 0 to 100: what is certain, and what it may come to. */
  score: z.object({ least: z.number(), most: z.number() }),
  everyMs: z.number(),
  spans: z.object({
    baseline: spanOfTime,
    /** The failed release, from its end until the session began; null where that is not known, or is what is measured against. */
    failed: spanOfTime.nullable(),
    current: spanOfTime,
  }),
  metrics: z.array(
    z.object({
      probe: text,
      against: text.nullable(),
      unit: text.nullable(),
      worse: z.enum(['higher', 'lower', 'either']),
      tolerance: z.number(),
      floor: z.number(),
      critical: z.boolean(),
      group: text,
      weight: z.number(),
      verdict,
      code: text.nullable(),
      detail: text,
      baseline: figures,
      failed: figures.nullable(),
      current: figures,
      u: number,
      sigma: number,
      rho: number,
      sigmaWide: number,
      a12: number,
      pPlain: number,
      p: number,
      shift: number,
      low: number,
      high: number,
      limit: number,
      series: z.object({ baseline: points, failed: points, current: points }),
    }),
  ),
};

/** Series held against each other. */
export const comparisonFacts = [
  /** What a comparison came to, with everything that it was worked out from; `final` ends the step. */
  z.object({ type: z.literal('comparison.made'), ...work, ...comparisonShape }),
] as const;
