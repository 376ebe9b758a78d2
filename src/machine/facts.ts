import { z } from 'zod';
import { outsideFacts } from './outside-facts.ts';

/**
 * Everything that can move a session, in the past tense. A fact is written to the ledger before it is applied,
 * and applying the same facts in the same order always gives the same session.
 */

const text = z.string();
const reason = z.string().min(1);

/** Which step, and inside `each` which items (indices joined by `/`; empty outside). */
export const placeSchema = z.object({ step: z.string(), item: z.string() });
export type Place = Readonly<z.infer<typeof placeSchema>>;

/** `<step>[@item]#<n>`, unique in its session. */
const attempt = z.string();
const work = { place: placeSchema, attempt };

export const resultSchema = z.enum(['pass', 'fail', 'unknown']);
export type Result = z.infer<typeof resultSchema>;

/** One measurement held against what was expected; `code` says why it is unknown or failed. */
export const readingSchema = z.object({
  subject: text,
  result: resultSchema,
  /** The value as JSON text, or null where there is none. */
  value: text.nullable(),
  expected: text,
  code: text.nullable(),
  detail: text,
  unit: text.nullable(),
});
export type Reading = Readonly<z.infer<typeof readingSchema>>;

/** The exact words and values that a person was shown before they said yes. */
export const shownSchema = z.object({
  title: text,
  /** argv elements as shown, or null for a step that starts no process; a shell step is `['sh','-c',script]`. */
  argv: z.array(text).nullable(),
  /** Names of variables set for the command, with their values; secrets are masked. */
  env: z.record(text, text),
  where: text,
  target: text,
  timeoutMs: z.number(),
  good: text,
  leads: text,
  undo: text,
  warn: text.nullable(),
  why: text.nullable(),
  /** For manual, confirm, approve, decide, notify: the rendered text. */
  body: text.nullable(),
  ponr: z.object({ lost: text }).nullable(),
  /** `none` starts by itself, `yes` takes a key, `name` takes the typed name. */
  confirm: z.enum(['none', 'yes', 'name']),
  /** What must be typed where `confirm` is `name`. */
  name: text.nullable(),
  /** The debt that a release step is about to pay. */
  debt: text.nullable(),
});
export type Shown = Readonly<z.infer<typeof shownSchema>>;

const endings = ['exited', 'signalled', 'timed_out', 'stopped', 'not_started', 'lost'] as const;
/** Why an effect is in doubt: see DESIGN, "Running a command". */
const doubts = ['no_outcome', 'signal', 'timeout', 'ssh_255', 'reboot', 'client_died'] as const;

const openedSchema = z.object({
  key: text,
  id: text,
  title: text,
  ttlMs: z.number().nullable(),
  /** argv of the way back, as it would be shown. */
  release: z.array(text),
});
export type Opened = Readonly<z.infer<typeof openedSchema>>;

const optionShown = z.object({
  id: text,
  title: text,
  offered: resultSchema,
  why: text,
  reversible: text.nullable(),
  needs: z.array(text),
});

/** What shows it, where no trigger does. */
const evidenceKinds = ['customer_report', 'log', 'graph', 'gut'] as const;

const by = { by: text };

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
    }),
    mode: z.enum(['LIVE', 'DRILL']),
    environment: text,
    production: z.boolean(),
    inputs: z.record(text, z.string()),
    /** Domain seconds per real second: 1 outside the sandbox. */
    speed: z.number(),
    program: text,
    review: z.enum(['not_required', 'trusted', 'break_glass']),
    reason: text.nullable(),
  }),
  z.object({ type: z.literal('session.resumed'), ...by, reason: text }),
  z.object({ type: z.literal('session.held'), ...by, reason }),
  z.object({ type: z.literal('session.unheld'), ...by }),
  z.object({ type: z.literal('session.stopped'), ...by, reason }),
  z.object({ type: z.literal('abort.requested'), ...by, reason }),
  z.object({ type: z.literal('session.ended'), outcome: text, reason: text }),
  z.object({ type: z.literal('session.closed'), openDebts: z.number() }),
  z.object({ type: z.literal('clock.jumped'), byMs: z.number() }),
  z.object({ type: z.literal('client.attached'), ...by, client: text, drives: z.boolean() }),
  z.object({ type: z.literal('client.detached'), client: text, reason: text }),

  // ---- a step's life ----
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

  // ---- the session around the steps ----
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
  }),
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
    blocks: z.array(z.object({ kind: z.enum(['authority', 'calendar', 'triggers']), code: text, text })),
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
    over: z.array(z.enum(['authority', 'calendar', 'triggers'])),
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
  z.object({ type: z.literal('watch.breached'), id: text, hold: z.boolean(), reading: readingSchema }),
  z.object({ type: z.literal('watch.cleared'), id: text, reading: readingSchema }),
  z.object({
    type: z.literal('invariant.measured'),
    id: text,
    moment: text,
    reading: readingSchema,
    /** The step before or after which it was read; empty at the start and at the end. */
    step: text.default(''),
    /** SHA-256 of the query as it was sent; null where the reading is no query. */
    hash: text.nullable().default(null),
  }),
  /** Evidence is being taken beside everything else, all of it within the budget. */
  z.object({ type: z.literal('evidence.started'), items: z.array(text), until: text }),
  /** Ends a measurement of the data: what was counted, and where. */
  z.object({
    type: z.literal('data.measured'),
    moment: text,
    step: text,
    /** The attempt whose effect is measured; empty where there was none. */
    effectOf: text,
    tables: z.array(
      z.object({
        /** `connection.table`. */
        table: text,
        rows: z.number().nullable(),
        /** Of the newest row, epoch milliseconds, where the runbook names a column for it. */
        newestMs: z.number().nullable(),
        hash: text,
        code: text.nullable(),
        detail: text,
      }),
    ),
  }),
  /** A feature flag is being turned: what it was before, and the debt that remembers it. */
  z.object({
    type: z.literal('flag.turned'),
    step: text,
    flag: text,
    before: text.nullable(),
    to: text,
    debt: text.nullable(),
  }),
  /** Somebody agreed to data that is not as it was, as it stood then. */
  z.object({
    type: z.literal('data.accepted'),
    ...by,
    items: z.array(z.object({ id: text, code: text, value: text })),
    reason,
    /** The role that had to agree, and who did, with the signature where the role lists keys. */
    role: text.nullable(),
    principal: text.nullable(),
    key: text.nullable(),
    signature: text.nullable(),
    level: z.enum(['L0', 'L1', 'L2']),
    override: z.boolean(),
  }),
  z.object({
    type: z.literal('evidence.captured'),
    id: text,
    /** Where it lies, from the session's folder; empty where nothing was kept. */
    file: text.default(''),
    sha256: text,
    bytes: z.number(),
    partial: z.boolean(),
    detail: text,
  }),
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
  z.object({ type: z.literal('note.added'), ...by, text: reason }),
  z.object({ type: z.literal('drift.added'), ...by, what: reason, target: text }),
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

  // ---- beside sessions ----
  ...outsideFacts,
]);

export type Fact = Readonly<z.infer<typeof factSchema>>;
export type FactType = Fact['type'];
export type FactOf<Type extends FactType> = Extract<Fact, { type: Type }>;

/** A fact with the time it was recorded (ISO 8601, UTC): what the machine is given. */
export type TimedFact = Fact & { readonly at: string };

/** The one spelling of a place in keys and attempt ids: `step` or `step@0/2`. */
export const placeKey = ({ step, item }: Place): string => (item === '' ? step : `${step}@${item}`);
