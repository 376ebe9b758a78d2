import { commandProbe } from '../runbook/command-probe.ts';
import type { Debt } from '../machine/context.ts';
import type { FactOf } from '../machine/facts.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import type { Runbook } from '../runbook/model.ts';
import { waitedSince } from '../machine/waited.ts';
import type { Job } from './kit.ts';
import { measure } from './kit.ts';
import type { Session } from './session.ts';

export type Escalation = Runbook['escalate'][number];

/** A job for what is read or sent beside the steps. */
export function watchingJob(session: Session, signal: AbortSignal): Job {
  const place = { step: '@monitor', item: '' };
  return session.jobFor({ key: 'monitor', kind: 'verify', place, attempt: '', step: null }, signal);
}

/** Calls somebody by the command that the runbook gives; without one it is only put on record. */
export async function escalateTo(job: Job, { to, command }: Escalation): Promise<FactOf<'escalation.sent'>> {
  if (command === null)
    return { type: 'escalation.sent', to, result: 'unknown', detail: 'no command calls them' };
  const measured = await measure(job, commandProbe(command, null));
  const mask = (text: string) => job.options.ports.redactor.text(text);
  if (!measured.ok) return { type: 'escalation.sent', to, result: 'unknown', detail: mask(measured.detail) };
  const went = measured.exit === 0;
  return {
    type: 'escalation.sent',
    to,
    result: went ? 'pass' : 'fail',
    detail: `exit ${measured.exit ?? '?'}`,
  };
}

/** Calls that are due: a step has waited for a person as long as the runbook allows, and they were not called since. */
export function overdueCalls(session: Session): readonly Escalation[] {
  const { ports, compiled } = session.options;
  const { current } = session.view();
  const waiting = current.filter(({ offers }) => offers.length > 0).map(({ since }) => epochMsOf(since));
  if (waiting.length === 0) return [];
  const since = Math.min(...waiting);
  // people are waited for in real time, however fast the sandbox's clock runs
  const waitedMs = waitedSince(session.context(), since, ports.clock.now().ms);
  const due = compiled.book.runbook.escalate.filter(({ afterMs }) => waitedMs >= afterMs);
  if (due.length === 0) return [];
  const calls = session.context().calls.filter(({ at }) => epochMsOf(at) >= since);
  const called = new Set(calls.map(({ to }) => to));
  return due.filter(({ to }) => !called.has(to));
}

/**
 * Whether a debt that is past its limit keeps the next change back until somebody has decided. Not while it is being
 * given back, nor on the way back of an abort: that is the decision.
 */
export function holdsWhenOverdue(session: Session, { key, state, place }: Debt): boolean {
  const { status, current } = session.view();
  const step = place === null ? undefined : session.options.compiled.book.steps.get(place.step);
  return (
    step?.opens?.overdue === 'hold' &&
    state === 'open' &&
    (status === 'running' || status === 'held') &&
    !current.some(({ shown }) => shown?.debt === key)
  );
}
