import { z } from 'zod';

/**
 * What is recorded beside sessions: what an alert system said, proposals to roll back, evaluations, and what people
 * decided about them. Each such record is a chain of its own in the ledger; none of these moves a session.
 */

const text = z.string();
const by = { by: text };

/** The runbook as it was when the record began; `file` is where it was read from. */
const runbookSchema = z.object({ id: text, title: text, service: text, hash: text, file: text });

const triggerSchema = z.object({
  id: text,
  advise: z.enum(['rollback', 'investigate']),
  state: z.enum(['OK', 'PENDING', 'FIRED', 'CLEARED', 'UNKNOWN']),
  value: z.number().nullable(),
  unit: text.nullable(),
  /** `> 0.02` */
  breach: text,
  forMs: z.number(),
  intervalMs: z.number(),
  /** Valid samples within the last `for`, of those that were due. */
  samples: z.number(),
  due: z.number(),
  coverage: z.number(),
  events: z.number().nullable(),
  minEvents: z.number().nullable(),
  /** Stable; null where it is known how the trigger stands. */
  code: text.nullable(),
  why: text,
  /** What was read: [epoch milliseconds, value or null]. */
  series: z.array(z.tuple([z.number(), z.number().nullable()])),
});
export type TriggerRead = Readonly<z.infer<typeof triggerSchema>>;

const alertSchema = z.object({
  fingerprint: text,
  name: text,
  status: z.enum(['firing', 'resolved']),
  /** ISO 8601, as the alert system says. */
  startsAt: text,
  summary: text,
  labels: z.record(text, text),
});
export type Alert = Readonly<z.infer<typeof alertSchema>>;

/** A runbook, and where it would run; an empty environment is asked for at the start. */
const candidateSchema = runbookSchema.extend({ environment: text });
export type Candidate = Readonly<z.infer<typeof candidateSchema>>;

export const outsideFacts = [
  z.object({
    type: z.literal('evaluation.made'),
    ...by,
    runbook: runbookSchema,
    environment: text,
    release: text.nullable(),
    inputs: z.record(text, text),
    program: text,
    advice: z.enum(['rollback', 'investigate', 'healthy', 'unknown']),
    because: text,
    /** When the release was finished, and where that is known from; not there where nothing hung on it. */
    released: z.object({ at: text, source: text }).exactOptional(),
    /** How long it waited for a trigger to fire, and for what; null where it read once. */
    waited: z.object({ for: text, ms: z.number() }).nullable(),
    triggers: z.array(triggerSchema),
    /** What has to hold to the end of the window before the release counts as good. */
    success: z.array(
      z.object({ id: text, result: z.enum(['pass', 'fail', 'unknown']), code: text.nullable(), why: text }),
    ),
  }),
  z.object({
    type: z.literal('watch.started'),
    ...by,
    listen: text,
    /** Whether senders have to show a token. */
    token: z.boolean(),
    runbooks: z.array(text),
    expireMs: z.number(),
    program: text,
  }),
  z.object({ type: z.literal('watch.stopped'), ...by, reason: text }),
  z.object({
    type: z.literal('signal.received'),
    /** The same for every repetition: the group, and which of its alerts fire since when. */
    dedupeKey: text,
    /** SHA-256 of the body as it came. */
    rawHash: text,
    groupKey: text,
    receiver: text,
    /** How many alerts the sender left out. */
    truncated: z.number(),
    alerts: z.array(alertSchema),
    repeat: z.boolean(),
    /** What became of it, in words. */
    detail: text,
  }),
  z.object({
    type: z.literal('signal.refused'),
    /** The HTTP status it was answered with. */
    status: z.number(),
    rawHash: text.nullable(),
    bytes: z.number(),
    reason: text,
  }),
  z.object({
    type: z.literal('proposal.opened'),
    /** What the list shows; where several fit, their ids. */
    runbook: runbookSchema,
    candidates: z.array(candidateSchema),
    environment: text,
    /** Why these: `service shop`, `walkback shop_rollback`. */
    matched: text,
    expireMs: z.number(),
    /** The record of the watch that opened it. */
    watch: text,
  }),
  z.object({
    type: z.literal('decision.recorded'),
    ...by,
    about: z.enum(['proposal', 'evaluation']),
    decision: z.enum(['started', 'dismissed', 'expired', 'no_rollback']),
    reason: text,
    /** What was on the screen or in the record when it was decided. */
    seen: text,
    offered: z.array(text),
    recommended: text.nullable(),
    /** Who was present or consulted, as told. */
    present: z.array(text),
    /** The session that it became. */
    session: text.nullable(),
    shownAt: text.nullable(),
  }),
  /** A release was brought out, as the pipeline that did it says. */
  z.object({
    type: z.literal('deployment.recorded'),
    ...by,
    service: text,
    environment: text,
    production: z.boolean(),
    release: text,
    /** ISO 8601: when it was finished. */
    finishedAt: text,
    /** When the oldest change in it was committed, for the lead time; null where the pipeline does not say. */
    committedAt: text.nullable(),
    /** True where an incident made it necessary: rework. */
    unplanned: z.boolean(),
    /** The session that it belongs to, or null. */
    session: text.nullable(),
    program: text,
  }),
  /** What a session was about, as people found out; the newest word about a session counts. */
  z.object({
    type: z.literal('cause.told'),
    ...by,
    session: text,
    cause: z.enum(['change', 'external']),
    /** The release that was the change, where it is known. */
    release: text.nullable(),
    reason: text,
  }),
] as const;
