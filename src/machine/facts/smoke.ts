import { z } from 'zod';
import { resultSchema, text, work } from './values.ts';

/** One test on one way. */
const cell = z.object({
  way: z.enum(['proxy', 'each_instance']),
  /** `proxy`, or what the instance is called. */
  name: text,
  test: text,
  critical: z.boolean(),
  /** The newest ones, oldest first. */
  runs: z.array(resultSchema),
  /** How often it was run in all. */
  times: z.number(),
  result: resultSchema,
  code: text.nullable(),
  /** What was read last, or what was read when it failed; JSON text. */
  value: text.nullable(),
  expected: text,
  detail: text,
});

/** Core journeys, tried on every way to what was rolled back. */
export const smokeFacts = [
  /** What they came to, test by test and way by way; `final` ends the step. */
  z.object({
    type: z.literal('smoke.ran'),
    ...work,
    result: resultSchema,
    final: z.boolean(),
    rounds: z.number(),
    stable: z.number(),
    cells: z.array(cell),
  }),
] as const;
