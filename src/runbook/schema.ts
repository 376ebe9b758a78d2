import { z } from 'zod';
import { actionClasses } from './model/criteria.ts';
import { review } from './schema-review.ts';
import { drift } from './schema-drift.ts';
import { compat, scope, topology } from './schema-scope.ts';
import { changes, failureModes, postmortem } from './schema-learning.ts';
import { stateful } from './schema-stateful.ts';
import { checkedSteps, describedSteps } from './schema-steps.ts';
import { check, command, invariant, probe, watch } from './schema-measures.ts';
import { templateNames } from './templates.ts';
import {
  argv,
  count,
  day,
  duration,
  exactlyOne,
  expression,
  flag,
  name,
  names,
  rule,
  scalar,
  share,
  template,
  text,
} from './schema-values.ts';

/** The whole document: the single source of what a runbook may say. */

const inputTypes = ['string', 'number', 'boolean', 'version', 'duration', 'secret'] as const;

const input = z
  .strictObject({
    type: z.enum(inputTypes),
    ask: text.optional(),
    example: z.string().optional(),
    env: text.optional(),
    value: scalar.optional(),
    from: probe.optional(),
  })
  .refine((value) => !('example' in value) || 'ask' in value, rule('WB108', '`example` belongs to `ask`'));

/** A list of words that a fragment puts into its own commands: `run: ['${{ inputs.pause }}']`. */
const argvInput = z.strictObject({ type: z.literal('argv'), value: argv.optional() });

const origins = ['ask', 'env', 'value', 'from'] as const;

const runbookInput = input
  .refine(
    (value) => origins.filter((key) => key in value).length === 1,
    rule('WB108', `An input has exactly one of: ${origins.join(', ')}`),
  )
  .meta({ id: 'input' });

/** Bound by `with`; a `value` stands for it where `with` says nothing. */
const fragmentInput = z
  .discriminatedUnion('type', [
    argvInput,
    input.refine(
      (value) => !('ask' in value) && !('env' in value) && !('from' in value),
      rule('WB108', 'An input of a fragment has a `type` and perhaps a `value`; `with` gives it'),
    ),
  ])
  .meta({ id: 'fragment_input' });

const fault = z.strictObject({ id: name, arm: command, disarm: command, proof: check });

const environment = z
  .strictObject({
    values: z.record(name, scalar).optional(),
    guard: check.optional(),
    review: z.enum(['required', 'optional']).optional(),
    change: z.strictObject({ class: z.enum(['standard', 'normal', 'emergency']) }).optional(),
    confirm: z.enum(['name', 'yes']).optional(),
    drill: z.strictObject({ token: check, faults: z.array(fault).optional() }).optional(),
  })
  .meta({ id: 'environment' });

const role = exactlyOne(
  z.strictObject({
    anyone: z.literal(true).optional(),
    users: z.array(text).min(1).optional(),
    signers: text.optional(),
  }),
  ['anyone', 'users'],
  'A role',
).meta({ id: 'role' });

const connection = exactlyOne(
  z.strictObject({ sqlite: template.optional(), postgres: template.optional() }),
  ['sqlite', 'postgres'],
  'A connection',
);

const channel = exactlyOne(
  z.strictObject({
    http: template.optional(),
    file: template.optional(),
    run: z.array(z.string()).min(1).optional(),
  }),
  ['http', 'file', 'run'],
  'A channel',
);

const fromSlo = z.strictObject({ slo: name, budget_share: share, within: duration });

