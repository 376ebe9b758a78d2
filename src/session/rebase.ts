import type { SessionMachine } from '../machine/compile.ts';
import type { TimedFact } from '../machine/facts.ts';
import { accepts, applyFact, contextOf, startSnapshot } from '../machine/replay.ts';
import { viewOf } from '../machine/view-of.ts';

/**
 * Why a session cannot go on with a changed runbook, or null. It can where everything that is on record could have happened
 * with it too and leads to the same place: what is done stays done, what lies ahead may change.
 */
export function whyNotRebased(
  before: SessionMachine,
  after: SessionMachine,
  session: string,
  facts: readonly TimedFact[],
): string | null {
  let [old, next] = [startSnapshot(before, session), startSnapshot(after, session)];
  for (const fact of facts) {
    if (accepts(old, fact) !== accepts(next, fact))
      return `with it, what is on record could not have happened (${fact.type} at ${fact.at}): it changes what lies behind`;
    old = applyFact(before, old, fact);
    next = applyFact(after, next, fact);
  }
  const environment = contextOf(old).started?.environment ?? '';
  // without it the steps ahead would run with neither its values nor its guard
  if (environment !== '' && !after.book.runbook.environments.some(({ id }) => id === environment))
    return `it has no environment ${environment} any more`;
  const now = viewOf(before.book, contextOf(old));
  const then = viewOf(after.book, contextOf(next));
  const busy = now.current.find(({ status }) => status === 'performing');
  // what people are asked to sign names the runbook as it is
  if (busy !== undefined && busy.approval !== null)
    return `${busy.title} waits for signatures over what runs now; refuse that request, and ask again afterwards`;
  if (busy !== undefined) return `${busy.title} is running`;
  if (now.status === 'closed') return 'the session is closed';
  const where = ({ current, status, obligations }: typeof now): string =>
    JSON.stringify([
      status,
      current.map(({ place, attempt, status: at }) => [place.step, place.item, attempt, at]),
      obligations.map(({ key, state }) => [key, state]),
    ]);
  return where(now) === where(then) ? null : 'with it, the session would stand at another place';
}
