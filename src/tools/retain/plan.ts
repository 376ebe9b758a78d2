import { z } from 'zod';
import { parseDuration } from '../../runbook/duration.ts';
import { readRulesFile, type RulesFile } from '../rules-file.ts';

const duration = z.string().refine((text) => parseDuration(text) !== null, 'is a duration such as 400d');

const item = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'is a name such as audit'),
    table: z
      .string()
      .regex(/^[\w$]+(\.[\w$]+)?$/, 'is `table` or `schema.table`')
      .optional(),
    key: z.array(z.string().min(1)).min(1).optional(),
    file: z.string().min(1).optional(),
    run: z.array(z.string().min(1)).min(1).optional(),
    timeout: duration.default('60s'),
    until: duration,
    class: z.string().min(1).max(60).default('operations'),
  })
  .refine(
    (one) => [one.table, one.file, one.run].filter((source) => source !== undefined).length === 1,
    'needs exactly one of: table, file, run',
  );

const planSchema = z
  .strictObject({ walkback_retain: z.literal(1), keep: z.array(item).min(1).max(100) })
  .refine(
    (one) => new Set(one.keep.map(({ id }) => id)).size === one.keep.length,
    'has two entries with one id',
  );

export type RetainPlan = Readonly<z.infer<typeof planSchema>>;
export type RetainItem = RetainPlan['keep'][number];

/** What of the failed release has to be kept, for how long. */
export const readRetainPlan = (file: string): RulesFile<RetainPlan> => readRulesFile(file, planSchema);
