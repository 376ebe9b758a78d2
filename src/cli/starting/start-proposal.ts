import { OperatorError, exitCode } from '../../errors.ts';
import type { Proposal } from '../../session/proposals.ts';
import { proposalWords, proposedOf } from '../../session/proposals.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { decideProposal, proposalMeant } from '../proposals/proposals-here.ts';
import type { Surroundings } from '../surroundings.ts';

export interface ProposalStart {
  /** Id or beginning of the id. */
  readonly proposal: string;
  /** The runbook's id or file, where several were proposed. */
  readonly runbook?: string;
  readonly env?: string;
}

/** What a proposal comes to once it is clear which runbook runs where. */
export interface ReadyProposal {
  readonly id: string;
  readonly file: string;
  readonly env: string | undefined;
  /** Why the session starts, for its first fact. */
  readonly reason: string;
}

/** Makes sure of everything that a start needs to know of the proposal; asks where it leaves a choice. */
export function readyProposal(around: Surroundings, start: ProposalStart): ReadyProposal {
  const ledger = openLedgerForWriting(around);
  try {
    const proposal = proposalMeant(ledger, start.proposal);
    const candidate = candidateMeant(proposal, start.runbook);
    const env = start.env ?? (candidate.environment === '' ? undefined : candidate.environment);
    if (env !== undefined && candidate.environment !== '' && env !== candidate.environment) {
      throw new OperatorError(
        `Proposal ${proposal.id} is about ${candidate.environment}, not ${env}.`,
        [`Leave --env out, or start the runbook itself: walkback run ${candidate.file} --env ${env}`],
        { exitCode: exitCode.refused },
      );
    }
    const { environments } = loadOrRefuse(candidate.file).runbook;
    if (env === undefined && environments.length > 1) {
      throw new OperatorError(`The alert does not say where ${candidate.id} has to run.`, [
        `Say it: --env ${environments.map(({ id }) => id).join(' | --env ')}`,
      ]);
    }
    return {
      id: proposal.id,
      file: candidate.file,
      env,
      reason: `proposal ${proposal.id}: ${proposalWords(proposal)}`,
    };
  } finally {
    ledger.close();
  }
}

function candidateMeant(proposal: Proposal, given: string | undefined): Proposal['candidates'][number] {
  const { candidates } = proposal;
  const meant = candidates.filter(({ id, file }) => given === undefined || given === id || given === file);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  const ids = candidates.map(({ id }) => id);
  throw new OperatorError(
    given === undefined
      ? `${proposedOf(proposal)}: the alert fits several runbooks, and only you know which.`
      : `Proposal ${proposal.id} does not propose ${given}.`,
    [`Say which: --runbook ${ids.join(' | --runbook ')}`],
  );
}

/**
 * Records the start, before the session exists: of two people who press Enter at once, one gets the session. Throws
 * for the other.
 */
export function claimProposal(around: Surroundings, id: string, session: string, reason: string): void {
  const ledger = openLedgerForWriting(around);
  try {
    const first = decideProposal(ledger, id, {
      decision: 'started',
      by: around.user,
      reason,
      present: [],
      session,
      shownAt: null,
    });
    if (!first) proposalMeant(ledger, id); // says who was quicker
  } finally {
    ledger.close();
  }
}
