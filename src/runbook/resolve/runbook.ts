import type { Phase, Step } from '../model/step.ts';
import type { Probe } from '../model/values.ts';
import type { ReleaseManifest } from '../model/scope.ts';
import type { Runbook } from '../model.ts';
import { type Node, child, keyAt } from '../node.ts';
import type { Problem } from '../problem.ts';
import type { PhaseDoc, RunbookDoc } from '../schema.ts';
import { innerSteps } from '../schema/steps.ts';
import { literal } from '../template.ts';
import {
  authorityOf,
  channelsOf,
  commsOf,
  connectionsOf,
  environmentsOf,
  escalateOf,
  evidenceOf,
  inputsOf,
  invariantsOf,
  overrideOf,
  probesOf,
  rolesOf,
  watchesOf,
} from './blocks.ts';
import { agreedOf, criteriaHashOf, decideOf, serviceLevelsOf, successOf, triggersOf } from './criteria.ts';
import { type ReadFile, calendarOf } from './calendar.ts';
import { type Context, conditionOf, has, known, msOf, optional, optionalMs, templateOf } from './context.ts';
import { countedOf, lossBudgetOf } from './data.ts';
import { defaults } from './defaults.ts';
import { changesOf, failureModesOf, postmortemOf } from './learning.ts';
import { driftOf } from './drift.ts';
import { locksOf } from './locks.ts';
import { incidentOf, incidentUpdates } from './incident.ts';
import { probeAt } from './measures.ts';
import { checkManifest, compatOf, componentsOf, extentOf, needsOf, topologyOf } from './extent.ts';
import { reviewOf, reviewedWhere } from './review.ts';
import { scopeOf } from './scope-of.ts';
import { guarded, storedFormatsOf } from './stateful.ts';
import { standbyOf } from './standby.ts';
import { stepsOf } from './steps.ts';
import { routesOf } from './step-base.ts';
import { wordPhases } from '../wording.ts';

export interface Given {
  readonly file: string;
  readonly hash: string;
  readonly closure: Runbook['closure'];
  /** `use` id → ids of the steps it became. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** Names of debts: own ones, and `use` ids → the debts opened inside. */
  readonly debts: ReadonlyMap<string, readonly string[]>;
  readonly alone: boolean;
  readonly readFile: ReadFile;
  readonly manifest: ReleaseManifest | null;
}