const trigger = z
  .strictObject({
    id: name,
    probe: name.optional(),
    breach: text.optional(),
    for: duration.optional(),
    from_slo: fromSlo.optional(),
    clear: text.optional(),
    interval: duration.optional(),
    min_events: z.int().min(1).optional(),
    events: name.optional(),
    up: text
      .optional()
      .meta({ description: 'A probe, or a selector such as `up{job="shop"}` on the same Prometheus.' }),
    set_by: text.optional(),
    slo: name.optional().meta({ description: 'The objective it protects; `none` for none.' }),
    budget_share: share.optional(),
    advise: z.enum(['rollback', 'investigate']),
  })
  .superRefine((value, ctx) => {
    const own = ['probe', 'breach', 'for'] as const;
    const given = own.filter((key) => key in value);
    if ('from_slo' in value) {
      for (const key of [...given, 'slo', 'budget_share', 'clear'] as const)
        if (key in value)
          ctx.addIssue({
            code: 'custom',
            path: [key],
            ...rule('WB101', `\`${key}\` does not go with \`from_slo\`, which derives it`),
          });
    } else {
      for (const key of own)
        if (!(key in value))
          ctx.addIssue({ code: 'custom', path: [], ...rule('WB103', `\`${key}\` is missing`) });
    }
  })
  .meta({ id: 'trigger' });

const success = z
  .strictObject({
    id: name,
    probe: name,
    hold: text,
    for: duration.optional(),
    interval: duration.optional(),
  })
  .meta({ id: 'success' });

const slo = z
  .strictObject({
    id: name,
    target: z.number().gt(0).lt(1),
    period: duration,
    owner: text.optional(),
    errors: name.optional().meta({ description: 'A probe on Prometheus that answers the share of errors.' }),
    prometheus: template.optional(),
    bad: template.optional().meta({ description: 'A selector of the counter of failed events.' }),
    good: template.optional().meta({ description: 'A selector of the counter of good events.' }),
    total: template.optional().meta({ description: 'A selector of the counter of all events.' }),
    up: text.optional(),
    sla: z.strictObject({ target: z.number().gt(0).lt(1), exclusions: z.array(text).optional() }).optional(),
  })
  .superRefine((value, ctx) => {
    const sources = (['errors', 'bad', 'good'] as const).filter((key) => key in value);
    if (sources.length > 1)
      ctx.addIssue({ code: 'custom', ...rule('WB108', 'An objective counts one of: errors, bad, good') });
    const counters = 'bad' in value || 'good' in value;
    for (const key of ['prometheus', 'total'] as const) {
      if (counters === key in value) continue;
      const said = counters ? `\`${key}\` is missing` : `\`${key}\` belongs to \`bad\` or \`good\``;
      ctx.addIssue({
        code: 'custom',
        path: counters ? [] : [key],
        ...rule(counters ? 'WB103' : 'WB101', said),
      });
    }
  })
  .meta({ id: 'slo' });

const agreement = z
  .strictObject({ role: name, by: text, on: day, expires: day, triggers: text })
  .meta({ id: 'agreement', description: 'Who agreed to the numbers, until when, and to which.' });

const decide = exactlyOne(
  z.strictObject({
    any: names.min(1).optional(),
    all: names.min(1).optional(),
    k_of_n: z.strictObject({ k: count, of: names.min(1) }).optional(),
  }),
  ['any', 'all', 'k_of_n'],
  '`decide`',
);

const window = z.strictObject({
  opens: text.meta({ description: 'The event that opens it, such as `release.finished`.' }),
  at: template.optional().meta({ description: 'When that was: an input or a probe.' }),
  events: z
    .union([name, probe])
    .optional()
    .meta({ description: 'Reports a list of `{ id, event, at }`, or the one time at which it was opened.' }),
  evaluate: duration,
  extended: duration,
  closes_on: names.optional(),
});

const standby = z
  .strictObject({
    ready: z.union([name, probe]).meta({
      description:
        'Ends with 0 (or answers below 400) while the whole standby is up; 30 where that cannot be told.',
    }),
    keep_for: duration.meta({ description: 'From the release on: as long as the window, at least.' }),
  })
  .meta({
    id: 'standby',
    description:
      'The release that stays up to take the traffic back; `walkback check` looks whether it still does.',
  });

const override = z
  .strictObject({
    roles: names.min(1),
    needs: z
      .strictObject({
        reason: z.literal(true).optional(),
        evidence: z.int().min(0).max(10).optional(),
        second_person: flag.optional(),
      })
      .optional(),
    retro_approval: duration.optional(),
  })
  .meta({ id: 'override', description: 'What a start takes that the triggers do not advise.' });

