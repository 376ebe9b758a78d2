import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { awaitsScope, openScope, scopeBlocks } from './may-run.ts';
import { measuresData } from './data.ts';
import { dataView } from './data-view.ts';
import { driftView } from './drift.ts';
import { wayBackOf } from './way-back.ts';
import type { CurrentStep, ScopeView, SessionView } from './view.ts';
import { epochMsOf, isoOf } from './iso-time.ts';
import { observationOf } from './observation.ts';
import { currentSteps } from './current-steps.ts';
import { phaseView } from './step-rows.ts';
import { stepTitle } from './titles.ts';

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
