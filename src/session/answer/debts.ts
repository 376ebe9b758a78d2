import type { Context } from '../../machine/context.ts';
import { openDebts } from '../../machine/debts.ts';
import type { Answer, Intent } from '../intents.ts';
import { noReason, put, refused } from '../refusals.ts';
import { whyNotSettled } from '../override.ts';
import type { Session } from '../session.ts';

/** Has a debt given back after the end of the session. */
export function release(session: Session, context: Context, key: string, by: string): Answer {
  if (context.status !== 'ended') {
    return refused(
      'E_NOT_NOW',
      'Debts are given back by their own step while the session runs.',
      'Go on with the session, or abort it.',
    );
  }
  if (!openDebts(context).some((debt) => debt.key === key)) {
    return refused('E_DEBT', `${key} is not owed.`, 'List what is owed: walkback obligations.');
  }
  const unsettled = whyNotSettled(context, { type: 'release', key });
  if (unsettled !== null) return unsettled.refused;
  if (openDebts(context).some((debt) => debt.key === key && debt.release.length === 0)) {
    return refused(
      'E_BY_HAND',
      `No command gives ${key} back.`,
      messageOf(context, key) === undefined
        ? 'Carry it to an owner, or waive it with a reason.'
        : 'Tell them, then say how they were told.',
    );
  }
  return put(session, by, { type: 'release.requested', by, key });
}

const messageOf = (context: Context, key: string) =>
  Object.values(context.messages).find(({ debt }) => debt === key);

/** Telling by mouth or by another channel pays the debt of a message that did not arrive. */
export function told(
  session: Session,
  context: Context,
  { key, how }: Extract<Intent, { type: 'told' }>,
  by: string,
): Answer {
  if (!openDebts(context).some((debt) => debt.key === key) || messageOf(context, key) === undefined)
    return refused('E_DEBT', `${key} is no message that is owed.`, 'Look at what is owed.');
  if (how.trim() === '')
    return refused('E_REASON', 'Say how they were told, and who.', 'For example: called Lin of support.');
  return put(session, by, {
    type: 'obligation.discharged',
    by,
    key,
    how: 'proved',
    reason: `told: ${how.trim()}`,
    owner: null,
    due: null,
  });
}

/** Tries a message that was given up once more: the same words, by the same key, so that a sink takes it once. */
export function resend(session: Session, context: Context, key: string, by: string): Answer {
  const message = messageOf(context, key);
  if (message === undefined || !openDebts(context).some((debt) => debt.key === key))
    return refused('E_DEBT', `${key} is no message that is owed.`, 'Look at what is owed.');
  if (message.problem !== null)
    return refused('E_UNFILLED', `The message has an empty place: ${message.problem}`, 'Tell them yourself.');
  if (message.state !== 'failed')
    return refused('E_NOT_NOW', 'It is being sent.', 'Wait for its end, or tell them yourself.');
  return put(session, by, { type: 'comms.retried', by, key: message.key });
}

export function discharge(
  session: Session,
  context: Context,
  intent: Extract<Intent, { type: 'waive' | 'carry' }>,
  by: string,
): Answer {
  if (!openDebts(context).some(({ key }) => key === intent.key)) {
    return refused('E_DEBT', `${intent.key} is not owed.`, 'List what is owed: walkback obligations.');
  }
  if (intent.reason.trim() === '') return noReason;
  const unsettled = whyNotSettled(context, intent);
  if (unsettled !== null) return unsettled.refused;
  const carried = intent.type === 'carry';
  return put(session, by, {
    type: 'obligation.discharged',
    by,
    key: intent.key,
    how: carried ? 'carried' : 'waived',
    reason: intent.reason,
    owner: carried ? intent.owner : null,
    due: carried ? intent.due : null,
  });
}
