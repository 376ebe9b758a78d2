import { z } from 'zod';
import { by, reason, resultSchema, text } from './values.ts';

/** What shows it, where no trigger does. */
const evidenceKinds = ['customer_report', 'log', 'graph', 'gut'] as const;

/** What can stand in the way of a start: rules, calendar, numbers, or that they were not watched for long enough. */
const startBlocks = ['authority', 'calendar', 'triggers', 'observation'] as const;

/** What the numbers say, whether there is time, and who may start: triggers, windows, calendars, authority. */
export const criteriaFacts = [
  z.object({
    type: z.literal('trigger.changed'),
    id: text,
    state: z.enum(['OK', 'PENDING', 'FIRED', 'CLEARED', 'UNKNOWN']),
    value: z.number().nullable(),
    detail: text,
    /** The samples behind it: [epoch milliseconds, value or null]. */
    samples: z.array(z.tuple([z.number(), z.number().nullable()])),
    /** Why it is UNKNOWN: `no_data`, `target_down`, `nan`, …; not there in ledgers of 0.1. */
    code: text.nullable().default(null),
    /** For how long it has breached, in domain milliseconds; not there where it does not, nor in old ledgers. */
    breachedForMs: z.number().exactOptional(),
  }),
  /** Nobody can tell by a trigger any more, for as long as its `for`: a reason to investigate. */
  z.object({ type: z.literal('trigger.blind'), id: text, code: text, detail: text, forMs: z.number() }),
  /** What the triggers together advise, each time that it changes. */
  z.object({
    type: z.literal('advice.changed'),
    advice: z.enum(['rollback', 'investigate', 'healthy', 'unknown']),
    because: reason,
  }),
  /** A success criterion: held to the end of the window (pass), broken (fail), or not known. */
  z.object({
    type: z.literal('success.changed'),
    id: text,
    result: resultSchema,
    code: text.nullable(),
    detail: text,
  }),
  z.object({
    type: z.literal('window.changed'),
    state: z.enum(['open', 'extended', 'closed']),
    /** When this state ends by itself: ISO time, in domain time. */
    until: text.nullable(),
    reason,
    /** What was left then, in domain milliseconds. */
    leftMs: z.number().nullable().default(null),
    /** The event that opened it or closed it early, by its id where it was reported. */
    event: text.nullable().default(null),
  }),
  /** Rung once for each state and share, in percent of the state's whole length. */
  z.object({
    type: z.literal('window.rang'),
    state: z.enum(['open', 'extended', 'closed']),
    share: z.union([z.literal(25), z.literal(10), z.literal(0)]),
    leftMs: z.number(),
  }),
  /** A start was let through: who, by which role, how that is proved, and by which rule (from 1). */
  z.object({
    type: z.literal('authority.checked'),
    ...by,
    phase: text,
    step: text,
    role: text.nullable(),
    level: z.enum(['L0', 'L1', 'L2']),
    rule: z.number().nullable(),
    because: text,
  }),
  z.object({
    type: z.literal('authority.denied'),
    ...by,
    phase: text,
    step: text,
    intent: text,
    blocks: z.array(z.object({ kind: z.enum(startBlocks), code: text, text })),
    /** Roles that may. */
    roles: z.array(text),
  }),
  /** The text that one who may start signs. */
  z.object({
    type: z.literal('authority.requested'),
    phase: text,
    roles: z.array(text),
    request: text,
    digest: text,
    expiresAt: text,
  }),
  z.object({
    type: z.literal('authority.proved'),
    ...by,
    phase: text,
    role: text,
    key: text,
    signature: text,
    level: z.enum(['L1', 'L2']),
    digest: text,
  }),
  /** A start over what stood in the way; `key` names it, `request` is what is signed afterwards. */
  z.object({
    type: z.literal('override.used'),
    ...by,
    phase: text,
    key: text,
    over: z.array(z.enum(startBlocks)),
    because: z.array(text),
    reason,
    evidence: z.array(z.object({ kind: z.enum(evidenceKinds), text })),
    system: text,
    second: text.nullable(),
    /** When its approval is due; null where none is owed. */
    due: text.nullable(),
    request: text,
  }),
  z.object({
    type: z.literal('override.approved'),
    ...by,
    key: text,
    signedWith: text,
    signature: text,
    level: z.enum(['L1', 'L2']),
  }),
  /** What the calendar says of a rollback, whenever that changes; times are domain time. */
  z.object({
    type: z.literal('calendar.changed'),
    state: z.enum(['quiet', 'avoid', 'forbid']),
    /** Rules that are on, whatever they apply to. */
    on: z.array(text),
    /** The rule behind the state. */
    rule: text.nullable(),
    until: text.nullable(),
    quietAt: text.nullable(),
    text,
  }),
  /** Something that opens or closes the window happened elsewhere; `happenedAt` is domain time. */
  z.object({
    type: z.literal('event.reported'),
    ...by,
    event: text,
    id: text,
    happenedAt: text,
    source: reason,
  }),
] as const;