const calendarRule = exactlyOne(
  z.strictObject({
    id: name,
    cron: text.optional(),
    rrule: text.optional(),
    ics: text.optional().meta({ description: 'A calendar file beside the runbook.' }),
    start: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/, {
        error: 'is not a local time: write 2026-01-05T08:00',
      })
      .optional()
      .meta({ description: 'The first one, as a local time; with `rrule`.' }),
    tz: text.optional().meta({ description: 'An IANA time zone, such as Europe/Berlin.' }),
    for: duration.optional(),
    effect: z.enum(['avoid', 'forbid']),
    classes: z.array(z.enum(actionClasses)).min(1).optional(),
  }),
  ['cron', 'rrule', 'ics'],
  'A rule of the calendar',
)
  .refine(
    (value) => 'ics' in value || ('for' in value && 'tz' in value),
    rule('WB102', 'A rule with `cron` or `rrule` says `tz`, and `for` how long'),
  )
  .refine(
    (value) => !('rrule' in value) || 'start' in value || /^DTSTART/m.test(value.rrule ?? ''),
    rule('WB102', '`rrule` needs `start`: the first one, as a local time'),
  )
  .meta({ id: 'calendar_rule' });

const evidenceItem = exactlyOne(
  z.strictObject({
    id: name,
    run: z.array(z.string()).min(1).optional(),
    shell: text.optional(),
    env: z.record(z.string(), z.string()).optional(),
    sql: text
      .optional()
      .meta({ description: 'The name of a connection; its rows are kept, and it is only read.' }),
    query: template.optional(),
    timeout: duration.optional(),
  }),
  ['run', 'shell', 'sql'],
  'An item of evidence',
)
  .refine((item) => !('sql' in item) || 'query' in item, rule('WB103', '`query` is missing'))
  .refine((item) => 'sql' in item || !('query' in item), rule('WB101', '`query` belongs to sql'))
  .refine((item) => !('sql' in item) || !('env' in item), rule('WB101', '`env` belongs to run or shell'));

const evidence = z
  .strictObject({
    budget: duration.optional(),
    items: z.array(evidenceItem).min(1).optional(),
    min_observation: duration.optional().meta({
      description: 'How long the numbers are watched before a change that they only advise to investigate.',
    }),
  })
  .refine(
    (value) => 'items' in value === 'budget' in value,
    rule('WB103', '`items` and `budget` go together'),
  )
  .refine(
    (value) => 'items' in value || 'min_observation' in value,
    rule('WB103', '`evidence` is empty: it has `items` with a `budget`, or `min_observation`'),
  );

