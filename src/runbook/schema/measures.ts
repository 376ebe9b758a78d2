import { z } from 'zod';
import {
  argv,
  count,
  duration,
  environmentVariables,
  exactlyOne,
  expression,
  flag,
  name,
  rule,
  scalar,
  template,
  text,
  where,
} from './values.ts';

/** Commands, probes, tolerances and checks: what every other part of the format is made of. */

export const command = exactlyOne(
  z.strictObject({
    run: argv.optional(),
    shell: text.optional(),
    env: environmentVariables.optional(),
    where: where.optional(),
    tty: flag.optional(),
    timeout: duration.optional(),
  }),
  ['run', 'shell'],
  'A command',
).meta({ id: 'command', description: 'A command of its own: the way back, evidence, a message.' });

export const sourceKeys = ['run', 'http', 'tcp', 'sql', 'prometheus', 'file', 'ask'] as const;
const reductions = ['census', 'last', 'min', 'max', 'mean', 'sum', 'count'] as const;

const sourceShape = {
  run: argv.optional(),
  env: environmentVariables.optional(),
  where: where.optional(),
  http: template.optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  tcp: template.optional(),
  sql: text.optional().meta({ description: 'The name of a connection; always read-only.' }),
  prometheus: template.optional(),
  query: template.optional(),
  file: template.optional(),
  ask: template.optional().meta({ description: 'A person reads it off something.' }),
  json: z
    .string()
    .refine(
      (path) => /^\$(?:\.[A-Za-z_][\w-]*|\[\d+\]|\['[^'\]]+'\])*$/.test(path),
      rule('WB102', 'is not a path like `$.a.b[0]`'),
    )
    .optional(),
  pattern: text.optional(),
  times: count.max(1_000).optional(),
  reduce: z.enum(reductions).optional(),
  unit: text.optional(),
  timeout: duration.optional(),
};

/** Keys that belong to one kind of measurement only. */
const sourceExtras: Readonly<Record<string, readonly (typeof sourceKeys)[number][]>> = {
  env: ['run'],
  where: ['run'],
  method: ['http'],
  headers: ['http'],
  body: ['http'],
  query: ['sql', 'prometheus'],
};

type SourceShape = z.ZodObject<typeof sourceShape>['_zod']['output'];

function misplaced(value: SourceShape, ctx: z.RefinementCtx<SourceShape>): void {
  for (const [key, owners] of Object.entries(sourceExtras)) {
    if (key in value && !owners.some((owner) => owner in value)) {
      ctx.addIssue({
        code: 'custom',
        path: [key],
        ...rule('WB101', `\`${key}\` belongs to ${owners.join(' or ')}`),
      });
    }
  }
  if (('sql' in value || 'prometheus' in value) && !('query' in value)) {
    ctx.addIssue({ code: 'custom', ...rule('WB103', '`query` is missing') });
  }
}

export const probe = exactlyOne(z.strictObject(sourceShape), sourceKeys, 'A probe')
  .superRefine(misplaced)
  .meta({ id: 'probe', description: 'A measurement.' });

const bound = z.union([z.number(), z.string()]);
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export const conditionKeys = [
  'equals',
  'not',
  'matches',
  'in',
  'between',
  '<',
  '>',
  '<=',
  '>=',
  'exit',
  'status',
  'header',
  'absent',
  'fails',
  'count',
  'all',
  'same',
  'cel',
  'words',
] as const;

const tolerance = z
  .strictObject({
    equals: value.optional(),
    not: value.optional(),
    matches: text.optional(),
    in: z.array(scalar).min(1).optional(),
    between: z.tuple([bound, bound]).optional(),
    '<': bound.optional(),
    '>': bound.optional(),
    '<=': bound.optional(),
    '>=': bound.optional(),
    exit: z.int().min(0).max(255).optional(),
    status: z.int().min(100).max(599).optional(),
    header: z.strictObject({ name: text, value: template.optional(), absent: flag.optional() }).optional(),
    absent: flag.optional(),
    fails: flag.optional(),
    count: z.int().min(0).optional(),
    all: value.optional(),
    same: flag.optional(),
    cel: expression.optional(),
    words: text.optional(),
  })
  .refine((given) => Object.keys(given).length > 0, rule('WB513', '`expect` is empty'))
  .meta({ id: 'tolerance', description: 'What good looks like; everything given must hold.' });

const polling = { every: duration.optional(), within: duration.optional(), stable: count.optional() };

const checkShape = { ...sourceShape, probe: name.optional(), obligation: name.optional() };

export const check = z
  .strictObject({
    ...checkShape,
    ...polling,
    expect: z.union([tolerance, z.enum(['open', 'closed'])]).optional(),
  })
  .refine(
    (given) => [...sourceKeys, 'probe', 'obligation'].filter((key) => key in given).length === 1,
    rule('WB108', `A check has exactly one of: probe, obligation, ${sourceKeys.join(', ')}`),
  )
  .superRefine(misplaced)
  .meta({
    id: 'check',
    description: 'A probe held against a tolerance, or a debt that must be open or closed.',
  });

export const checks = z.union([check, z.array(check)]);

const { ask: _ask, prometheus: _prometheus, file: _file, ...smokeSources } = sourceShape;
const smokeKeys = ['http', 'run', 'tcp', 'sql'] as const;

/** One test of a smoke step; `via.url` and `via.name` say where it goes. */
export const smokeTest = z
  .strictObject({
    id: name,
    ...smokeSources,
    expect: tolerance.optional(),
    critical: flag
      .optional()
      .meta({ description: 'Whether it decides; true unless it is said to be false.' }),
    writes: flag.optional().meta({ description: 'It leaves test data: the step says how that is removed.' }),
    through: z
      .array(z.enum(['proxy', 'each_instance']))
      .min(1)
      .optional()
      .meta({ description: 'Where it goes; everywhere that `via` names unless said otherwise.' }),
  })
  .refine(
    (given) => smokeKeys.filter((key) => key in given).length === 1,
    rule('WB108', `A smoke test has exactly one of: ${smokeKeys.join(', ')}`),
  )
  .superRefine(misplaced)
  .meta({ id: 'smoke_test' });

export const invariant = z
  .strictObject({
    id: name,
    ...checkShape,
    expect: tolerance,
    on_fail: z.enum(['block', 'note']).optional(),
    at: z
      .array(z.enum(['before', 'steps', 'after']))
      .min(1)
      .optional(),
  })
  .meta({ id: 'invariant' });

export const watch = z
  .strictObject({
    ...checkShape,
    expect: tolerance,
    from: name.optional(),
    every: duration,
    on_breach: z.enum(['hold', 'note']).optional(),
  })
  .meta({ id: 'watch' });

export type CommandDoc = z.infer<typeof command>;
export type ProbeDoc = z.infer<typeof probe>;
export type ToleranceDoc = z.infer<typeof tolerance>;
export type CheckDoc = z.infer<typeof check>;
