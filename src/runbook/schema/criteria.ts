import { z } from 'zod';
import { duration, name, rule, share, template, text } from './values.ts';

/** The numbers agreed beforehand: what speaks for a rollback, what it must reach, and the objectives behind both. */

const fromSlo = z.strictObject({ slo: name, budget_share: share, within: duration });

export const trigger = z
  .strictObject({
    id: name,
    probe: name.optional(),
    breach: text.optional(),
    for: duration.optional(),
    from_slo: fromSlo.optional(),
    clear: text.optional(),
    interval: duration.optional(),
    min_events: z.int().min(1).optional(),
    events: name.optional(),
    up: text
      .optional()
      .meta({ description: 'A probe, or a selector such as `up{job="shop"}` on the same Prometheus.' }),
    set_by: text.optional(),
    slo: name.optional().meta({ description: 'The objective it protects; `none` for none.' }),
    budget_share: share.optional(),
    advise: z.enum(['rollback', 'investigate']),
  })
  .superRefine((value, ctx) => {
    const own = ['probe', 'breach', 'for'] as const;
    const given = own.filter((key) => key in value);
    if ('from_slo' in value) {
      for (const key of [...given, 'slo', 'budget_share', 'clear'] as const)
        if (key in value)
          ctx.addIssue({
            code: 'custom',
            path: [key],
            ...rule('WB101', `\`${key}\` does not go with \`from_slo\`, which derives it`),
          });
    } else {
      for (const key of own)
        if (!(key in value))
          ctx.addIssue({ code: 'custom', path: [], ...rule('WB103', `\`${key}\` is missing`) });
    }
  })
  .meta({ id: 'trigger' });

export const success = z
  .strictObject({
    id: name,
    probe: name,
    hold: text,
    for: duration.optional(),
    interval: duration.optional(),
  })
  .meta({ id: 'success' });

export const slo = z
  .strictObject({
    id: name,
    target: z.number().gt(0).lt(1),
    period: duration,
    owner: text.optional(),
    errors: name.optional().meta({ description: 'A probe on Prometheus that answers the share of errors.' }),
    prometheus: template.optional(),
    bad: template.optional().meta({ description: 'A selector of the counter of failed events.' }),
    good: template.optional().meta({ description: 'A selector of the counter of good events.' }),
    total: template.optional().meta({ description: 'A selector of the counter of all events.' }),
    up: text.optional(),
    sla: z.strictObject({ target: z.number().gt(0).lt(1), exclusions: z.array(text).optional() }).optional(),
  })
  .superRefine((value, ctx) => {
    const sources = (['errors', 'bad', 'good'] as const).filter((key) => key in value);
    if (sources.length > 1)
      ctx.addIssue({ code: 'custom', ...rule('WB108', 'An objective counts one of: errors, bad, good') });
    const counters = 'bad' in value || 'good' in value;
    for (const key of ['prometheus', 'total'] as const) {
      if (counters === key in value) continue;
      const said = counters ? `\`${key}\` is missing` : `\`${key}\` belongs to \`bad\` or \`good\``;
      ctx.addIssue({
        code: 'custom',
        path: counters ? [] : [key],
        ...rule(counters ? 'WB103' : 'WB101', said),
      });
    }
  })
  .meta({ id: 'slo' });

export type TriggerDoc = z.infer<typeof trigger>;
export type ServiceLevelDoc = z.infer<typeof slo>;
