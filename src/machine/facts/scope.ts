import { z } from 'zod';
import { by, reason, resultSchema, text } from './values.ts';

/** What goes back together, as it was worked out: see `judge/scope-model.ts`, whose words these are. */
const scopeRow = z.object({
  component: text,
  type: text,
  state: z.enum(['in', 'out', 'ask']),
  why: z.enum(['changed', 'unchanged', 'need', 'pair', 'unit', 'unreadable', 'unsettled', 'override']),
  reason: text,
  live: text.nullable(),
  from: text.nullable(),
  to: text.nullable(),
  unit: text.nullable(),
  verdict: resultSchema.nullable(),
  by: text.nullable(),
});
const scopeEdge = z.object({
  kind: z.enum(['need', 'pair']),
  from: text,
  to: text,
  text,
  result: resultSchema,
  detail: text,
  red: z.boolean(),
});

/** What goes back together, as it was decided and changed. */
export const scopeFacts = [
  z.object({
    type: z.literal('scope.decided'),
    ...by,
    /** Who says what the release changed: the manifest, or the runbook itself. */
    source: text,
    rows: z.array(scopeRow),
    /** Units in the order of the way back. */
    order: z.array(z.array(text)),
    edges: z.array(scopeEdge),
    findings: z.array(
      z.object({ component: text, code: z.enum(['drift', 'no_target', 'broken_now']), detail: text }),
    ),
    /** What was read of each component, as JSON, or why it could not be read. */
    live: z.record(
      text,
      z.union([
        z.object({ ok: z.literal(true), value: z.union([z.string(), z.number(), z.boolean()]) }),
        z.object({ ok: z.literal(false), code: text, detail: text }),
      ]),
    ),
  }),
  z.object({
    type: z.literal('scope.overridden'),
    ...by,
    /** A component, or a unit that goes as a whole. */
    component: text,
    as: z.enum(['in', 'out']),
    was: z.enum(['in', 'out', 'ask', 'mixed']),
    reason,
  }),
] as const;
