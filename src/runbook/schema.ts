import { z } from 'zod';
import { review } from './schema/review.ts';
import { drift } from './schema/drift.ts';
import { compat, scope, topology } from './schema/scope.ts';
import { changes, failureModes, postmortem } from './schema/learning.ts';
import { stateful } from './schema/stateful.ts';
import { checkedSteps, describedSteps } from './schema/steps.ts';
import { invariant, probe, watch } from './schema/measures.ts';
import { templateNames } from './templates.ts';
import { count, duration, expression, flag, name, names, template, text } from './schema/values.ts';
import { runbookInput, fragmentInput } from './schema/inputs.ts';
import { environment } from './schema/environment.ts';
import { role, decide, agreement, override, approvalNeed } from './schema/people.ts';
import { escalation, channel, comms, incident } from './schema/comms.ts';
import { connection, lossBudget, preserve } from './schema/data.ts';
import { slo, trigger, success } from './schema/criteria.ts';
import { window, standby, calendarRule } from './schema/window.ts';
import { evidence } from './schema/evidence.ts';

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

/** The whole document: the single source of what a runbook may say. */
export const runbookSchema = runbookOf(checkedSteps());
export const fragmentSchema = fragmentOf(checkedSteps());

/** For the JSON Schema only: the same shapes, the steps spelt out as alternatives. */
export const describedRunbook = (): z.ZodType => runbookOf(describedSteps());
export const describedFragment = (): z.ZodType => fragmentOf(describedSteps());

export type RunbookDoc = z.infer<typeof runbookSchema>;
export type PhaseDoc = RunbookDoc['phases'][number];
