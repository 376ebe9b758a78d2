import type { Context, Performed, StepRecord } from './context.ts';
import { isDueLater, itemsAt, mutates, openDebts, recordAt, wayAt, wayBackStep } from './context.ts';
import type { Book } from './context.ts';
import type { FactOf, TimedFact } from './facts.ts';
import type { Place, Result } from './fact-values.ts';
import { placeKey } from './fact-values.ts';
import { foldMessage, toldOf, withMoments } from './comms.ts';
import { isStateful } from '../runbook/stateful.ts';
import { measuresData } from './data.ts';
import { acceptedBy, measuredData, measuredInvariant } from './fold-data.ts';
import { foldCommand } from './command.ts';
import { describeFact } from './describe.ts';
import { foldIncident } from './incident.ts';

type Fold = (context: Context, fact: TimedFact) => Context;

/** What a fact changes in the data of a session; which state follows is the statechart's business. */
export function foldOver(book: Book): Fold {
  return (context, fact) => {
    const next = changedData(book, withMoments(book, change(book, context, fact), fact), fact);
    const words = describeFact(fact);
    return {
      ...next,
      revision: context.revision + 1,
      last: words === null ? next.last : { at: fact.at, text: words },
    };
  };
}

function change(book: Book, context: Context, fact: TimedFact): Context {
  switch (fact.type) {
    case 'session.started':
      return { ...context, started: fact };
    case 'session.held':
      return { ...context, held: fact.reason };
    case 'session.unheld':
      return { ...context, held: null };
    case 'abort.requested':
      return { ...context, aborting: fact.reason };
    case 'session.ended':
      return { ...context, endedAt: fact.at };
    case 'session.closed':
      return { ...context, status: 'closed' };
    case 'session.resumed':
    case 'session.stopped':
    case 'release.requested':
    case 'flag.turned':
    case 'intent.refused':
    case 'drill.scored':
    case 'evaluation.made':
    case 'watch.started':
    case 'watch.stopped':
    case 'signal.received':
    case 'signal.refused':
    case 'proposal.opened':
    case 'decision.recorded':
      return context;
    case 'invariant.measured':
      return measuredInvariant(context, fact);
    case 'evidence.started':
      return {
        ...context,
        evidence: { startedAt: fact.at, until: fact.until, items: fact.items, captured: [] },
      };
    case 'evidence.captured': {
      const { evidence } = context;
      if (evidence === null) return context;
      const { id, partial, bytes } = fact;
      return {
        ...context,
        evidence: { ...evidence, captured: [...evidence.captured, { id, partial, bytes }] },
      };
    }
    case 'data.measured':
      return measuredData(context, fact);
    case 'data.accepted':
      return {
        ...context,
        data: { ...context.data, accepted: [...context.data.accepted, acceptedBy(fact)] },
      };
    case 'client.attached':
      return { ...context, present: { ...context.present, [fact.client]: fact.by } };
    case 'client.detached': {
      const { [fact.client]: _left, ...present } = context.present;
      return { ...context, present };
    }
    case 'handover.offered':
    case 'handover.accepted':
    case 'handover.withdrawn':
      return { ...context, command: foldCommand(context, fact) };
    case 'incident.read':
      return { ...context, incident: foldIncident(context, fact, fact.at) };
    case 'comms.due':
    case 'comms.sent':
      return foldMessage(book, context, fact);
    case 'escalation.sent':
      return { ...context, calls: [...context.calls, { at: fact.at, to: fact.to }] };
    case 'note.added':
      return { ...context, notes: [...context.notes, { at: fact.at, by: fact.by, text: fact.text }] };
    case 'drift.added':
      return {
        ...context,
        drift: [...context.drift, { at: fact.at, by: fact.by, what: fact.what, target: fact.target }],
      };
    case 'trigger.changed': {
      const { id, state, value, detail, samples, code } = fact;
      const why = code === null ? {} : { code };
      return {
        ...context,
        fired: state === 'FIRED' && !context.fired.includes(id) ? [...context.fired, id] : context.fired,
        triggers: {
          ...context.triggers,
          [id]: { id, state, value, detail, since: fact.at, samples, ...why },
        },
      };
    }
    case 'clock.jumped':
      return { ...context, jumps: [...context.jumps, { at: fact.at, byMs: fact.byMs }] };
    case 'authority.checked':
      return { ...context, starts: [...context.starts, { by: fact.by, phase: fact.phase }], denial: null };
    case 'authority.denied': {
      const { type: _type, ...denial } = fact;
      return { ...context, denial };
    }
    case 'authority.requested': {
      const { type: _type, at: _at, ...request } = fact;
      return { ...context, authorityRequest: request };
    }
    case 'authority.proved': {
      const { phase, role, by, level } = fact;
      // a request is signed once
      return {
        ...context,
        proofs: [...context.proofs, { phase, role, by, level }],
        authorityRequest: null,
        denial: null,
      };
    }
    case 'override.used': {
      const { type: _type, ...used } = fact;
      return { ...context, overrides: [...context.overrides, { ...used, approvedBy: null }], denial: null };
    }
    case 'override.approved':
      return {
        ...context,
        overrides: context.overrides.map((used) =>
          used.key === fact.key ? { ...used, approvedBy: fact.by } : used,
        ),
      };
    case 'calendar.changed': {
      const { at: _at, type: _type, ...calendar } = fact;
      return { ...context, calendar };
    }
    case 'event.reported': {
      const { at: _at, ...event } = fact;
      return { ...context, events: [...context.events, event] };
    }
    case 'window.changed': {
      const { state, until, reason, leftMs, event, at: asOf } = fact;
      const same = context.window?.state === state && context.window.until === until;
      const rung = same ? (context.window?.rung ?? null) : null;
      return { ...context, window: { state, until, reason, leftMs, event, asOf, rung } };
    }
    case 'window.rang':
      return context.window === null
        ? context
        : { ...context, window: { ...context.window, rung: fact.share, leftMs: fact.leftMs, asOf: fact.at } };
    case 'trigger.blind': {
      const trigger = context.triggers[fact.id];
      if (trigger === undefined) return context;
      return { ...context, triggers: { ...context.triggers, [fact.id]: { ...trigger, blind: true } } };
    }
    case 'advice.changed':
      return { ...context, advice: { advice: fact.advice, because: fact.because, since: fact.at } };
    case 'success.changed': {
      const { id, result, code, detail } = fact;
      return { ...context, success: { ...context.success, [id]: { id, result, code, detail } } };
    }
    case 'watch.breached':
    case 'watch.cleared': {
      const watch = { id: fact.id, breached: fact.type === 'watch.breached', reading: fact.reading };
      const held =
        fact.type === 'watch.breached' && fact.hold
          ? `watch ${fact.id}: ${fact.reading.detail}`
          : context.held;
      return { ...context, held, watches: { ...context.watches, [fact.id]: watch } };
    }
    case 'scope.decided':
      return { ...context, scope: fact };
    case 'scope.overridden':
      return { ...context, scopeOverrides: [...context.scopeOverrides, fact] };
    case 'obligation.opened':
      return {
        ...context,
        obligations: {
          ...context.obligations,
          [fact.obligation.key]: {
            ...fact.obligation,
            place: null,
            bound: {},
            openedAt: fact.at,
            by: fact.by,
            state: 'open',
            overdue: false,
            owner: null,
            due: fact.due,
          },
        },
      };
    case 'obligation.discharged':
      return setDebt(toldOf(context, fact), fact.key, {
        state: fact.how,
        owner: fact.owner,
        due: fact.due,
      });
    case 'obligation.overdue':
      return setDebt(context, fact.key, { overdue: true });
    case 'each.started': {
      const loop = { items: fact.items, index: 0 };
      return setRecord({ ...context, each: { ...context.each, [placeKey(fact.place)]: loop } }, fact.place, {
        startedAt: fact.at,
      });
    }
    default:
      return changeStep(book, context, fact);
  }
}

