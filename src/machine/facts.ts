import { z } from 'zod';
import { criteriaFacts } from './facts/criteria.ts';
import { comparisonFacts } from './facts/comparison.ts';
import { smokeFacts } from './facts/smoke.ts';
import { dataFacts } from './facts/data.ts';
import { driftFacts } from './facts/drift.ts';
import { by, openedSchema, reason, resultSchema, text } from './facts/values.ts';
import { outsideFacts } from './facts/outside.ts';
import { postmortemFacts } from './facts/postmortem.ts';
import { scopeFacts } from './facts/scope.ts';
import { stepFacts } from './facts/step.ts';

/** An overlay that a runbook was held to. */
const overlayIdentity = z.object({ id: text, hash: text });
const overlayIdentities = z.array(overlayIdentity.extend({ file: text }));

/** Who reviewed a runbook, and what says so. */
const reviewedSchema = z.object({
  how: z.enum(['signature', 'trailer']),
  by: z.array(text),
  commit: text.nullable(),
});

/**
 * Everything that can move a session, in the past tense. A fact is written to the ledger before it is applied,
 * and applying the same facts in the same order always gives the same session.
 */

export const factSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('session.started'),
    ...by,
    runbook: z.object({
      id: text,
      title: text,
      service: text,
      hash: text,
      file: text,
      objectiveMs: z.number(),
      /** The template that it follows, with its version. */
      template: text.exactOptional(),
    }),
    mode: z.enum(['LIVE', 'DRILL']),
    environment: text,
    production: z.boolean(),
    inputs: z.record(text, z.string()),
    /** Domain seconds per real second: 1 outside the sandbox. */
    speed: z.number(),
    program: text,
    review: z.enum(['not_required', 'trusted', 'break_glass']),
    /** Who reviewed the runbook, and what says so; the name in a trailer is asserted, a signature is proved. */
    reviewed: reviewedSchema.exactOptional(),
    /** The overlay that the runbook was held to, where only one was known. */
    overlay: overlayIdentity.exactOptional(),
    /** Every overlay that the runbook was held to, and where it lay. */
    overlays: overlayIdentities.exactOptional(),
    reason: text.nullable(),
  }),
  z.object({ type: z.literal('session.resumed'), ...by, reason: text }),
  /** The session goes on with a changed runbook: which files, why, and who looked at them. */
  z.object({
    type: z.literal('runbook.rebased'),
    ...by,
    from: text,
    to: text,
    changed: z.array(z.object({ path: text, from: text.nullable(), to: text.nullable() })),
    reason,
    second: text.nullable(),
    review: z.enum(['not_required', 'trusted', 'break_glass']),
    reviewed: reviewedSchema.exactOptional(),
    overlay: overlayIdentity.exactOptional(),
    overlays: overlayIdentities.exactOptional(),
  }),
  z.object({ type: z.literal('session.held'), ...by, reason }),
  z.object({ type: z.literal('session.unheld'), ...by }),
  z.object({ type: z.literal('session.stopped'), ...by, reason }),
  z.object({ type: z.literal('abort.requested'), ...by, reason }),
  z.object({ type: z.literal('session.ended'), outcome: text, reason: text }),
  z.object({ type: z.literal('session.closed'), openDebts: z.number() }),
  z.object({ type: z.literal('clock.jumped'), byMs: z.number() }),
  z.object({ type: z.literal('client.attached'), ...by, client: text, drives: z.boolean() }),
  z.object({ type: z.literal('client.detached'), client: text, reason: text }),
  z.object({
    type: z.literal('obligation.discharged'),
    ...by,
    key: text,
    how: z.enum(['proved', 'waived', 'carried']),
    reason: text,
    owner: text.nullable(),
    due: text.nullable(),
  }),
  z.object({ type: z.literal('release.requested'), ...by, key: text }),
  z.object({ type: z.literal('obligation.overdue'), key: text }),
  z.object({
    type: z.literal('obligation.opened'),
    ...by,
    obligation: openedSchema,
    due: text.nullable(),
    reason: text,
    /** A review that is owed: by whom it is caused, whose it is, and the text that is signed for it. */
    review: z.object({ by: text, role: text.nullable(), request: text }).exactOptional(),
  }),
  z.object({ type: z.literal('note.added'), ...by, text: reason }),
  /** Command is offered to the next person, with what they have to know. */
  z.object({ type: z.literal('handover.offered'), ...by, to: text, briefing: z.array(text) }),
  /** They read back where it stands, and have command from here. */
  z.object({
    type: z.literal('handover.accepted'),
    ...by,
    from: text,
    to: text,
    readBack: z.object({ step: text, owed: z.number() }),
  }),
  z.object({ type: z.literal('handover.withdrawn'), ...by }),
  /** The incident as its own system told it when a phase began; null where that is not known. */
  z.object({
    type: z.literal('incident.read'),
    phase: text,
    id: text.nullable(),
    state: text.nullable(),
    severity: text.nullable(),
    commander: text.nullable(),
    result: resultSchema,
    detail: text,
  }),
  /** A message has come due: what it says is fixed here, before it is sent. */
  z.object({
    type: z.literal('comms.due'),
    /** `<comms id>/<moment>`, unique in its session: the sink knows a repeated delivery by it. */
    key: text,
    moment: text,
    to: text,
    audience: text.nullable(),
    text,
    ack: z.boolean(),
    /** Why its places could not be filled, or null; such a text is not sent. */
    problem: text.nullable(),
  }),
  /** How a message ended: delivered, or given up. Records of before the outbox have no key. */
  z.object({
    type: z.literal('comms.retried'),
    ...by,
    /** The message that is sent again, by its key. */
    key: text,
  }),
  z.object({
    type: z.literal('comms.sent'),
    at: text,
    to: text,
    result: resultSchema,
    text,
    detail: text,
    key: text.nullable().default(null),
    tries: z.number().default(1),
    /** What the sink acknowledged it with, or null. */
    ack: text.nullable().default(null),
    /** The debt that opened because nobody was told, or null. */
    debt: text.nullable().default(null),
  }),
  z.object({ type: z.literal('escalation.sent'), to: text, result: resultSchema, detail: text }),
  z.object({ type: z.literal('intent.refused'), ...by, intent: text, code: text, message: text }),
  z.object({ type: z.literal('drill.scored'), score: z.json() }),
  ...stepFacts,
  ...comparisonFacts,
  ...smokeFacts,
  ...criteriaFacts,
  ...scopeFacts,
  ...dataFacts,
  // after sessions
  ...postmortemFacts,
  ...driftFacts,
  // beside sessions
  ...outsideFacts,
]);

export type Fact = Readonly<z.infer<typeof factSchema>>;
export type FactType = Fact['type'];
export type FactOf<Type extends FactType> = Extract<Fact, { type: Type }>;

/** A fact with the time it was recorded (ISO 8601, UTC): what the machine is given. */
export type TimedFact = Fact & { readonly at: string };
