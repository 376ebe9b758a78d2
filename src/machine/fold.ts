import { isStateful } from '../runbook/stateful.ts';
import { foldCommand } from './command.ts';
import { foldMessage, toldOf, withMoments } from './comms.ts';
import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { wayAt } from './places.ts';
import { measuresData } from './data.ts';
import { describeFact } from './describe.ts';
import { foldDrift, lookedAfter } from './drift.ts';
import { placeKey } from './place-key.ts';
import type { TimedFact } from './facts.ts';
import { foldAuthority } from './fold/authority.ts';
import { acceptedBy, measuredData, measuredInvariant } from './fold/data.ts';
import { foldNumbers } from './fold/numbers.ts';
import { setDebt, setRecord } from './fold/records.ts';
import { changeStep } from './fold/step.ts';
import { foldIncident } from './incident.ts';

type Fold = (context: Context, fact: TimedFact) => Context;

/** What a fact changes in the data of a session; which state follows is the statechart's business. */
export function foldOver(book: Book): Fold {
  return (context, fact) => {
    const next = changedByStep(book, withMoments(book, change(book, context, fact), fact), fact);
    const words = describeFact(fact);
    return {
      ...next,
      overrode: context.overrode || (fact.type === 'operator.skipped' && fact.override),
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
      // to take it back is what a person makes of a hold: the way back does not wait for another word
      return { ...context, aborting: fact.reason, held: null };
    case 'session.ended':
      return { ...context, endedAt: fact.at };
    case 'session.closed':
      return { ...context, status: 'closed' };
    case 'runbook.rebased': {
      const { started } = context;
      // what is approved from here on is approved for the new bytes
      return started === null
        ? context
        : { ...context, started: { ...started, runbook: { ...started.runbook, hash: fact.to } } };
    }
    case 'session.resumed':
      return { ...context, takenUpAt: fact.at };
    case 'session.stopped':
    case 'release.requested':
    case 'flag.turned':
    case 'intent.refused':
    case 'drill.scored':
    case 'pm.edited':
    case 'pm.item':
    case 'pm.item_closed':
    case 'pm.finished':
    case 'learn.proposed':
    case 'evaluation.made':
    case 'watch.started':
    case 'watch.stopped':
    case 'signal.received':
    case 'signal.refused':
    case 'proposal.opened':
    case 'decision.recorded':
    case 'deployment.recorded':
    case 'cause.told':
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
    case 'comms.retried':
    case 'comms.sent':
      return foldMessage(book, context, fact);
    case 'escalation.sent':
      return { ...context, calls: [...context.calls, { at: fact.at, to: fact.to }] };
    case 'note.added':
      return { ...context, notes: [...context.notes, { at: fact.at, by: fact.by, text: fact.text }] };
    case 'drift.added':
    case 'drift.captured':
    case 'drift.looked':
    case 'drift.disposed':
      return foldDrift(context, fact, fact.at);
    case 'clock.jumped':
      return { ...context, jumps: [...context.jumps, { at: fact.at, byMs: fact.byMs }] };
    case 'trigger.changed':
    case 'trigger.blind':
    case 'advice.changed':
    case 'success.changed':
    case 'window.changed':
    case 'window.rang':
    case 'event.reported':
    case 'calendar.changed':
    case 'watch.breached':
    case 'watch.cleared':
      return foldNumbers(context, fact);
    case 'authority.checked':
    case 'authority.denied':
    case 'authority.requested':
    case 'authority.proved':
    case 'override.used':
    case 'override.approved':
      return foldAuthority(context, fact);
    case 'scope.decided':
      return { ...context, scope: fact };
    case 'scope.overridden':
      return { ...context, scopeOverrides: [...context.scopeOverrides, fact] };
    case 'obligation.opened':
      return {
        ...context,
        reviews:
          fact.review === undefined
            ? context.reviews
            : [...context.reviews, { ...fact.review, key: fact.obligation.key }],
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

/** What a step did, or may have done, to the data and to what is looked at is read before anything else is changed. */
function changedByStep(book: Book, context: Context, fact: TimedFact): Context {
  const effect =
    (fact.type === 'command.ended' && fact.ending !== 'not_started') || fact.type === 'person.reported';
  if (!effect) return context;
  const looked = lookedAfter(book, context, fact.place, fact.attempt);
  if (!measuresData(book.runbook)) return looked;
  const way = wayAt(looked, fact.place);
  const step = book.steps.get(way?.kind === 'undo' ? way.step : fact.place.step);
  if (step === undefined || !isStateful(step)) return looked;
  return { ...looked, data: { ...looked.data, due: { step: step.id, attempt: fact.attempt } } };
}