/** What a stateful step did, or may have done, is measured before anything else is changed. */
function changedData(book: Book, context: Context, fact: TimedFact): Context {
  const effect =
    (fact.type === 'command.ended' && fact.ending !== 'not_started') || fact.type === 'person.reported';
  if (!effect || !measuresData(book.runbook)) return context;
  const way = wayAt(context, fact.place);
  const step = book.steps.get(way?.kind === 'undo' ? way.step : fact.place.step);
  if (step === undefined || !isStateful(step)) return context;
  return { ...context, data: { ...context.data, due: { step: step.id, attempt: fact.attempt } } };
}

type StepFact = Extract<TimedFact, { place: Place; attempt: string }>;

function changeStep(
  book: Book,
  context: Context,
  fact: Exclude<StepFact, { type: 'each.started' }>,
): Context {
  const { place } = fact;
  switch (fact.type) {
    case 'step.readied':
      return setRecord(context, place, { shown: fact.shown, debt: fact.debt, problem: null });
    case 'step.passed_over':
      return setRecord(context, place, { problem: { code: 'passed_over', detail: fact.reason } });
    case 'step.blocked':
      return setRecord(context, place, { problem: { code: fact.code, detail: fact.detail } });
    case 'operator.ran':
      return recordAt(context, place)?.shown?.confirm === 'name' ? { ...context, named: true } : context;
    case 'operator.retried':
    case 'operator.routed':
    case 'wait.over':
      return context;
    case 'operator.skipped': {
      // work by hand that was passed over before it was reported has not been done: nothing to take back
      const record = recordAt(context, place);
      const undone = record?.status === 'performing' && book.steps.get(place.step)?.kind === 'manual';
      const known = undone ? forget(context, fact.attempt) : context;
      return setRecord(known, place, { problem: { code: 'skipped', detail: fact.reason } });
    }
    case 'guard.read':
      return setRecord(context, place, { readings: fact.readings, problem: problemOf(fact, 'guard') });
    case 'step.intent':
      return intend(book, context, fact);
    case 'command.ended':
      return endCommand(context, fact);
    case 'attempt.found':
      return found(context, fact);
    case 'probe.read':
      return setRecord(context, place, { probe: fact.reading });
    case 'doubt.resolved': {
      const sure = setSure(context, place, fact.attempt, fact.as === 'done');
      const debt = recordAt(context, place)?.debt ?? null;
      const known = fact.as === 'done' && debt !== null ? setDebt(sure, debt, { state: 'released' }) : sure;
      return setRecord(known, place, {
        problem: fact.as === 'not_done' ? { code: 'not_done', detail: fact.reason } : null,
      });
    }
    case 'check.judged':
      return judged(context, fact);
    case 'question.posed':
      return setRecord(context, place, { question: fact, againAt: null });
    case 'decision.chosen':
      return setRecord(context, place, { chosen: { ...fact, objections: [] } });
    case 'objection.raised': {
      const chosen = recordAt(context, place)?.chosen ?? null;
      if (chosen === null) return context;
      const objections = [...chosen.objections, { by: fact.by, text: fact.text }];
      return setRecord(context, place, { chosen: { ...chosen, objections } });
    }
    case 'decision.made': {
      const decided = {
        at: fact.at,
        step: place.step,
        option: fact.option,
        title: fact.title,
        reason: fact.reason,
        by: fact.by,
      };
      return setRecord({ ...context, decisions: [...context.decisions, decided] }, place, {
        answer: fact.option,
        chosen: null,
        outputs: fact.fields,
        againAt: fact.againAt,
        question: fact.againAt === null ? (recordAt(context, place)?.question ?? null) : null,
      });
    }
    case 'approval.requested':
      return setRecord(context, place, {
        approval: { ...fact, given: [], keys: [], signed: [], names: [] },
        problem: null,
      });
    case 'approval.given': {
      const approval = recordAt(context, place)?.approval;
      return approval === null || approval === undefined
        ? context
        : setRecord(context, place, {
            approval: {
              ...approval,
              given: [...approval.given, fact.principal],
              keys: [...approval.keys, fact.key],
              signed: [...approval.signed, { principal: fact.principal, signature: fact.signature }],
              names: [...approval.names, fact.principal, ...(fact.names ?? [])],
            },
          });
    }
    case 'approval.denied':
      return setRecord(context, place, { problem: { code: 'denied', detail: `${fact.by}: ${fact.reason}` } });
    case 'approval.expired':
      return setRecord(context, place, {
        approval: null,
        problem: { code: 'expired', detail: 'the request expired before it was approved' },
      });
    case 'person.reported': {
      const sure = fact.result === 'pass' ? setSure(context, place, fact.attempt, true) : context;
      return setRecord(settleDebt(sure, place, fact.result), place, {
        answer: fact.text,
        problem: fact.result === 'pass' ? null : { code: `reported_${fact.result}`, detail: fact.text },
      });
    }
    case 'value.typed':
      return setRecord(context, place, {
        answer: fact.value,
        problem: fact.matches
          ? null
          : { code: 'mismatch', detail: `“${fact.value}” is not what was asked for` },
      });
    case 'message.sent':
      return setRecord(context, place, {
        problem: fact.result === 'pass' ? null : { code: 'not_delivered', detail: fact.detail },
      });
  }
}

