import { systemClock } from '../../actions/clock.ts';
import type { Proposal } from '../../session/proposals.ts';
import { firingOf, proposalWords, proposedOf } from '../../session/proposals.ts';
import { isOverdue } from '../../report/overdue.ts';
import { type HomeData, type HomeProposal, neverPractised } from '../../ui/home/home-data.ts';
import { openLedgerForReading } from '../ledger.ts';
import { examine } from '../load.ts';
import { openProposals } from '../proposals/proposals-here.ts';
import { runbooksHere } from '../proposals/runbooks-here.ts';
import type { Surroundings } from '../surroundings.ts';

/** What the ledger says of now: proposals, open sessions, debts. Cheap enough to be read every other second. */
export function homeLists(
  around: Surroundings,
  nowMs: number = systemClock().now().ms,
): Omit<HomeData, 'runbooks'> {
  const ledger = openLedgerForReading(around);
  try {
    const proposals = ledger === null ? [] : openProposals(ledger, nowMs);
    return {
      proposals: proposals.map(proposalOf),
      sessions: (ledger?.sessions({ limit: 50, open: true }) ?? []).map((row) => ({
        id: row.id,
        service: row.service,
        title: row.title,
        environment: row.environment,
        mode: row.mode,
        status: row.status,
        startedAt: row.started,
        owed: row.openDebts,
      })),
      obligations: (ledger?.obligations({ open: true }) ?? []).map(({ opened, ...debt }) => ({
        ...debt,
        overdue: isOverdue(debt, nowMs),
        openedAt: opened,
      })),
    };
  } finally {
    ledger?.close();
  }
}

function proposalOf(proposal: Proposal): HomeProposal {
  const { id, environment, openedAt, expiresAt, alerts, candidates } = proposal;
  return {
    id,
    what: proposedOf(proposal),
    environment,
    words: proposalWords(proposal),
    fires: firingOf(proposal).length > 0,
    openedAt,
    expiresAt,
    alerts: alerts.map(({ name, status, startsAt, summary }) => ({ name, status, startsAt, summary })),
    starts: candidates.flatMap((candidate) =>
      placesOf(candidate).map((place) => ({
        runbook: candidate.file,
        name: candidate.id,
        environment: place,
      })),
    ),
  };
}

/** Where a candidate can run: what the alert said, else every environment that its runbook has now. */
function placesOf({ environment, file }: Proposal['candidates'][number]): readonly string[] {
  if (environment !== '') return [environment];
  const { loaded } = examine(file);
  const known = loaded.ok ? loaded.runbook.environments.map(({ id }) => id) : [];
  return known.length === 0 ? [''] : known;
}

/** The runbooks that can be run here. */
export function homeRunbooks(around: Surroundings): HomeData['runbooks'] {
  const ledger = openLedgerForReading(around);
  const drills = ledger?.sessions({ limit: 500 }).filter(({ mode }) => mode === 'DRILL') ?? [];
  ledger?.close();
  return runbooksHere(around).map((file) => runbookLine(file, drills));
}

function runbookLine(
  file: string,
  drills: readonly { readonly runbook: string; readonly started: string }[],
): HomeData['runbooks'][number] {
  const { loaded, problems } = examine(file);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (!loaded.ok || errors > 0) {
    return {
      id: file,
      title: file.slice(file.lastIndexOf('/') + 1),
      maturity: 'broken',
      lastDrill: null,
      readiness: `${errors} errors: walkback lint`,
    };
  }
  const { runbook } = loaded;
  const last = drills.find((row) => row.runbook === runbook.id)?.started ?? null;
  return {
    id: file,
    title: runbook.title,
    maturity: runbook.maturity,
    lastDrill: last,
    readiness: last === null ? neverPractised : null,
  };
}
