import { OperatorError } from '../../errors.ts';
import { openLedgerForReading } from '../ledger.ts';
import type { Surroundings } from '../surroundings.ts';

/** As `walkback schema down` says it of each script that it took back. */
const tookBack = /^reverted .* \((sha256:[0-9a-f]{64})\): /;
/** What is older than so many drills was written for another schema. */
const newestDrills = 100;
/** Bytes: a downgrade prints a line a script. */
const longestOutput = 1_000_000;

/**
 * When scripts were last taken back in a drill, as this ledger knows: the start of that session (ISO) by the hash of the
 * script, so that one that was edited since was never drilled. Null where the ledger cannot be read.
 */
export function drilledReverts(
  around: Surroundings,
  hashes: readonly (string | null)[],
): ReadonlyMap<string, string> | null {
  const missing = new Set(hashes.filter((hash) => hash !== null));
  const drilled = new Map<string, string>();
  try {
    const ledger = openLedgerForReading(around);
    if (ledger === null) return drilled;
    try {
      for (const { id, started } of ledger.sessions({ mode: 'DRILL', limit: newestDrills })) {
        if (missing.size === 0) break;
        for (const { attempt, bytes, purged } of ledger.outputs(id)) {
          if (bytes === 0 || bytes > longestOutput || purged) continue;
          for (const line of ledger.output(id, attempt)) {
            const hash = tookBack.exec(line)?.[1] ?? '';
            if (missing.delete(hash)) drilled.set(hash, started);
          }
        }
      }
      return drilled;
    } finally {
      ledger.close();
    }
  } catch (error) {
    if (error instanceof OperatorError) return null;
    throw error;
  }
}
