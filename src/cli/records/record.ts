import { OperatorError } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { SessionRow } from '../../ledger/read-rows.ts';
import { usualDurations } from '../../ledger/usual-durations.ts';
import type { LastDrill } from '../../report/postmortem-readiness.ts';
import type { RecordedFact } from '../../session/ports.ts';
import { openLedgerForReading, recordNamed } from '../ledger.ts';
import type { Surroundings } from '../surroundings.ts';

/** From how many good endings on a report says what is usual. */
const fewest = 3;
/** How much of an attempt's output a report shows. */
const tailLines = 20;

export interface SessionRecordHere {
  readonly ledger: Ledger;
  readonly id: string;
  readonly outcome: string | null;
  readonly events: readonly RecordedFact[];
  readonly verified: { readonly ok: boolean; readonly brokenAt: number | null };
  readonly output: (attempt: string) => string;
  /** Every reading of one trigger that was kept, oldest first, as long as the ledger is open. */
  readonly samples: (series: string) => readonly (readonly [number, number | null])[];
  /** What steps of this runbook usually take, in milliseconds, as long as the ledger is open. */
  readonly usual: () => Readonly<Record<string, number>>;
  /** The last drill of its runbook that had ended when it began, or null; as long as the ledger is open. */
  readonly drill: () => LastDrill | null;
}

/** The session that a person means, and the ledger it is in. The newest where none is named. */
export function recordMeant(
  around: Surroundings,
  given: string | undefined,
): { readonly ledger: Ledger; readonly id: string } {
  const ledger = openLedgerForReading(around);
  if (ledger === null) throw noSession();
  return { ledger, id: given === undefined ? newest(ledger) : recordNamed(ledger, given) };
}

/** One session out of the ledger, with what its chain says. The newest where none is named. */
export function readRecord(around: Surroundings, given: string | undefined): SessionRecordHere {
  const { ledger, id } = recordMeant(around, given);
  const verdict = ledger.verify(id);
  const row = ledger.session(id);
  const events = readFacts(ledger, id);
  return {
    ledger,
    id,
    outcome: row?.outcome ?? null,
    events,
    usual: () => {
      const steps = new Set(events.flatMap(({ fact }) => ('place' in fact ? [fact.place.step] : [])));
      const usual = row === null ? {} : usualDurations(ledger, row.runbook, row.mode, [...steps]);
      // one earlier time is no habit
      const known = Object.entries(usual).filter(([, { count }]) => count >= fewest);
      return Object.fromEntries(known.map(([step, { p50Ms }]) => [step, p50Ms]));
    },
    drill: () => (row === null ? null : lastDrill(ledger, row)),
    samples: (series) => ledger.samples(id, series),
    verified: verdict.ok ? { ok: true, brokenAt: null } : { ok: false, brokenAt: verdict.seq },
    output: (attempt) => ledger.lastOutput(id, attempt, tailLines).join('\n'),
  };
}

function lastDrill(
  ledger: Ledger,
  { runbook, runbookHash, started }: Pick<SessionRow, 'runbook' | 'runbookHash' | 'started'>,
): LastDrill | null {
  // one that is cut off before its end is no practice; look past a few of them
  const before = ledger.sessions({ limit: 20, mode: 'DRILL', runbook, to: started });
  const drill = before.find(({ ended }) => ended !== null && ended <= started);
  return drill === undefined
    ? null
    : {
        session: drill.id,
        startedAt: drill.started,
        outcome: drill.outcome,
        sameRunbook: drill.runbookHash === runbookHash,
      };
}

function newest(ledger: Ledger): string {
  const [row] = ledger.sessions({ limit: 1 });
  if (row === undefined) throw noSession();
  return row.id;
}

const noSession = (): OperatorError =>
  new OperatorError('The ledger holds no session yet.', [
    'Start one: walkback run RUNBOOK, or walkback drill',
  ]);
