import { z } from 'zod';
import { actionKinds } from '../action-kinds.ts';
import { by, reason, text } from './values.ts';

/**
 * What people add to a session's record after it: the story beside the facts. None of these moves a session; each stands
 * beside what the ledger wrote by itself and changes nothing of it.
 */

export const postmortemFacts = [
  /** An answer to one question of the post-mortem; the newest counts, and an empty one takes it back. */
  z.object({ type: z.literal('pm.edited'), ...by, part: reason, text }),
  /** An action item as it stands from here; the newest of an id counts. */
  z.object({
    type: z.literal('pm.item'),
    ...by,
    id: reason,
    kind: z.enum(actionKinds),
    text: reason,
    owner: text.nullable(),
    /** The day by which it is to be done: `2026-12-31`. */
    due: text.nullable(),
    /** How we shall know that it worked. */
    proof: text.nullable(),
    /** Whether it changes the system or the procedure, rather than asks for more care. */
    lasting: z.boolean(),
    /** The finding that it answers, or null. */
    finding: text.nullable(),
  }),
  z.object({
    type: z.literal('pm.item_closed'),
    ...by,
    id: reason,
    /** `resolved` by a reviewed version of the runbook, which has landed; or given up, which resolves nothing. */
    how: z.enum(['resolved', 'dropped']),
    reason,
    runbook: z.object({ id: text, hash: text, version: z.number(), commit: text.nullable() }).nullable(),
  }),
  /** The document is finished: `sha256` is of its Markdown as it was then. */
  z.object({
    type: z.literal('pm.finished'),
    ...by,
    answered: z.number(),
    questions: z.number(),
    sha256: text,
  }),
  /** A change of the runbook was proposed from what the session showed. */
  z.object({
    type: z.literal('learn.proposed'),
    ...by,
    runbook: z.object({ id: text, hash: text, version: z.number() }),
    /** The file within its repository, and where the change is to land. */
    file: text,
    base: text,
    branch: text,
    commit: text,
    changes: z.array(text),
    resolves: z.array(text),
    /** Ways on whose practice the change takes away. */
    voided: z.array(text),
  }),
] as const;
