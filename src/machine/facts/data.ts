import { z } from 'zod';
import { by, reason, readingSchema, text } from './values.ts';

/** What was measured of the data, what was kept as evidence, and who agreed to a loss. */
export const dataFacts = [
  z.object({ type: z.literal('watch.breached'), id: text, hold: z.boolean(), reading: readingSchema }),
  z.object({ type: z.literal('watch.cleared'), id: text, reading: readingSchema }),
  z.object({
    type: z.literal('invariant.measured'),
    id: text,
    moment: text,
    reading: readingSchema,
    /** The step before or after which it was read; empty at the start and at the end. */
    step: text.default(''),
    /** SHA-256 of the query as it was sent; null where the reading is no query. */
    hash: text.nullable().default(null),
  }),
  /** Evidence is being taken beside everything else, all of it within the budget. */
  z.object({ type: z.literal('evidence.started'), items: z.array(text), until: text }),
  /** Ends a measurement of the data: what was counted, and where. */
  z.object({
    type: z.literal('data.measured'),
    moment: text,
    step: text,
    /** The attempt whose effect is measured; empty where there was none. */
    effectOf: text,
    tables: z.array(
      z.object({
        /** `connection.table`. */
        table: text,
        rows: z.number().nullable(),
        /** Of the newest row, epoch milliseconds, where the runbook names a column for it. */
        newestMs: z.number().nullable(),
        hash: text,
        code: text.nullable(),
        detail: text,
      }),
    ),
  }),
  /** A feature flag is being turned: what it was before, and the debt that remembers it. */
  z.object({
    type: z.literal('flag.turned'),
    step: text,
    flag: text,
    before: text.nullable(),
    to: text,
    debt: text.nullable(),
  }),
  /** Somebody agreed to data that is not as it was, as it stood then. */
  z.object({
    type: z.literal('data.accepted'),
    ...by,
    items: z.array(z.object({ id: text, code: text, value: text })),
    reason,
    /** The role that had to agree, and who did, with the signature where the role lists keys. */
    role: text.nullable(),
    principal: text.nullable(),
    key: text.nullable(),
    signature: text.nullable(),
    level: z.enum(['L0', 'L1', 'L2']),
    override: z.boolean(),
  }),
  z.object({
    type: z.literal('evidence.captured'),
    id: text,
    /** Where it lies, from the session's folder; empty where nothing was kept. */
    file: text.default(''),
    sha256: text,
    bytes: z.number(),
    partial: z.boolean(),
    detail: text,
  }),
] as const;