/** A checked document to the resolved runbook; what does not fit together is reported. */
export function resolveRunbook(
  doc: RunbookDoc,
  root: Node,
  given: Given,
  report: (found: Problem) => void,
): Runbook {
  const bare: Context = {
    report,
    scope: scopeOf(doc, given.alone, given.manifest),
    probes: {},
    debts: given.debts,
    connections: new Set(Object.keys(doc.connections ?? {})),
    channels: new Set(Object.keys(doc.channels ?? {})),
    roles: new Set(Object.keys(doc.roles ?? {})),
    alone: given.alone,
  };
  const named: Readonly<Record<string, Probe>> = probesOf(bare, doc.probes, child(root, 'probes'));
  const context: Context = { ...bare, probes: named };
  const block = (key: string): Node => child(root, key);
  const slo = serviceLevelsOf(context, doc.slo, block('slo'));
  const { triggers, made } = triggersOf(context, doc.triggers, slo, block('triggers'));
  const probes = { ...made, ...named };
  const agreed = agreedOf(doc.agreed, block('agreed'));
  const scopeNode = block('scope');
  checkManifest(context, doc.scope, given.manifest);
  const review = reviewOf(context, doc, block('review'));
  const stateful = storedFormatsOf(context, doc.stateful, block('stateful'));
  const written = doc.phases.map((phase, index) => phaseOf(context, phase, child(block('phases'), index)));
  const phases = wordPhases(guarded(written, stateful, given.groups));
  const drift = driftOf(context, doc.drift, block('drift'), phases, given.groups);

  return {
    id: doc.id,
    title: doc.title,
    service: doc.service,
    owner: doc.owner ?? null,
    objectiveMs: msOf(context, block('objective')),
    maturity: doc.maturity ?? 'draft',
    file: given.file,
    hash: given.hash,
    closure: given.closure,
    inputs: inputsOf(context, doc.inputs, block('inputs')),
    environments: environmentsOf(context, doc.environments, block('environments')).map((one) =>
      reviewedWhere(review, one),
    ),
    ...(review === null ? {} : { review }),
    ...(doc.template === undefined ? {} : { template: doc.template }),
    roles: rolesOf(doc.roles),
    authority: authorityOf(
      context,
      doc.authority,
      block('authority'),
      doc.phases.map(({ id }) => id),
    ),
    escalate: escalateOf(context, doc.escalate, block('escalate')),
    connections: connectionsOf(context, doc.connections, block('connections')),
    channels: channelsOf(context, doc.channels, block('channels')),
    scope: extentOf(context, doc.scope, scopeNode),
    probes,
    triggers: triggers.map((one) => ({ ...one, setBy: one.setBy ?? signers(agreed) })),
    decide: decideOf(context, doc.decide, block('decide')),
    window:
      doc.window === undefined
        ? null
        : {
            opens: doc.window.opens,
            openedAt: has(block('window'), 'at') ? templateOf(context, child(block('window'), 'at')) : null,
            events:
              doc.window.events === undefined
                ? null
                : probeAt(context, doc.window.events, child(block('window'), 'events')),
            evaluateMs: msOf(context, child(block('window'), 'evaluate')),
            extendedMs: msOf(context, child(block('window'), 'extended')),
            closesOn: doc.window.closes_on ?? [],
          },
    standby: standbyOf(context, doc.standby, block('standby')),
    invariants: invariantsOf(context, doc.invariants, block('invariants')),
    lossBudget: lossBudgetOf(context, doc.loss_budget, block('loss_budget')),
    counted: countedOf(context, doc, root),
    watch: watchesOf(context, doc.watch, block('watch')),
    locks: locksOf(context, doc.locks, block('locks')),
    evidence: evidenceOf(context, doc.evidence, block('evidence')),
    comms: [
      ...commsOf(
        context,
        doc.comms,
        block('comms'),
        doc.phases.map(({ id }) => id),
      ),
      ...incidentUpdates(context, doc.incident, block('incident')),
    ],
    incident: incidentOf(context, doc.incident, block('incident')),
    phases,
    groups: given.groups,
    components: componentsOf(context, doc.scope?.components, child(scopeNode, 'components')),
    override: overrideOf(context, doc.override, block('override')),
    calendar: calendarOf(context, doc.calendar, block('calendar'), given.readFile),
    needs: needsOf(context, doc.scope, child(scopeNode, 'needs')),
    slo,
    success: successOf(context, doc.success, block('success')),
    tolerance:
      doc.tolerance === undefined
        ? null
        : { degradedMaxMs: msOf(context, child(block('tolerance'), 'degraded_max')) },
    agreed,
    criteriaHash: criteriaHashOf(doc),
    manifest: given.manifest,
    topology: topologyOf(context, doc, block('topology')),
    compat: compatOf(context, doc, block('compat')),
    ...(stateful.length === 0 ? {} : { stateful }),
    postmortem: postmortemOf(doc),
    version: doc.version ?? null,
    changes: changesOf(doc),
    failureModes: failureModesOf(doc),
    ...(drift.length === 0 ? {} : { drift }),
  };
}

/** Who signed the numbers, where no trigger says so itself. */
const signers = (agreed: Runbook['agreed'] & object): string | null =>
  agreed.length === 0 ? null : agreed.map(({ role, by }) => `${by} (${role})`).join(', ');

function phaseOf(context: Context, doc: PhaseDoc, node: Node): Phase {
  const around = { phase: doc.id, enclosing: [], parallel: null };
  const steps = stepsOf(context, innerSteps(doc.steps as readonly unknown[]), child(node, 'steps'), around);
  const gate = gateOf(context, doc, node);
  return {
    id: doc.id,
    title: doc.title,
    offPath: doc.off_path ?? false,
    steps: gate === null ? steps : [gate, ...steps],
    at: keyAt(node, 'id'),
  };
}

/** The id of the step that a phase’s `needs: { approval }` becomes. */
export const gateId = (phase: string): string => `${phase}_approval`;

/** `needs: { approval }` is a step of its own at the start of its phase: one more place in the record. */
function gateOf(context: Context, doc: PhaseDoc, node: Node): Step | null {
  const approval = doc.needs?.approval;
  if (approval === undefined) return null;
  const at = child(child(node, 'needs'), 'approval');
  for (const key of ['role', 'not'] as const) {
    const role = approval[key];
    if (role !== undefined && !context.alone)
      known(context, 'WB305', 'role', role, context.roles, child(at, key).at);
  }
  const expiresMs = optionalMs(context, at, 'expires', null);
  return {
    id: gateId(doc.id),
    at: at.at,
    phase: doc.id,
    title: `Approve: ${doc.title}`,
    why: null,
    warn: null,
    when: conditionOf(context, optional(at, 'when')),
    role: null,
    timeoutMs: expiresMs ?? defaults.person,
    retry: null,
    idempotent: true,
    readOnly: true,
    required: true,
    before: [],
    verify: [],
    opens: null,
    undo: null,
    ponr: null,
    on: routesOf(undefined),
    capture: {},
    outputs: {},
    watchOutput: null,
    probeAfterCrash: null,
    evidence: {},
    expectedMs: null,
    enclosing: [],
    parallel: null,
    kind: 'approve',
    text: literal(doc.title, at.at),
    approval: { role: approval.role, not: approval.not ?? null, count: approval.count ?? 1, expiresMs },
  };
}
