import type { Context } from '../../machine/context.ts';
import { openDebts } from '../../machine/debts.ts';
import { driftDebt } from '../../machine/drift-state.ts';
import { driftDisposed, driftFound } from '../../machine/drift.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { watchingJob } from '../escalate.ts';
import type { Answer, Intent } from '../intents.ts';
import { noReason, put, refused } from '../refusals.ts';
import type { Session } from '../session.ts';
import { lookAgain } from '../workers/drift.ts';

type Refusal = Answer & { readonly ok: false };

/** Puts a change by hand on record, and with it the debt to dispose of it. */
export function tellDrift(session: Session, intent: Extract<Intent, { type: 'drift' }>, by: string): Answer {
  const { what, target, why = '', command = '', link = '' } = intent;
  if (what.trim() === '') return noReason;
  const told = {
    by,
    what,
    target,
    ...(why.trim() === '' ? {} : { why }),
    ...(command.trim() === '' ? {} : { command }),
    ...(link.trim() === '' ? {} : { evidence: link }),
  };
  // what is told after the close is on record, and holds nothing open any more
  if (session.context().status === 'closed') return put(session, by, { type: 'drift.added', ...told });
  return put(session, by, ...driftFound(session.context(), told));
}

const how = { codify: 'codified', revert: 'reverted', accept: 'accepted' } as const;

/** Says what becomes of a drift. That something was put back is looked at where we know how it was. */
export async function disposeDrift(
  session: Session,
  intent: Extract<Intent, { type: 'dispose_drift' }>,
  by: string,
): Promise<Answer> {
  const refusal = whyNotDisposed(session.context(), intent);
  if (refusal !== null) return refusal;
  const { key, as, reason } = intent;
  const [owner, until] = as === 'accept' ? [intent.owner, intent.until] : [null, null];
  const seen = as === 'revert' ? await putBack(session, key) : [];
  if ('code' in seen) return seen;
  return put(
    session,
    by,
    ...seen,
    ...driftDisposed(session.context(), { by, key, how: how[as], reason, owner, until }),
  );
}

function whyNotDisposed(
  context: Context,
  { key, as, reason, owner, until }: Extract<Intent, { type: 'dispose_drift' }>,
): Refusal | null {
  if (!isDrift(context, key))
    return refused('E_DRIFT', `${key} is no drift that is to be disposed of.`, 'Look at what is owed.');
  if (reason.trim() === '')
    return refused(
      'E_REASON',
      as === 'codify' ? 'Say where it is codified.' : 'A reason is needed.',
      as === 'codify' ? 'Name the commit or the pull request.' : 'Say why in a few words.',
    );
  if (as !== 'accept') return null;
  if ((owner ?? '').trim() === '')
    return refused('E_OWNER', 'What is left as it is needs an owner.', 'Name who will settle it.');
  if (until === null || Number.isNaN(epochMsOf(until)))
    return refused('E_DUE', 'What is left as it is needs a date.', 'Give a date such as 2026-12-31.');
  return null;
}

/** What was found at the end has to be as it was before; what was told, or was changed again since, is a person's word. */
async function putBack(session: Session, key: string): Promise<readonly Fact[] | Refusal> {
  const found = session.context().drift.find((one) => one.key === key)?.found;
  const capture = (session.options.compiled.book.runbook.drift ?? []).find(({ id }) => id === found?.id);
  if (found?.moment !== 'end' || capture === undefined) return [];
  const { look, difference } = await lookAgain(watchingJob(session, new AbortController().signal), capture);
  const seen: FactOf<'drift.captured'> = look;
  if (difference === null) return [seen];
  return refused(
    'E_STILL',
    `It is not as it was: ${difference.what}`,
    'Put it back, or codify it, or accept it until a date.',
  );
}

/** Whether an open debt is a drift. */
export const isDrift = (context: Context, key: string): boolean =>
  openDebts(context).some((debt) => debt.key === key && debt.id === driftDebt);

/** Debts of drift are not given up, and to carry one is to accept the drift until then. */
export function dischargeDrift(
  intent: Extract<Intent, { type: 'waive' | 'carry' }>,
): Extract<Intent, { type: 'dispose_drift' }> | Refusal {
  if (intent.type === 'waive')
    return refused(
      'E_DRIFT',
      'A drift is codified, put back, or accepted until a date; it is not given up.',
      'Say which of the three.',
    );
  const { key, reason, owner, due } = intent;
  return { type: 'dispose_drift', key, as: 'accept', reason, owner, until: due };
}