export function setRecord(context: Context, place: Place, changes: Partial<StepRecord>): Context {
  const key = placeKey(place);
  const atHand = context.records[key];
  if (atHand !== undefined)
    return { ...context, records: { ...context.records, [key]: { ...atHand, ...changes } } };
  const left = context.settled[key];
  if (left === undefined) return context;
  return { ...context, settled: { ...context.settled, [key]: { ...left, ...changes } } };
}

function setDebt(context: Context, key: string, changes: Partial<Context['obligations'][string]>): Context {
  const debt = context.obligations[key];
  if (debt === undefined) return context;
  return { ...context, obligations: { ...context.obligations, [key]: { ...debt, ...changes } } };
}

function intend(
  book: Book,
  context: Context,
  fact: FactOf<'step.intent'> & { readonly at: string },
): Context {
  const { place, attempt, opens, captured } = fact;
  const step = book.steps.get(place.step);
  const bound = itemsAt(book, context, place);
  const owed = openDebts(context).find(({ key }) => key === opens?.key);
  const started = setRecord(context, place, { startedAt: fact.at, intended: true, captured, problem: null });
  const withDebt =
    opens === null
      ? started
      : {
          ...started,
          obligations: {
            ...started.obligations,
            [opens.key]: {
              ...opens,
              place,
              bound,
              // tried again while it is owed, it is owed since the first time
              openedAt: owed?.openedAt ?? fact.at,
              by: context.started?.by ?? '',
              state: 'open' as const,
              overdue: owed?.overdue ?? false,
              owner: null,
              due: null,
            },
          },
        };
  if (step === undefined || !mutates(step) || (step.undo === null && opens === null)) return withDebt;
  const performed: Performed = {
    place,
    attempt,
    captured,
    bound,
    opened: opens?.key ?? null,
    sure: false,
    undone: false,
  };
  return { ...withDebt, history: [...withDebt.history, performed] };
}

