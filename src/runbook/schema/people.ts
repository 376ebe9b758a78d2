import { z } from 'zod';
import { exactlyOne, text, name, day, names, count, flag, duration, expression } from './values.ts';

/** Who may start, decide, approve and override, and who agreed to the numbers. */

export const role = exactlyOne(
  z.strictObject({
    anyone: z.literal(true).optional(),
    users: z.array(text).min(1).optional(),
    signers: text.optional(),
  }),
  ['anyone', 'users'],
  'A role',
).meta({ id: 'role' });

export const agreement = z
  .strictObject({ role: name, by: text, on: day, expires: day, triggers: text })
  .meta({ id: 'agreement', description: 'Who agreed to the numbers, until when, and to which.' });

export const decide = exactlyOne(
  z.strictObject({
    any: names.min(1).optional(),
    all: names.min(1).optional(),
    k_of_n: z.strictObject({ k: count, of: names.min(1) }).optional(),
  }),
  ['any', 'all', 'k_of_n'],
  '`decide`',
);

export const override = z
  .strictObject({
    roles: names.min(1),
    needs: z
      .strictObject({
        reason: z.literal(true).optional(),
        evidence: z.int().min(0).max(10).optional(),
        second_person: flag.optional(),
      })
      .optional(),
    retro_approval: duration.optional(),
  })
  .meta({ id: 'override', description: 'What a start takes that the triggers do not advise.' });

export const approvalNeed = z.strictObject({
  role: name,
  not: name.optional(),
  count: count.max(20).optional(),
  expires: duration.optional(),
  when: expression.optional(),
});
