import { z } from 'zod';
import { parseDuration } from '../../runbook/duration.ts';
import { readRulesFile, type RulesFile } from '../rules-file.ts';

const sql = z.string().min(1).max(10_000);
const column = z.string().min(1).max(63);
const assignments = z.record(column, sql);

const cannot = z
  .strictObject({
    when: sql,
    // `null` without quotes is what people write
    rule: z.preprocess((value) => value ?? 'null', z.enum(['default', 'null', 'quarantine'])),
    set: assignments.optional(),
    columns: z.array(column).min(1).optional(),
  })
  .refine((one) => (one.rule === 'default') === 'set' in one, '`set` belongs to `rule: default`')
  .refine((one) => (one.rule === 'null') === 'columns' in one, '`columns` belongs to `rule: null`');

const table = z
  .strictObject({
    table: z.string().regex(/^[\w$]+(\.[\w$]+)?$/, 'is `table` or `schema.table`'),
    key: z.array(column).min(1).optional(),
    where: sql,
    set: assignments.optional(),
    sql: sql.optional(),
    run: z.array(z.string().min(1)).min(1).optional(),
    timeout: z
      .string()
      .refine((text) => parseDuration(text) !== null, 'is a duration such as 30s')
      .default('60s'),
    cannot: z.array(cannot).max(20).default([]),
  })
  .refine(
    (one) => [one.set, one.sql, one.run].filter((way) => way !== undefined).length === 1,
    'needs exactly one of: set, sql, run',
  );

const planSchema = z.strictObject({
  walkback_transform: z.literal(1),
  batch: z.int().min(1).max(100_000).default(1000),
  keep: z
    .string()
    .refine((text) => parseDuration(text) !== null, 'is a duration such as 30d')
    .default('30d'),
  mask: z.array(column).default([]),
  tables: z.array(table).min(1).max(50),
});

export type TransformPlan = Readonly<z.infer<typeof planSchema>>;
export type TablePlan = TransformPlan['tables'][number];
export type CannotRule = TablePlan['cannot'][number];

/** Which rows are to be written so that the old release can read them, and how. */
export const readTransformPlan = (file: string): RulesFile<TransformPlan> => readRulesFile(file, planSchema);
