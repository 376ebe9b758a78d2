import { exportJson } from '../../report/json.ts';
import { showText } from '../../report/show.ts';
import { readRecord } from '../records/record.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

/** `walkback show`: one session as text or JSON. */
export function show(
  around: Surroundings,
  given: string | undefined,
  flags: { readonly json?: true },
): number {
  const { id, outcome, events, verified, ledger } = readRecord(around, given);
  const session = { id, outcome };
  around.write(
    flags.json === true
      ? exportJson({ session, events, verified, program: `walkback ${version}` })
      : showText({ session, events, verified, width: around.columns || 120 }),
  );
  ledger.close();
  return 0;
}
