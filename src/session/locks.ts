import type { Context } from '../machine/context.ts';
import { debtAt, openDebts } from '../machine/debts.ts';
import type { Fact } from '../machine/facts.ts';
import type { Reading } from '../machine/facts/values.ts';
import type { Lock } from '../runbook/model/lock.ts';
import type { Job } from './kit.ts';
import { measure } from './kit.ts';
import type { Session } from './session.ts';

/** Leases that the session holds: a lost one lets nothing be changed any more, whatever else says go. */

const isHeld = (context: Context, lock: Lock): boolean =>
  openDebts(context).some(({ id }) => lock.debts.includes(id));

/** Those that are held for this piece of work. The step that takes one has its debt open already, and no token yet. */
export function locksHeld(job: Job): readonly Lock[] {
  const taking = job.work.step?.opens?.id ?? '';
  return (job.book.runbook.locks ?? []).filter(
    (lock) => !lock.debts.includes(taking) && isHeld(job.context(), lock),
  );
}

/**
 * Leases that are renewed right before this change, so that it has the whole time before it: all that are held but
 * the one that is being given back here.
 */
export function locksBefore(job: Job): readonly Lock[] {
  const giving = debtAt(job.book, job.context(), job.work.place)?.id ?? '';
  return locksHeld(job).filter(({ debts }) => !debts.includes(giving));
}

/** The exit code of a lease that is lost; any other but 0 is unknown. */
const lost = 3;

/** Renews a lease and says whether it is still held. */
export async function readLock(job: Job, lock: Lock): Promise<Reading> {
  const measured = await measure(job, lock.renew);
  const mask = (text: string): string => job.options.ports.redactor.text(text);
  const reading = { subject: `lock ${lock.id}`, expected: 'held', unit: null };
  if (!measured.ok)
    return { ...reading, result: 'unknown', value: null, code: measured.code, detail: mask(measured.detail) };
  const said = mask(measured.text.trim().split('\n')[0] ?? '').slice(0, 300);
  const value = JSON.stringify(said);
  if (measured.exit === 0) return { ...reading, result: 'pass', value, code: null, detail: said };
  return measured.exit === lost
    ? { ...reading, result: 'fail', value, code: 'lost', detail: said }
    : { ...reading, result: 'unknown', value, code: 'not_renewed', detail: said };
}

/** What the command of a step finds in its environment: the token of each lease that is held, by its id too. */
export function fencesOf(job: Job, text: (lock: Lock) => string): Readonly<Record<string, string>> {
  const tokens = locksHeld(job).map((lock) => [lock.id, text(lock)] as const);
  const newest = tokens.at(-1);
  return {
    ...Object.fromEntries(tokens.map(([id, token]) => [`WALKBACK_FENCE_${id.toUpperCase()}`, token])),
    ...(newest === undefined ? {} : { WALKBACK_FENCE: newest[1] }),
  };
}

/** One renewal beside the steps: a lease that is lost holds the session, one that is held again is good again. */
export async function keepLock(session: Session, job: Job, lock: Lock): Promise<readonly Fact[]> {
  const id = `lock_${lock.id}`;
  const known = session.context().watches[id];
  if (!isHeld(session.context(), lock)) {
    if (known?.breached !== true) return [];
    return [
      {
        type: 'watch.cleared',
        id,
        reading: { ...known.reading, result: 'pass', code: null, detail: 'given back' },
      },
    ];
  }
  if (session.context().status === 'closed') return [];
  const reading = await readLock(job, lock);
  // it is being taken: there is no token yet
  if (reading.code === 'unset') return [];
  // it was given back while it was read
  if (!isHeld(session.context(), lock)) return [];
  if (reading.result === 'pass')
    return known?.breached === true ? [{ type: 'watch.cleared', id, reading }] : [];
  const worse = known?.breached !== true || (known.reading.result === 'unknown' && reading.result === 'fail');
  return worse ? [{ type: 'watch.breached', id, hold: reading.result === 'fail', reading }] : [];
}
