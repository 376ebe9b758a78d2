import { z } from 'zod';
import { duration, exactlyOne, name, rule, template, text } from './values.ts';

/** What is kept of the broken state before it is changed. */

const evidenceItem = exactlyOne(
  z.strictObject({
    id: name,
    run: z.array(z.string()).min(1).optional(),
    shell: text.optional(),
    env: z.record(z.string(), z.string()).optional(),
    sql: text
      .optional()
      .meta({ description: 'The name of a connection; its rows are kept, and it is only read.' }),
    query: template.optional(),
    timeout: duration.optional(),
  }),
  ['run', 'shell', 'sql'],
  'An item of evidence',
)
  .refine((item) => !('sql' in item) || 'query' in item, rule('WB103', '`query` is missing'))
  .refine((item) => 'sql' in item || !('query' in item), rule('WB101', '`query` belongs to sql'))
  .refine((item) => !('sql' in item) || !('env' in item), rule('WB101', '`env` belongs to run or shell'));

export const evidence = z
  .strictObject({
    budget: duration.optional(),
    items: z.array(evidenceItem).min(1).optional(),
    min_observation: duration.optional().meta({
      description: 'How long the numbers are watched before a change that they only advise to investigate.',
    }),
  })
  .refine(
    (value) => 'items' in value === 'budget' in value,
    rule('WB103', '`items` and `budget` go together'),
  )
  .refine(
    (value) => 'items' in value || 'min_observation' in value,
    rule('WB103', '`evidence` is empty: it has `items` with a `budget`, or `min_observation`'),
  );
