import { z } from 'zod';
import { by, reason, resultSchema, text } from './values.ts';

/** What was changed by hand, told or found, and what became of it. */

/** When a look was taken: before the first change, around a step that changes it, at the end, on a person's word. */
const moment = z.enum(['before', 'before_step', 'after_step', 'end', 'again']);
export type DriftMoment = z.infer<typeof moment>;

export const driftFacts = [
  z.object({
    type: z.literal('drift.added'),
    ...by,
    what: reason,
    target: text,
    why: text.exactOptional(),
    /** What was typed. */
    command: text.exactOptional(),
    /** Where it can be seen: a link, a ticket, a message. */
    evidence: text.exactOptional(),
    /** The debt that it is until somebody disposes of it; a mere remark has none. */
    key: text.exactOptional(),
    /** Where nobody told: what was seen by which capture, and how it differs. */
    capture: z
      .object({
        id: text,
        moment,
        /** A patch that `git apply` takes; empty where there is none. */
        patch: text,
      })
      .exactOptional(),
  }),
  /** One look at one thing. */
  z.object({
    type: z.literal('drift.captured'),
    id: text,
    moment,
    /** The step that it was taken beside, or empty. */
    step: text,
    /** `unknown` where it could not be read. */
    result: resultSchema,
    /** Digest of what counts. */
    sum: text,
    /** What was kept, from the session's folder; empty where there was nothing. */
    file: text,
    bytes: z.number(),
    /** It was not there. */
    absent: z.boolean(),
    detail: text,
  }),
  /** A round of looks is over. */
  z.object({ type: z.literal('drift.looked'), moment, step: text, effectOf: text }),
  z.object({
    type: z.literal('drift.disposed'),
    ...by,
    key: text,
    /** Into the repository, back to what it was, or left as it is until a date. */
    how: z.enum(['codified', 'reverted', 'accepted']),
    reason,
    owner: text.nullable(),
    until: text.nullable(),
  }),
] as const;