function endCommand(context: Context, fact: FactOf<'command.ended'> & { readonly at: string }): Context {
  const ended = fact.ending === 'exited' && fact.exitCode === 0 && fact.doubt === null;
  const known = ended ? setSure(context, fact.place, fact.attempt, true) : context;
  const gone = fact.ending === 'not_started' ? forget(known, fact.attempt) : known;
  const debt = recordAt(gone, fact.place)?.debt ?? null;
  const released = ended && debt !== null ? setDebt(gone, debt, { state: 'released' }) : gone;
  return setRecord(released, fact.place, {
    outputs: fact.outputs,
    problem: ended ? null : commandProblem(fact),
  });
}

function commandProblem(fact: FactOf<'command.ended'>): { code: string; detail: string } {
  const tail = fact.tail === '' ? '' : `: ${fact.tail}`;
  switch (fact.ending) {
    case 'exited':
      return { code: 'exit', detail: `exit ${fact.exitCode ?? '?'}${tail}` };
    case 'signalled':
      return { code: 'signal', detail: `ended by ${fact.signal ?? 'a signal'} that walkback did not send` };
    case 'timed_out':
      return { code: 'timeout', detail: `stopped after its timeout${tail}` };
    case 'stopped':
      return { code: 'stopped', detail: 'stopped on request' };
    case 'not_started':
      return { code: 'not_started', detail: `did not start${tail}` };
    case 'lost':
      return { code: 'lost', detail: 'its ending could not be read' };
  }
}

