import type { Fact } from '../machine/facts.ts';

/** What was changed by hand and stays, as one patch that `git apply` takes; empty where there is none. */
export function driftPatch(events: readonly { readonly fact: Fact }[]): string {
  const gone = new Set(
    events.flatMap(({ fact }) => (fact.type === 'drift.disposed' && fact.how === 'reverted' ? fact.key : [])),
  );
  return events
    .flatMap(({ fact }) => {
      if (fact.type !== 'drift.added' || gone.has(fact.key ?? '')) return [];
      return fact.capture?.patch ?? [];
    })
    .join('');
}
