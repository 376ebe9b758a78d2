import type { Context } from '../../machine/context.ts';
import { openDebts } from '../../machine/debts.ts';
import type { Fact } from '../../machine/facts.ts';
import { acceptData, measureAgain } from '../data-intents.ts';
import type { Answer, Intent } from '../intents.ts';
import { escalateTo, watchingJob } from '../escalate.ts';
import type { Job } from '../kit.ts';
import { dischargeDrift, disposeDrift, isDrift, tellDrift } from './drift.ts';
import { answerScope } from './scope.ts';
import { noReason, put, refused } from '../refusals.ts';
import { approveOverride, useOverride } from '../override.ts';
import { proveAuthority } from '../prove-authority.ts';
import type { Session } from '../session.ts';
import { toldEvent } from '../tell-event.ts';
import { handOver, noOffer, takeCommand } from './command.ts';
import { discharge, release, resend, told } from './debts.ts';

/** A job for what a person asks of the session as a whole. */
const sessionJob = (session: Session): Job => watchingJob(session, new AbortController().signal);

const putTold = (
  session: Session,
  by: string,
  told: { readonly facts: readonly Fact[] } | { readonly refused: Answer & { readonly ok: false } },
): Answer => ('refused' in told ? told.refused : put(session, by, ...told.facts));

/** What is asked of the session as a whole, not of one of its steps. */
export type SessionIntent = Exclude<Intent, { attempt: string }>;

/** Answers what is asked of the session as a whole. */
export async function answerSession(session: Session, intent: SessionIntent, by: string): Promise<Answer> {
  const context = session.context();
  switch (intent.type) {
    case 'note':
      return intent.text.trim() === ''
        ? noReason
        : put(session, by, { type: 'note.added', by, text: intent.text });
    case 'drift':
      return tellDrift(session, intent, by);
    case 'dispose_drift':
      return disposeDrift(session, intent, by);
    case 'scope_include':
    case 'scope_exclude':
    case 'scope_refresh':
      return answerScope(session, intent, by);
    case 'hold':
      return intent.reason.trim() === ''
        ? noReason
        : put(session, by, { type: 'session.held', by, reason: intent.reason });
    case 'unhold':
      return put(session, by, { type: 'session.unheld', by });
    case 'abort':
      return abort(session, context, intent.reason, by);
    case 'release':
      return release(session, context, intent.key, by);
    case 'told':
      return told(session, context, intent, by);
    case 'resend':
      return resend(session, context, intent.key, by);
    case 'waive':
    case 'carry':
      if (isDrift(context, intent.key)) {
        const disposed = dischargeDrift(intent);
        return 'code' in disposed ? disposed : disposeDrift(session, disposed, by);
      }
      return discharge(session, context, intent, by);
    case 'override':
      return putTold(session, by, await useOverride(session, sessionJob(session), intent, by));
    case 'prove':
      return putTold(session, intent.principal, await proveAuthority(session, intent));
    case 'approve_override':
      return putTold(session, intent.principal, await approveOverride(session, intent));
    case 'tell_event': {
      const event = toldEvent(session, intent, by);
      return 'refused' in event ? event.refused : put(session, by, event.fact);
    }
    case 'hand_over':
      return handOver(session, intent.to, by);
    case 'take_command':
      return takeCommand(session, intent, by);
    case 'keep_command':
      return context.command?.offer == null ? noOffer : put(session, by, { type: 'handover.withdrawn', by });
    case 'escalate':
      return escalateNow(session, by);
    case 'measure_data':
      return measureAgain(session, (...facts) => put(session, by, ...facts));
    case 'accept_data':
      return acceptData(session, intent, by, (...facts) => put(session, by, ...facts));
    case 'stop':
      return intent.reason.trim() === ''
        ? noReason
        : put(session, by, { type: 'session.stopped', by, reason: intent.reason });
    case 'close':
      if (context.endedAt === null)
        return refused('E_NOT_NOW', 'The session is still under way.', 'Go on to its end, or abort it.');
      return openDebts(context).length === 0
        ? { ok: true }
        : refused(
            'E_DEBTS',
            'The session does not close over open debts.',
            'Give each back, or carry it with an owner and a date.',
          );
  }
}

function abort(session: Session, context: Context, reason: string, by: string): Answer {
  if (reason.trim() === '') return noReason;
  if (context.status !== 'running' || context.aborting !== null) {
    return refused(
      'E_NOT_NOW',
      'Only a session that is under way can be aborted.',
      'Look at what is still owed.',
    );
  }
  return put(session, by, { type: 'abort.requested', by, reason });
}

/** Calls the next one of those the runbook names; who was called before is not called again first. */
async function escalateNow(session: Session, by: string): Promise<Answer> {
  const { escalate } = session.options.compiled.book.runbook;
  const called = session.context().calls.length;
  const next = escalate[Math.min(called, escalate.length - 1)];
  if (next === undefined) {
    return refused(
      'E_NOBODY',
      'The runbook names nobody to escalate to.',
      'Add `escalate:` to the runbook, or call them.',
    );
  }
  return put(session, by, await escalateTo(watchingJob(session, new AbortController().signal), next));
}
