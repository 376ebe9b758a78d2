import { z } from 'zod';
import { probe } from './measures.ts';
import { duration, exactlyOne, flag, name, rule, template, text } from './values.ts';

/** Who is told what, by which way, and the incident that it is told in. */

export const channel = exactlyOne(
  z.strictObject({
    http: template.optional(),
    file: template.optional(),
    run: z.array(z.string()).min(1).optional(),
  }),
  ['http', 'file', 'run'],
  'A channel',
);

export const comms = z.strictObject({
  at: z
    .string()
    .refine(
      (value) =>
        /^(?:started|decided|executing|restored|ended|escalated|phase:[a-z][a-z0-9_]*|every:.+)$/.test(value),
      rule(
        'WB801',
        'is not one of: started, decided, executing, phase:ID, every:SPAN, restored, ended, escalated',
      ),
    )
    .meta({
      description:
        'started, decided, executing, phase:ID, every:SPAN (every:15m), restored, ended or escalated',
    }),
  to: name,
  audience: text.optional(),
  text: template,
  ack: flag.optional(),
});

export const incident = z
  .strictObject({
    id: template,
    severity: template.optional(),
    commander: template.optional(),
    state: z.union([name, probe]),
    resolved: z.array(text).min(1).optional(),
    update: z
      .strictObject({
        to: name,
        deciding: template.optional(),
        executing: template.optional(),
        restored: template.optional(),
        ack: flag.optional(),
      })
      .optional(),
  })
  .meta({
    id: 'incident',
    description: 'The incident as its own system tells it, read again at each phase.',
  });

export const escalation = z.strictObject({ after: duration, to: name, run: z.array(z.string()).min(1).optional() });
