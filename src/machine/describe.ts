import { driftDebt } from './drift-state.ts';
import type { Fact } from './facts.ts';
import type { Place } from './facts/values.ts';
import { pastGuard, placeKey } from './place-key.ts';

/** What happened, in a few words a person can say aloud; null for a fact that only prepares another. */
export function describeFact(fact: Fact): string | null {
  switch (fact.type) {
    case 'session.started':
      return `session started by ${fact.by}: ${fact.runbook.title} on ${fact.environment} (${fact.mode})`;
    case 'session.resumed':
      return `resumed by ${fact.by}: ${fact.reason}`;
    case 'session.held':
      return `held by ${fact.by}: ${fact.reason}`;
    case 'session.unheld':
      return `hold lifted by ${fact.by}`;
    case 'runbook.rebased':
      return `rebased by ${fact.by} on ${fact.changed.map(({ path }) => path).join(', ')}: ${fact.reason}`;
    case 'session.stopped':
      return `stopped by ${fact.by}: ${fact.reason}`;
    case 'abort.requested':
      return `abort asked for by ${fact.by}: ${fact.reason}`;
    case 'session.ended':
      return `ended: ${fact.outcome}`;
    case 'session.closed':
      return fact.openDebts === 0
        ? 'closed, nothing owed'
        : `closed with ${fact.openDebts} carried ${fact.openDebts === 1 ? 'debt' : 'debts'}`;
    case 'clock.jumped':
      return `the wall clock jumped by ${Math.round(fact.byMs / 1000)} s`;
    case 'operator.ran':
      return `${fact.by} said run: ${name(fact.place)}`;
    case 'operator.skipped':
      return `${fact.by} skipped ${name(fact.place)}${fact.override ? ' by override' : ''}: ${fact.reason}`;
    case 'operator.retried':
      return `${fact.by} tries ${name(fact.place)} again`;
    case 'operator.routed':
      return fact.to === pastGuard
        ? `${fact.by} gives back in spite of the guard: ${fact.reason}`
        : `${fact.by} goes on to ${fact.to}: ${fact.reason}`;
    case 'step.passed_over':
      return `${name(fact.place)} passed over: ${fact.reason}`;
    case 'step.blocked':
      return `${name(fact.place)} cannot start: ${fact.detail}`;
    case 'guard.read':
      return fact.result === 'pass' ? null : `guard of ${name(fact.place)}: ${fact.result}`;
    case 'step.intent':
      return fact.command === null ? null : `started ${name(fact.place)}`;
    case 'command.ended':
      return `${name(fact.place)} ${fact.ending === 'exited' ? `exited ${fact.exitCode ?? '?'}` : fact.ending.replace('_', ' ')}`;
    case 'attempt.found':
      return `${name(fact.place)} found ${fact.verdict.replace('_', ' ')} after a break`;
    case 'probe.read':
      return `${name(fact.place)}: ${fact.reading.subject} says ${fact.reading.value ?? fact.reading.detail}`;
    case 'doubt.resolved':
      return `${fact.by} judged ${name(fact.place)}: ${fact.as.replace('_', ' ')}: ${fact.reason}`;
    case 'check.judged':
      return `${name(fact.place)}: ${fact.result}`;
    case 'smoke.ran':
      return `${name(fact.place)}: ${fact.result}${fact.final ? '' : ' so far'}`;
    case 'comparison.made':
      return `${name(fact.place)}: ${fact.verdict}${fact.final ? '' : ' so far'}`;
    case 'decision.chosen':
      return `${fact.by} chose: ${fact.title}; it acts unless somebody objects`;
    case 'objection.raised':
      return `${fact.by} objects: ${fact.text}`;
    case 'decision.made':
      return `${fact.by} decided: ${fact.title}`;
    case 'approval.requested':
      return `approval asked for: ${name(fact.place)}`;
    case 'approval.given':
      return `${fact.principal} approved ${name(fact.place)}`;
    case 'approval.denied':
      return `${fact.by} refused ${name(fact.place)}: ${fact.reason}`;
    case 'approval.expired':
      return `the approval request of ${name(fact.place)} expired`;
    case 'person.reported':
      return `${fact.by} reported ${name(fact.place)}: ${fact.text}`;
    case 'value.typed':
      return `${fact.by} typed the value for ${name(fact.place)}: ${fact.matches ? 'right' : 'not it'}`;
    case 'wait.over':
      return `${name(fact.place)}: ${fact.reason}`;
    case 'message.sent':
      return `message of ${name(fact.place)} ${fact.result === 'pass' ? 'sent' : 'not delivered'}`;
    case 'obligation.opened':
      // what it is about stands right before it
      return fact.obligation.id === driftDebt ? null : `debt opened: ${fact.obligation.title}`;
    case 'obligation.discharged':
      return `debt ${fact.key} ${fact.how}: ${fact.reason}`;
    case 'obligation.overdue':
      return `debt ${fact.key} is over its time`;
    case 'release.requested':
      return `${fact.by} gives back ${fact.key}`;
    case 'trigger.changed':
      return `trigger ${fact.id} ${fact.state}: ${fact.detail}`;
    case 'trigger.blind':
      return `trigger ${fact.id} has been blind for ${Math.round(fact.forMs / 1000)} s: investigate (${fact.detail})`;
    case 'advice.changed':
      return `the numbers say ${fact.advice}: ${fact.because}`;
    case 'success.changed':
      return `success criterion ${fact.id}: ${successWords[fact.result]}, ${fact.detail}`;
    case 'window.changed':
      return `window ${fact.state}: ${fact.reason}`;
    case 'window.rang':
      return fact.share === 0
        ? `window now ${fact.state}`
        : `window ${fact.state}: ${fact.share} % of its time left`;
    case 'authority.checked':
      return `${fact.by} may start ${fact.phase}${fact.role === null ? '' : ` as ${fact.role}`} (${fact.level})`;
    case 'authority.denied':
      return `${fact.by} was denied the start of ${fact.phase}: ${fact.blocks.map((block) => block.text).join(' ')}`;
    case 'authority.requested':
      return `a signature of ${fact.roles.join(' or ')} is asked for: ${fact.phase}`;
    case 'authority.proved':
      return `${fact.by} let ${fact.phase} start, as ${fact.role} (${fact.level})`;
    case 'override.used':
      return `OVERRIDE by ${fact.by} over ${fact.over.join(', ')}: ${fact.reason}`;
    case 'override.approved':
      return `${fact.by} approved ${fact.key}`;
    case 'calendar.changed':
      return `calendar: ${fact.text}`;
    case 'event.reported':
      return `${fact.event} at ${fact.happenedAt} (${fact.source})`;
    case 'watch.breached':
      return `watch ${fact.id} breached: ${fact.reading.detail}`;
    case 'watch.cleared':
      return `watch ${fact.id} is good again`;
    case 'invariant.measured':
      return fact.reading.result === 'pass'
        ? null
        : `invariant ${fact.id} ${fact.reading.result}: ${fact.reading.detail}`;
    case 'flag.turned':
      return `flag ${fact.flag} from ${fact.before ?? 'an unknown value'} to ${fact.to}`;
    case 'evidence.started':
    case 'data.measured':
      return null;
    case 'data.accepted':
      return `${fact.by} agreed to the data as it is: ${fact.reason}`;
    case 'evidence.captured':
      return `evidence ${fact.id} captured${fact.partial ? ' (partial)' : ''}`;
    case 'scope.decided': {
      const back = fact.order.flat();
      const asked = fact.rows.flatMap(({ component, state }) => (state === 'ask' ? component : []));
      const settled = back.length === 0 ? 'nothing goes back' : `${back.join(', ')} go back together`;
      return `scope: ${settled}${asked.length === 0 ? '' : `; to be settled: ${asked.join(', ')}`}`;
    }
    case 'scope.overridden':
      return `${fact.by} ${fact.as === 'in' ? 'takes' : 'leaves'} ${fact.component} ${fact.as}: ${fact.reason}`;
    case 'note.added':
      return `note by ${fact.by}: ${fact.text}`;
    case 'drift.added':
      return fact.capture === undefined
        ? `drift told by ${fact.by}: ${fact.what}`
        : `drift found: ${fact.what}`;
    case 'drift.captured':
    case 'drift.looked':
      return null;
    case 'drift.disposed':
      return `drift ${fact.key} ${fact.how} by ${fact.by}: ${fact.reason}`;
    case 'handover.offered':
      return `${fact.by} offers command to ${fact.to}`;
    case 'handover.accepted':
      return `${fact.to} has command, handed over by ${fact.from}`;
    case 'handover.withdrawn':
      return `${fact.by} keeps command`;
    case 'incident.read':
      return fact.result === 'pass'
        ? `incident ${fact.id ?? ''} is ${fact.state ?? ''}`
        : `the incident could not be read: ${fact.detail}`;
    case 'comms.due':
      return `message to ${fact.to} is due: ${fact.moment}`;
    case 'comms.retried':
      return `${fact.by} has the message ${fact.key} sent again`;
    case 'comms.sent':
      return `message to ${fact.to} ${fact.result === 'pass' ? 'sent' : 'not delivered'}`;
    case 'escalation.sent':
      return `escalated to ${fact.to}`;
    case 'intent.refused':
      return `refused ${fact.by}: ${fact.message}`;
    case 'drill.scored':
      return 'drill scored';
    case 'pm.edited':
      return `${fact.by} ${fact.text === '' ? 'took back' : 'wrote'} ${fact.part} of the post-mortem`;
    case 'pm.item':
      return `${fact.by} set ${fact.id}: ${fact.text}`;
    case 'pm.item_closed':
      return `${fact.id} ${fact.how}: ${fact.reason}`;
    case 'pm.finished':
      return `${fact.by} finished the post-mortem`;
    case 'learn.proposed':
      return `${fact.by} proposed version ${fact.runbook.version} of ${fact.runbook.id}`;
    case 'evaluation.made':
    case 'watch.started':
    case 'watch.stopped':
    case 'signal.received':
    case 'signal.refused':
    case 'proposal.opened':
    case 'decision.recorded':
    case 'deployment.recorded':
    case 'cause.told':
    case 'client.attached':
    case 'client.detached':
    case 'step.readied':
    case 'question.posed':
    case 'each.started':
      return null;
  }
}

const successWords = { pass: 'held to the end', fail: 'broken', unknown: 'not known' } as const;

const name = (place: Place): string => (place.step === '@back' ? 'the way back' : placeKey(place));
