import type { Lock } from '../model/lock.ts';
import { type Node, child } from '../node.ts';
import type { RunbookDoc } from '../schema.ts';
import { type Context, optionalMs, say, templateOf } from './context.ts';
import { debtsOf, probeOf } from './measures.ts';

const usualEveryMs = 20_000;
const usualTimeoutMs = 10_000;

/** Leases that the session keeps while their debts are open. */
export function locksOf(context: Context, doc: RunbookDoc['locks'], node: Node): readonly Lock[] {
  const seen = new Set<string>();
  return (doc ?? []).flatMap((lock, index): readonly Lock[] => {
    const at = child(node, index);
    if (seen.has(lock.id)) {
      say(
        context,
        'WB102',
        child(at, 'id').at,
        `There are two locks \`${lock.id}\`.`,
        'Give each its own id.',
      );
      return [];
    }
    seen.add(lock.id);
    return [
      {
        id: lock.id,
        debts: debtsOf(context, lock.debt, child(at, 'debt')),
        token: templateOf(context, child(at, 'token')),
        renew: probeOf(context, null, lock.renew, child(at, 'renew'), usualTimeoutMs),
        everyMs: optionalMs(context, at, 'every', usualEveryMs) ?? usualEveryMs,
        at: at.at,
      },
    ];
  });
}
