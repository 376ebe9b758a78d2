import { z } from 'zod';
import { postmortemCauses } from '../model/postmortem.ts';
import { parseDuration } from '../duration.ts';
import { count, name, rule, text } from './values.ts';

/** The post-mortem that a session owes, and what the runbook has learned from earlier ones. */

const businessDaysPattern = /^([1-9]\d?) business days?$/;

/** 5 of `5 business days`; null for anything else. */
export function parseBusinessDays(value: string): number | null {
  const found = businessDaysPattern.exec(value);
  return found === null ? null : Number(found[1]);
}

const due = z
  .string()
  .refine(
    (value) => parseBusinessDays(value) !== null || parseDuration(value) !== null,
    rule('WB105', 'is neither a number of business days nor a duration: write `5 business days` or 48h'),
  )
  .meta({ examples: ['5 business days', '48h'] });

export const postmortem = z
  .strictObject({
    required_if: z.array(z.enum(postmortemCauses)).min(1),
    due: due.optional(),
    owner: text.optional(),
  })
  .meta({ id: 'postmortem', description: 'When a session owes a post-mortem, by when, and whose it is.' });

const sessionName = text.meta({ description: 'The id of a session.' });

export const failureModes = z
  .array(
    z.strictObject({
      id: name,
      title: text.optional(),
      step: name.optional().meta({ description: 'The step at which it shows.' }),
      seen_in: z.array(sessionName).min(1),
    }),
  )
  .meta({ id: 'failure_modes', description: 'Ways in which this procedure has gone wrong before.' });

const item = z
  .string()
  .refine((value) => /^AI-[1-9]\d{0,5}$/.test(value), rule('WB102', 'is not an action item like AI-12'))
  .meta({ pattern: '^AI-[1-9]\\d{0,5}$', examples: ['AI-12'] });

export const changes = z
  .array(
    z.strictObject({
      version: count,
      what: text,
      session: sessionName.optional(),
      resolves: z.union([item, z.array(item).min(1)]).optional(),
    }),
  )
  .meta({
    id: 'changes',
    description: 'What each version of this runbook changed, and which action items it resolves.',
  });
