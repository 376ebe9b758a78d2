import { systemClock } from '../../actions/clock.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { openSessionLog } from '../../ledger/session-log.ts';
import { troubleOf } from '../../ledger/trouble.ts';
import type { Fact } from '../../machine/facts.ts';

/** How often a row is tried again where another program writes to the same record. */
const tries = 5;

/**
 * Appends to a record beside the sessions, which any program of this person may write to: where another one was
 * quicker, `decide` is asked again with what is known then. It answers the rows to write, or null to write none.
 */
export function appendOutside(
  ledger: Ledger,
  record: string,
  actor: string,
  decide: () => readonly Fact[] | null,
): boolean {
  for (let n = 1; ; n += 1) {
    const facts = decide();
    if (facts === null) return false;
    const log = openSessionLog(ledger, record);
    try {
      const { iso } = systemClock().now();
      log.append(facts.map((fact) => ({ fact, actor, at: iso })));
      return true;
    } catch (error) {
      if (!isTaken(error) || n >= tries) throw error;
    } finally {
      log.close();
    }
  }
}

const isTaken = (error: unknown): boolean => error instanceof Error && troubleOf(error.cause) === 'taken';
