import { z } from 'zod';
import { by, openedSchema, reason, readingSchema, resultSchema, shownSchema, text, work } from './values.ts';

const endings = ['exited', 'signalled', 'timed_out', 'stopped', 'not_started', 'lost'] as const;
/** Why an effect is in doubt: see DESIGN, "Running a command". */
const doubts = ['no_outcome', 'signal', 'timeout', 'ssh_255', 'reboot', 'client_died'] as const;

const optionShown = z.object({
  id: text,
  title: text,
  offered: resultSchema,
  why: text,
  reversible: text.nullable(),
  needs: z.array(text),
});

/** What was chosen, with what stood before the eyes of who chose. */
const choice = {
  option: text,
  title: text,
  reason: text.nullable(),
  fields: z.record(text, text),
  objection: text.nullable(),
  shownAt: text,
  recommended: text.nullable(),
  /** Asks again then (ISO time), for an option that waits. */
  againAt: text.nullable(),
  /** Why it was recommended, in words. */
  because: text.exactOptional(),
  /** Who was asked for their opinion, in the words of who chose. */
  consulted: text.nullable().exactOptional(),
  /** People whose terminals were attached. */
  present: z.array(text).exactOptional(),
  /** The figures as they were shown. */
  seen: z.array(readingSchema).exactOptional(),
  triggers: z.array(z.object({ id: text, state: text, value: z.number().nullable() })).exactOptional(),
};

/** A step's life, from the moment it is ready until it is settled. */
export const stepFacts = [
  z.object({ type: z.literal('step.readied'), ...work, shown: shownSchema, debt: text.nullable() }),
  z.object({ type: z.literal('step.passed_over'), ...work, reason }),
  z.object({ type: z.literal('step.blocked'), ...work, result: resultSchema, code: text, detail: text }),
  z.object({ type: z.literal('operator.ran'), ...work, ...by, typed: text.nullable() }),
  z.object({ type: z.literal('operator.skipped'), ...work, ...by, reason, override: z.boolean() }),
  z.object({ type: z.literal('operator.retried'), ...work, ...by, reason: text.nullable() }),
  z.object({ type: z.literal('operator.routed'), ...work, ...by, to: text, reason: text }),
  z.object({
    type: z.literal('guard.read'),
    ...work,
    result: resultSchema,
    readings: z.array(readingSchema),
  }),
  z.object({
    type: z.literal('step.intent'),
    ...work,
    /** Null for a step whose work starts no process of ours. */
    command: z.object({ argv: z.array(text), where: text, timeoutMs: z.number(), digest: text }).nullable(),
    opens: openedSchema.nullable(),
    captured: z.record(text, text.nullable()),
  }),
  z.object({
    type: z.literal('command.ended'),
    ...work,
    ending: z.enum(endings),
    exitCode: z.number().nullable(),
    signal: text.nullable(),
    durationMs: z.number(),
    outputs: z.record(text, text),
    /** SHA-256 of everything the command printed (after redaction), and how many bytes and lines that is. */
    output: z
      .object({ sha256: text, bytes: z.number(), lines: z.number(), truncated: z.boolean() })
      .nullable(),
    tail: text,
    /** Set where the effect cannot be known from this ending. */
    doubt: z.enum(doubts).nullable(),
  }),
  z.object({
    type: z.literal('attempt.found'),
    ...work,
    verdict: z.enum(['not_started', 'running', 'finished', 'in_doubt']),
    doubt: z.enum(doubts).nullable(),
    detail: text,
  }),
  z.object({ type: z.literal('probe.read'), ...work, reading: readingSchema }),
  z.object({
    type: z.literal('doubt.resolved'),
    ...work,
    ...by,
    as: z.enum(['done', 'not_done', 'run_again']),
    reason,
  }),
  z.object({
    type: z.literal('check.judged'),
    ...work,
    result: resultSchema,
    timedOut: z.boolean(),
    readings: z.array(readingSchema),
    durationMs: z.number(),
  }),
  z.object({
    type: z.literal('question.posed'),
    ...work,
    facts: z.array(readingSchema),
    options: z.array(optionShown),
    recommended: text.nullable(),
    because: text,
    /** How long the way of each option that leads on was estimated to take (E7), on the card or not; real milliseconds. */
    ways: z
      .array(z.object({ option: text, ms: z.number(), steps: z.number(), unknown: z.number() }))
      .exactOptional(),
  }),
  /** A choice that is held open for objections: on record from here, acted on by `decision.made`. */
  z.object({
    type: z.literal('decision.chosen'),
    ...work,
    ...by,
    ...choice,
    /** Until when objections are waited for. */
    until: text,
  }),
  z.object({ type: z.literal('objection.raised'), ...work, ...by, text: reason }),
  z.object({
    type: z.literal('decision.made'),
    ...work,
    ...by,
    ...choice,
    /** When the choice was made, where it was held open for objections after that. */
    chosenAt: text.exactOptional(),
    objections: z.array(z.object({ by: text, text })).exactOptional(),
    /** Why it went on before the time for objections was over, or in spite of one; null where nobody hurried it. */
    hurried: text.nullable().exactOptional(),
  }),
  z.object({
    type: z.literal('approval.requested'),
    ...work,
    request: text,
    digest: text,
    expiresAt: text.nullable(),
    /** The changes that it opens, as far as they were known then; compared with again when each starts. */
    gated: z
      .array(
        z.object({
          step: text,
          argv: z.array(text).nullable(),
          env: z.record(text, text),
          where: text,
          text,
        }),
      )
      .exactOptional(),
  }),
  z.object({
    type: z.literal('approval.given'),
    ...work,
    ...by,
    principal: text,
    key: text,
    signature: text,
    level: z.enum(['L1', 'L2']),
    /** Every name that the signers file gave this person, the principal first. */
    names: z.array(text).exactOptional(),
    /** The line of the signers file that it was verified by: with it the history can be verified as of then. */
    signer: text.nullable().exactOptional(),
  }),
  z.object({ type: z.literal('approval.denied'), ...work, ...by, reason }),
  z.object({ type: z.literal('approval.expired'), ...work }),
  z.object({
    type: z.literal('person.reported'),
    ...work,
    ...by,
    text,
    link: text.nullable(),
    result: resultSchema,
  }),
  z.object({ type: z.literal('value.typed'), ...work, ...by, value: text, matches: z.boolean() }),
  z.object({ type: z.literal('wait.over'), ...work, reason: text }),
  z.object({ type: z.literal('message.sent'), ...work, result: resultSchema, detail: text, text }),
  z.object({ type: z.literal('each.started'), ...work, items: z.array(z.json()) }),
] as const;
