import type { Check } from '../runbook/model/values.ts';
import type { Phase, Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { awaitsScope, mayRun, mutates, openScope, retriesLeft, scopeBlocks } from './may-run.ts';
import { itemsAt, placeOf, recordAt, verifiedBy, wayAt } from './places.ts';
import { mayGoPastGuard } from './debts.ts';
import { dataStops, measuresData } from './data.ts';
import { dataView } from './data-view.ts';
import { driftView } from './drift.ts';
import { pastGuard, placeKey } from './place-key.ts';
import { approvalCode, gatesOf } from './gates.ts';
import { wayBackOf } from './way-back.ts';
import type { CurrentStep, Offer, PhaseView, ScopeView, SessionView, StepRow, StepStatus } from './view.ts';
import { epochMsOf, isoOf } from './iso-time.ts';
import { observationOf } from './observation.ts';
import { titleAt } from './titles.ts';
import type { Place } from './fact-values.ts';

/** The view of a session. `context.started` must be set: a session without its first fact has nothing to show. */
export function viewOf(book: Book, context: Context): SessionView {
  const { started } = context;
  if (started === null) throw new Error('a session without its first fact has no view');
  const current = currentSteps(book, context);
  return {
    session: {
      id: context.session,
      runbook: started.runbook,
      mode: started.mode,
      environment: started.environment,
      production: started.production,
      operator: started.by,
      startedAt: started.at,
      speed: started.speed,
      review: started.review,
    },
    status: statusOf(context),
    held: context.held,
    ...(context.held === null ? {} : { takesBack: takesBack(book, context) }),
    outcome: context.outcome,
    endedAt: context.endedAt,
    phases: book.runbook.phases.map((phase) => phaseView(book, context, phase)),
    current,
    obligations: Object.values(context.obligations).map(({ place: _place, bound: _bound, ...debt }) => debt),
    triggers: Object.values(context.triggers),
    ...(context.advice === null ? {} : { advice: context.advice }),
    ...observed(book, context),
    ...(Object.keys(context.success).length === 0 ? {} : { success: Object.values(context.success) }),
    window: context.window,
    windowEvents: windowEvents(book),
    denial: context.denial,
    authorityRequest: context.authorityRequest,
    overrides: context.overrides,
    overrideNeeds: overrideNeeds(book, started),
    escalation: escalationOf(book, context, current),
    calendar: context.calendar,
    clockJumps: context.jumps,
    watches: Object.values(context.watches),
    ...(context.scope === null ? {} : { scope: scopeView(book, context, context.scope) }),
    notes: context.notes,
    drift: context.drift.map(driftView),
    ...(Object.keys(context.comparisons).length === 0
      ? {}
      : { comparisons: Object.values(context.comparisons) }),
    ...(Object.keys(context.smokes).length === 0 ? {} : { smokes: Object.values(context.smokes) }),
    decisions: context.decisions,
    ...(context.evidence === null ? {} : { evidence: evidenceView(context.evidence) }),
    ...(measuresData(book.runbook) ? { data: dataView(book, context) } : {}),
    last: context.last,
    ...(context.command === null ? {} : { command: context.command }),
    ...incidentOf(context),
    ...messagesOf(context),
    revision: context.revision,
  };
}

const takesBack = (book: Book, context: Context): readonly string[] =>
  wayBackOf(book, context).map((way) =>
    way.kind === 'undo'
      ? (stepTitle(book, context, way.performed.place) ?? way.step)
      : (context.obligations[way.key]?.title ?? way.key),
  );

function overrideNeeds(
  { runbook: { override } }: Book,
  { runbook, environment }: NonNullable<Context['started']>,
): SessionView['overrideNeeds'] {
  return {
    evidence: override?.evidence ?? 0,
    secondPerson: override?.secondPerson ?? false,
    system: environment === '' ? runbook.service : `${runbook.service}@${environment}`,
  };
}

/** Calls go out in the order of the runbook, each once while the same wait lasts. */
function escalationOf(
  { runbook: { escalate } }: Book,
  { calls }: Context,
  current: readonly CurrentStep[],
): SessionView['escalation'] {
  const waits = current.filter(({ offers }) => offers.length > 0).map(({ since }) => epochMsOf(since));
  if (waits.length === 0) return { asked: [], next: null };
  const sinceMs = Math.min(...waits);
  const asked = calls.filter(({ at }) => epochMsOf(at) >= sinceMs);
  const called = new Set(asked.map(({ to }) => to));
  const [next] = escalate.filter(({ to }) => !called.has(to)).toSorted((a, b) => a.afterMs - b.afterMs);
  return { asked, next: next === undefined ? null : { to: next.to, at: isoOf(sinceMs + next.afterMs) } };
}

function observed(book: Book, context: Context): Pick<SessionView, 'observation'> {
  const observation = observationOf(book, context);
  return observation == null ? {} : { observation };
}

const windowEvents = ({ runbook: { window } }: Book): readonly string[] =>
  window === null ? [] : [window.opens, ...window.closesOn];
function incidentOf({ incident }: Context): Pick<SessionView, 'incident'> {
  if (incident === null) return {};
  const { phases: _phases, ...told } = incident;
  return { incident: told };
}

const messagesOf = ({ messages }: Context): Pick<SessionView, 'messages'> =>
  Object.keys(messages).length === 0 ? {} : { messages: Object.values(messages) };
function scopeView(book: Book, context: Context, scope: NonNullable<Context['scope']>): ScopeView {
  const { type: _type, live: _live, ...decided } = scope;
  return {
    ...decided,
    overrides: context.scopeOverrides.map(({ type: _kind, ...said }) => said),
    open: openScope(context),
    blocks: context.cursor.some((key) => {
      const record = context.records[key];
      const step = book.steps.get(record?.place.step ?? '') ?? null;
      if (record?.status === 'idle') return awaitsScope(book, step, context);
      return (record?.status === 'ready' || record?.status === 'guarding') && scopeBlocks(step, context);
    }),
  };
}

const evidenceView = ({
  until,
  items,
  captured,
}: NonNullable<Context['evidence']>): NonNullable<SessionView['evidence']> => ({
  until,
  items: items.map((id) => {
    const done = captured.find((one) => one.id === id);
    if (done === undefined) return { id, state: 'running', bytes: 0 };
    return { id, state: done.partial ? 'partial' : 'captured', bytes: done.bytes };
  }),
});

/** An abort that waits for a command to end is under way already: nothing else starts. */
function statusOf(context: Context): SessionView['status'] {
  if (context.status !== 'running') return context.status;
  if (context.aborting !== null) return 'aborting';
  return context.held === null ? 'running' : 'held';
}

function phaseView(book: Book, context: Context, phase: Phase): PhaseView {
  const steps = book.inPhase.get(phase.id) ?? [];
  const rows = steps.map((step) => stepRow(book, context, step));
  const over = rows.every(({ status }) => status === 'done' || status === 'skipped' || status === 'undone');
  const current = steps.some(({ id }) =>
    context.cursor.some((key) => context.records[key]?.place.step === id),
  );
  return {
    id: phase.id,
    title: phase.title,
    offPath: phase.offPath,
    status: current ? 'current' : over ? 'done' : 'todo',
    steps: rows,
  };
}

function stepRow(book: Book, context: Context, step: Step): StepRow {
  const place = placeOf(context, step);
  const record = recordAt(context, place);
  const loop = step.kind === 'each' ? step : null;
  const state = context.each[placeKey(place)];
  return {
    id: step.id,
    title: titleAt(book, context, step, place),
    kind: step.kind,
    status: rowStatus(context, record),
    items:
      loop === null
        ? null
        : {
            done: doneItems(record, state),
            total: state === undefined || loop.endless === true ? null : state.items.length,
          },
    depth: step.enclosing.length + (step.parallel === null ? 0 : 1),
    ponr: step.ponr !== null,
    startedAt: record?.startedAt ?? null,
    endedAt: record?.endedAt ?? null,
  };
}

/** A step left by a route or an abort is not at work any more: it shows how it stood, never as running. */
function rowStatus(context: Context, record: StepRecord | undefined): StepStatus {
  if (record === undefined) return 'todo';
  const active = context.cursor.includes(placeKey(record.place));
  if (active || ['done', 'skipped', 'undone', 'failed', 'unknown'].includes(record.status))
    return record.status;
  return record.intended ? 'failed' : 'todo';
}

function doneItems(record: StepRecord | undefined, state: Context['each'][string] | undefined): number {
  if (state === undefined) return 0;
  return record?.status === 'done' ? state.items.length : state.index;
}

function currentSteps(book: Book, context: Context): readonly CurrentStep[] {
  return context.cursor.flatMap((key): readonly CurrentStep[] => {
    const record = context.records[key];
    if (record === undefined) return [];
    const step = book.steps.get(record.place.step) ?? null;
    const container = step?.kind === 'each' || step?.kind === 'parallel';
    if (container && record.status !== 'unknown') return [];
    return [currentStep(book, context, record, step)];
  });
}

function currentStep(book: Book, context: Context, record: StepRecord, step: Step | null): CurrentStep {
  const phase = book.runbook.phases.find(({ id }) => id === step?.phase);
  const siblings = book.inPhase.get(step?.phase ?? '') ?? [];
  const way = wayAt(context, record.place);
  const approval =
    record.approval === null || step?.kind !== 'approve' ? null : approvalView(record.approval, step);
  return {
    place: record.place,
    attempt: record.attempt,
    attemptNumber: record.attemptNumber,
    kind: step?.kind ?? (way?.kind === 'release' ? 'release' : 'run'),
    title: stepTitle(book, context, record.place) ?? record.shown?.title ?? 'The way back',
    phase:
      phase === undefined ? { id: '@back', title: 'The way back' } : { id: phase.id, title: phase.title },
    number: step === null ? context.queueAt + 1 : siblings.indexOf(step) + 1,
    of: step === null ? context.queue.length : siblings.length,
    item: Object.values(itemsAt(book, context, record.place)).at(-1) ?? null,
    way: way === null ? (step?.kind === 'release' ? 'release' : 'forward') : way.kind,
    status: record.status,
    since: record.since,
    startedAt: record.startedAt,
    shown: record.shown,
    readings: record.readings,
    problem: record.problem,
    probe: record.probe,
    question: record.question,
    ...(record.chosen === null ? {} : { chosen: record.chosen }),
    approval,
    offers: offersOf(book, step, record, context),
    evidence: step?.evidence ?? {},
  };
}

function stepTitle(book: Book, context: Context, place: Place): string | null {
  const step = book.steps.get(place.step);
  return step === undefined ? null : titleAt(book, context, step, place);
}

function approvalView(
  { keys: _keys, signed: _signed, names: _names, ...asked }: NonNullable<StepRecord['approval']>,
  { approval }: Extract<Step, { kind: 'approve' }>,
): CurrentStep['approval'] {
  return { ...asked, needed: approval.count, role: approval.role };
}

/** What a person may do at a step now. The statechart checks it again. */
function offersOf(book: Book, step: Step | null, record: StepRecord, context: Context): readonly Offer[] {
  const { shown, status } = record;
  const skip: Offer = { intent: 'skip', override: needsOverride(step) };
  const confirm = shown?.confirm === 'name' ? 'name' : 'yes';
  const name = shown?.name ?? null;
  switch (status) {
    case 'ready':
      return mayRun(book, context, record.place) && !dataStops(book, context, step)
        ? [{ intent: 'run', confirm, name }, skip]
        : [skip];
    case 'performing':
      return performingOffers(step, record, skip, confirm, name);
    case 'failed':
    case 'unknown':
      // a retry that is due by itself comes first: nobody is asked before it
      if (mayRun(book, context, record.place) && !dataStops(book, context, step) && retriesLeft(step, record))
        return [];
      return [
        { intent: step !== null && !mutates(step) ? 'check_again' : 'retry' },
        ...gateOffers(book, context, step, record),
        ...routesOf(step),
        ...pastGuardOffers(book, context, record),
        skip,
      ];
    case 'in_doubt':
      return record.probe === null ? [] : [{ intent: 'resolve_doubt' }, { intent: 'check_again' }];
    case 'verifying':
      return verifiedBy(book, context, record.place).some(asksPerson) ? [{ intent: 'report' }] : [];
    case 'idle':
    case 'guarding':
    case 'done':
    case 'skipped':
    case 'undone':
      return [];
  }
}

function performingOffers(
  step: Step | null,
  record: StepRecord,
  skip: Offer,
  confirm: 'yes' | 'name',
  name: string | null,
): readonly Offer[] {
  switch (step?.kind) {
    case 'decide':
      if (record.againAt !== null) return [{ intent: 'check_again' }];
      if (record.chosen !== null) return chosenOffers(record.chosen);
      return record.question === null ? [] : [{ intent: 'choose' }];
    case 'approve':
      return record.approval === null ? [] : [{ intent: 'sign' }, skip];
    case 'manual':
      return [{ intent: 'report' }, skip];
    case 'confirm':
      return [{ intent: 'type_value' }, skip];
    case 'check':
      return asksPerson(step.check) ? [{ intent: 'report' }, skip] : [skip];
    case 'wait':
    case 'smoke':
      return [skip];
    case undefined:
    case 'run':
    case 'release':
      return [{ intent: 'stop_command', confirm: step !== null && severe(step) ? 'name' : confirm, name }];
    default:
      return [];
  }
}

/** An objection takes the decision back to the people: choosing again is one of their answers. */
const chosenOffers = ({ objections }: NonNullable<StepRecord['chosen']>): readonly Offer[] => [
  ...(objections.length === 0 ? [] : [{ intent: 'choose' as const }]),
  { intent: 'go_on' },
  { intent: 'object' },
];

/** Killing it half way may leave something broken: that takes the typed name. */
const severe = (step: Step): boolean => mutates(step) && !step.idempotent;

/** A check that only a person can read or judge. */
export const asksPerson = ({ expect, subject }: Check): boolean =>
  expect.conditions.some(({ kind }) => kind === 'words') ||
  ('source' in subject && subject.source.kind === 'ask');

const needsOverride = (step: Step | null): boolean =>
  step !== null &&
  (step.required || step.opens !== null || step.verify.length > 0 || step.kind === 'approve');

/** Where an approval does not hold any more, asking for it anew is the way on. */
function gateOffers(
  book: Book,
  context: Context,
  step: Step | null,
  { problem }: StepRecord,
): readonly Offer[] {
  if (!approvalCode.test(problem?.code ?? '')) return [];
  return gatesOf(book, step).map((gate) => ({
    intent: 'route',
    to: gate.id,
    title: `Ask again: ${titleAt(book, context, gate, placeOf(context, gate))}`,
  }));
}

function pastGuardOffers(book: Book, context: Context, record: StepRecord): readonly Offer[] {
  return mayRun(book, context, record.place) && mayGoPastGuard(book, context, record)
    ? [{ intent: 'route', to: pastGuard, title: 'give it back all the same, with a reason' }]
    : [];
}

function routesOf(step: Step | null): readonly Offer[] {
  if (step === null) return [];
  const seen = new Set<string>();
  return Object.values(step.on).flatMap((route): readonly Offer[] => {
    if (route.kind === 'ask') return [];
    const to = route.kind === 'goto' ? route.target : `end:${route.outcome}`;
    if (seen.has(to)) return [];
    seen.add(to);
    return [{ intent: 'route', to, title: route.kind === 'goto' ? to : `end as ${route.outcome}` }];
  });
}
