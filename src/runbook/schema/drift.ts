import { z } from 'zod';
import {
  argv,
  duration,
  environmentVariables,
  exactlyOne,
  name,
  names,
  rule,
  template,
  text,
  where,
} from './values.ts';

/** What somebody may change by hand while a rollback is under way, and how that is seen. */

/** A path inside a repository that `git apply` takes without quoting. */
export const isPatchPath = (path: string): boolean =>
  /^[\w.@+-]+(?:\/[\w.@+-]+)*$/.test(path) && !path.split('/').some((part) => part === '..' || part === '.');

const capture = exactlyOne(
  z.strictObject({
    id: name,
    title: text.optional(),
    file: template.optional(),
    run: argv.optional(),
    shell: text.optional(),
    env: environmentVariables.optional(),
    where: where.optional(),
    timeout: duration.optional(),
    path: z
      .string()
      .refine(isPatchPath, rule('WB102', 'is not a path inside a repository, like proxy/haproxy.cfg'))
      .optional()
      .meta({ description: 'Where it lies in its repository: the exported patch changes it there.' }),
    ignore: z
      .array(text)
      .min(1)
      .optional()
      .meta({ description: 'Lines that hold one of these patterns (RE2) do not count.' }),
    changed_by: names.min(1).optional().meta({
      description: 'Steps of this runbook that change it: it is looked at before and after each of them.',
    }),
  }),
  ['file', 'run', 'shell'],
  'A capture',
)
  .refine(
    (value) => !('file' in value) || !('env' in value || 'where' in value),
    rule('WB101', '`env` and `where` belong to run or shell'),
  )
  .meta({
    id: 'drift_capture',
    description: 'Read before the first change and at the end: what changed in between is drift.',
  });

export const drift = z.array(capture).min(1);