const comms = z.strictObject({
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

const incident = z
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

/** Plain names only: they stand in a query of ours. */
const tableName = z
  .string()
  .refine(
    (value) => /^[A-Za-z_][A-Za-z0-9_]{0,62}(?:\.[A-Za-z_][A-Za-z0-9_]{0,62})?$/.test(value),
    rule('WB106', 'is not the name of a table or a column'),
  );

const countedTable = z.union([
  tableName,
  z.strictObject({ table: tableName, sql: name.optional(), newest: tableName.optional() }),
]);

const lossBudget = z
  .strictObject({
    rows: z.int().min(0),
    window: duration.optional(),
    tables: z.array(countedTable).min(1),
    role: name.optional(),
  })
  .meta({ id: 'loss_budget', description: 'Rows that may be lost before the owner of the data is asked.' });

const preserve = z.array(countedTable).min(1);

const escalation = z.strictObject({ after: duration, to: name, run: z.array(z.string()).min(1).optional() });

const approvalNeed = z.strictObject({
  role: name,
  not: name.optional(),
  count: count.max(20).optional(),
  expires: duration.optional(),
  when: expression.optional(),
});

const lock = z
  .strictObject({
    id: name,
    debt: name.meta({
      description: 'The debt of the step that took the lease: while it is open the lease is renewed.',
    }),
    token: template.meta({ description: 'What commands get as WALKBACK_FENCE.' }),
    renew: probe.meta({
      description: 'Ends with 0 where it is held again for its whole time, with 3 where it is lost.',
    }),
    every: duration.optional(),
  })
  .meta({
    id: 'lock',
    description: 'A lease that the session keeps: lost, and nothing is changed any more.',
  });

/** Blocks that the format names for later; each comes whole with the work that needs it. */
export const laterBlocks: ReadonlySet<string> = new Set([
  'backups',
  'artifacts',
  'environment',
  'monitoring',
  'routing',
  'retain',
  'flags',
  'campaign',
]);

const phaseOf = (steps: z.ZodType) =>
  z
    .strictObject({
      id: name,
      title: text,
      off_path: flag.optional(),
      needs: z.strictObject({ approval: approvalNeed }).optional(),
      steps,
    })
    .meta({ id: 'phase' });

const runbookOf = (steps: z.ZodType) =>
  z.strictObject({
    walkback: z.literal(1, { error: 'This is not version 1 of the format' }),
    id: name,
    title: text,
    service: text,
    owner: text.optional(),
    objective: duration,
    maturity: z.enum(['draft', 'staging', 'production']).optional(),
    template: z
      .enum(templateNames)
      .optional()
      .meta({ description: 'The template that it follows, with its version; lint says what it asks for.' }),
    version: count.optional().meta({ description: 'Counts the reviewed versions of this runbook.' }),
    inputs: z.record(name, runbookInput).optional(),
    environments: z.record(name, environment).optional(),
    review: review.optional(),
    roles: z.record(name, role).optional(),
    authority: z
      .array(
        z.strictObject({
          when: expression.optional(),
          phases: names.min(1).optional(),
          start: names.min(1),
        }),
      )
      .optional(),
    escalate: z.array(escalation).optional(),
    connections: z.record(name, connection).optional(),
    channels: z.record(name, channel).optional(),
    slo: z.array(slo).optional(),
    scope: scope.optional(),
    topology: topology.optional(),
    compat: compat.optional(),
    probes: z.record(name, probe).optional(),
    triggers: z.array(trigger).optional(),
    decide: decide.optional(),
    success: z.array(success).optional(),
    tolerance: z.strictObject({ degraded_max: duration }).optional(),
    agreed: z.array(agreement).optional(),
    window: window.optional(),
    standby: standby.optional(),
    override: override.optional(),
    calendar: z.array(calendarRule).optional(),
    invariants: z.array(invariant).optional(),
    loss_budget: lossBudget.optional(),
    preserve: preserve.optional(),
    stateful: stateful.optional(),
    watch: z.array(watch).optional(),
    locks: z.array(lock).optional(),
    evidence: evidence.optional(),
    drift: drift.optional(),
    comms: z.array(comms).optional(),
    incident: incident.optional(),
    postmortem: postmortem.optional(),
    failure_modes: failureModes.optional(),
    changes: changes.optional(),
    phases: z.array(phaseOf(steps)).min(1),
  });

const fragmentOf = (steps: z.ZodType) =>
  z.strictObject({
    walkback_fragment: z.literal(1, { error: 'This is not version 1 of the format' }),
    id: name,
    title: text,
    inputs: z.record(name, fragmentInput).optional(),
    probes: z.record(name, probe).optional(),
    steps,
    branches: z
      .array(z.strictObject({ id: name, title: text, steps }).meta({ id: 'branch' }))
      .min(1)
      .optional()
      .meta({ description: 'What is done where a step does not pass: entered by `goto` or `on` only.' }),
  });

export const runbookSchema = runbookOf(checkedSteps());
export const fragmentSchema = fragmentOf(checkedSteps());

/** For the JSON Schema only: the same shapes, the steps spelt out as alternatives. */
export const describedRunbook = (): z.ZodType => runbookOf(describedSteps());
export const describedFragment = (): z.ZodType => fragmentOf(describedSteps());

export type RunbookDoc = z.infer<typeof runbookSchema>;
export type PhaseDoc = RunbookDoc['phases'][number];
export type TriggerDoc = z.infer<typeof trigger>;
export type ServiceLevelDoc = z.infer<typeof slo>;
export type CountedTableDoc = z.infer<typeof countedTable>;