function found(context: Context, fact: FactOf<'attempt.found'>): Context {
  if (fact.verdict === 'not_started') return forget(context, fact.attempt);
  if (fact.verdict !== 'in_doubt') return context;
  return setRecord(context, fact.place, {
    problem: { code: fact.doubt ?? 'no_outcome', detail: fact.detail },
  });
}

/** An attempt that provably never began leaves no undo behind, and no debt but what others had opened before it. */
function forget(context: Context, attempt: string): Context {
  const opened = context.history.find((performed) => performed.attempt === attempt)?.opened ?? null;
  const history = context.history.filter((performed) => performed.attempt !== attempt);
  if (opened === null || history.some((performed) => performed.opened === opened))
    return { ...context, history };
  const { [opened]: _never, ...obligations } = context.obligations;
  return { ...context, history, obligations };
}

function setSure(context: Context, place: Place, attempt: string, sure: boolean): Context {
  if (place.step === wayBackStep) return context;
  return {
    ...context,
    history: context.history.map((performed) =>
      performed.attempt === attempt ? { ...performed, sure } : performed,
    ),
  };
}

function judged(context: Context, fact: FactOf<'check.judged'>): Context {
  return setRecord(settleDebt(context, fact.place, fact.result), fact.place, {
    readings: fact.readings,
    problem: problemOf(fact, 'check'),
  });
}

/** What proves that a debt was given back: its proof passed, or it is owed as before. */
function settleDebt(context: Context, place: Place, result: Result): Context {
  const debt = recordAt(context, place)?.debt ?? null;
  return debt === null ? context : setDebt(context, debt, { state: result === 'pass' ? 'proved' : 'open' });
}

function problemOf(
  fact: FactOf<'guard.read'> | FactOf<'check.judged'>,
  what: 'guard' | 'check',
): { code: string; detail: string } | null {
  if (fact.result === 'pass') return null;
  const worst = fact.readings.find(({ result }) => result === fact.result);
  const code = worst?.code ?? (fact.type === 'check.judged' && fact.timedOut ? 'timeout' : fact.result);
  return {
    code: `${what}_${code}`,
    detail: worst === undefined ? fact.result : `${worst.subject}: ${worst.detail}`,
  };
}

/** A debt that several attempts opened is given back once, where the first of them stands. */
const lastRelease = (ways: Context['queue'], key: string): number =>
  ways.findLastIndex((way) => way.kind === 'release' && way.key === key);

/** What an abort has to take back, newest first: the undo of each step, then the debt that it opened. */
export function wayBackOf(book: Book, context: Context): Context['queue'] {
  const fromHistory = context.history
    .filter(({ undone }) => !undone)
    .toReversed()
    .flatMap((performed): Context['queue'] => {
      const step = book.steps.get(performed.place.step);
      const undo = step?.undo ?? null;
      const { opened } = performed;
      const debt = opened === null ? undefined : context.obligations[opened];
      const owed = debt !== undefined && (openDebts(context).includes(debt) || isDueLater(book, debt));
      return [
        ...(step === undefined || undo === null ? [] : [{ kind: 'undo' as const, step: step.id, performed }]),
        ...(owed ? [{ kind: 'release' as const, key: debt.key }] : []),
      ];
    })
    .filter((way, index, all) => way.kind === 'undo' || index === lastRelease(all, way.key));
  const queued = new Set(fromHistory.flatMap((way) => (way.kind === 'release' ? [way.key] : [])));
  const others = openDebts(context).filter(({ key, release }) => !queued.has(key) && release.length > 0);
  return [...fromHistory, ...others.map(({ key }) => ({ kind: 'release' as const, key }))];
}
