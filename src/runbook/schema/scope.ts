import { z } from 'zod';
import { probe } from './measures.ts';
import { day, duration, expression, name, names, rule, scalar, template, text } from './values.ts';

/** What may have to go back together: components, what they need of each other, and which versions were tried together. */

const component = z
  .strictObject({
    id: name,
    type: z.enum(['app', 'database', 'config', 'queue', 'flag']),
    live: z.union([name, probe]),
    from: template.optional(),
    to: template.optional(),
  })
  .meta({ id: 'component' });

const need = z.strictObject({ from: name, to: name, when: expression.optional(), requires: expression });

const scopeValue = z.union([z.strictObject({ from: probe }), z.array(scalar), scalar]);

export const scope = z
  .object({
    manifest: text.optional().meta({
      description: 'A file beside the runbook that says what the release changed: `release.yaml`.',
    }),
    components: z.array(component).optional(),
    needs: z.array(need).optional(),
  })
  .catchall(scopeValue)
  .superRefine((value, ctx) => {
    for (const key of Object.keys(value)) {
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(key)) {
        ctx.addIssue({
          code: 'custom',
          path: [key],
          ...rule('WB106', 'is not a name: small letters, digits and `_`, starting with a letter'),
        });
      }
    }
  });

const group = z
  .strictObject({ id: name, kind: z.enum(['microservice', 'monolith']), components: names.min(1) })
  .meta({ id: 'component_group' });

/** One word for all components, or groups of them: a monolith with satellites is legal. */
export const topology = z.union([z.enum(['microservice', 'monolith']), z.array(group).min(1)]).meta({
  description:
    'A monolith goes back as one unit. Of a microservice group a part may go back alone where `compat` has evidence.',
});

/** `cart@1.8`: a component and the version that was tried. */
const pairEnd = /^[a-z][a-z0-9_]{0,63}@\S{1,200}$/;
const member = z
  .string()
  .refine((value) => pairEnd.test(value), rule('WB904', 'This is not `component@version`'))
  .meta({ pattern: pairEnd.source, examples: ['cart@1.8'] });

const compatPair = z
  .strictObject({
    pair: z.tuple([member, member]),
    status: z.enum(['ok', 'broken']),
    evidence: text.meta({
      description: '`contract-test:FILE` names a file beside the runbook; anything else is a reference.',
    }),
    on: day,
    max_age: duration.optional(),
  })
  .meta({ id: 'compat_pair' });

export const compat = z.array(compatPair);

const change = z.strictObject({ component: name, from: scalar, to: scalar });

/** `release.yaml`: what a release changed, in the direction of the way back (`from` runs now, `to` ran before). */
export const manifestSchema = z.strictObject({ id: text, changed: z.array(change) });

export type ComponentDoc = z.infer<typeof component>;
