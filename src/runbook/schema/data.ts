import { z } from 'zod';
import { duration, exactlyOne, name, rule, template } from './values.ts';

/** Where the data lies, and which rows of it may be lost or must stay. */

export const connection = exactlyOne(
  z.strictObject({ sqlite: template.optional(), postgres: template.optional() }),
  ['sqlite', 'postgres'],
  'A connection',
);

/** Plain names only: they stand in a query of ours. */
const tableName = z
  .string()
  .refine(
    (value) => /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/.test(value),
    rule('WB106', 'is not the name of a table or a column'),
  );

const countedTable = z.union([
  tableName,
  z.strictObject({ table: tableName, sql: name.optional(), newest: tableName.optional() }),
]);

export const lossBudget = z
  .strictObject({
    rows: z.int().min(0),
    window: duration.optional(),
    tables: z.array(countedTable).min(1),
    role: name.optional(),
  })
  .meta({ id: 'loss_budget', description: 'Rows that may be lost before the owner of the data is asked.' });

export const preserve = z.array(countedTable).min(1);

export type CountedTableDoc = z.infer<typeof countedTable>;
