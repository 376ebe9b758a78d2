import { resolve } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { FactOf } from '../../machine/facts.ts';
import type { KnownRunbook, Proposal } from '../../session/proposals.ts';
import { foldProposal, isOpen, isOverdue, proposalWords } from '../../session/proposals.ts';
import { examine } from '../load.ts';
import { appendOutside } from '../records/outside-record.ts';

/** Proposals are looked for among this many of the newest. */
const mostRead = 200;

/** Proposals of this ledger, newest first: those that nobody decided, or all of the newest. */
export function readProposals(ledger: Ledger, { all = false } = {}): readonly Proposal[] {
  return ledger
    .outside({ mode: 'PROPOSAL', limit: mostRead, open: !all })
    .flatMap(({ id }) => readProposal(ledger, id) ?? []);
}

export const readProposal = (ledger: Ledger, id: string): Proposal | null =>
  foldProposal(id, readFacts(ledger, id));

/** Those that wait for somebody now. What is past its time is left to whoever may write to say so. */
export const openProposals = (ledger: Ledger, nowMs: number): readonly Proposal[] =>
  readProposals(ledger).filter((proposal) => isOpen(proposal, nowMs));

/** The open proposal that a person means by its id or the beginning of it, or the only one. */
export function proposalMeant(ledger: Ledger, given: string): Proposal {
  const nowMs = systemClock().now().ms;
  const ids = ledger.findSessions(given).filter((id) => ledger.outsideMode(id) === 'PROPOSAL');
  const [only] = ids;
  if (only === undefined || (ids.length > 1 && !ids.includes(given))) {
    throw new OperatorError(
      only === undefined
        ? `No proposal is called ${given}.`
        : `${given} begins the names of ${ids.length} proposals.`,
      ['List them: walkback proposals'],
    );
  }
  const proposal = readProposal(ledger, ids.includes(given) ? given : only);
  if (proposal !== null && isOpen(proposal, nowMs)) return proposal;
  throw alreadyDecided(proposal, only);
}

function alreadyDecided(proposal: Proposal | null, id: string): OperatorError {
  const decided = proposal?.decided ?? null;
  const [what, next] =
    decided === null
      ? ['has expired', 'Start the runbook itself: walkback run RUNBOOK']
      : [
          `was ${decided.decision} by ${decided.by}: ${decided.reason}`,
          decided.session === null
            ? 'Start the runbook itself: walkback run RUNBOOK'
            : `Look at it: walkback resume ${decided.session}`,
        ];
  return new OperatorError(`Proposal ${id} ${what}.`, [next], { exitCode: exitCode.refused });
}

export interface ProposalDecision {
  readonly decision: 'started' | 'dismissed' | 'expired';
  readonly by: string;
  readonly reason: string;
  readonly present: readonly string[];
  readonly session: string | null;
  readonly shownAt: string | null;
}

/** Writes what became of a proposal, once: false where somebody else decided before. */
export function decideProposal(ledger: Ledger, id: string, decision: ProposalDecision): boolean {
  return appendOutside(ledger, id, decision.by, () => {
    const proposal = readProposal(ledger, id);
    if (proposal === null || proposal.decided !== null) return null;
    const recorded: FactOf<'decision.recorded'> = {
      type: 'decision.recorded',
      about: 'proposal',
      ...decision,
      present: [...decision.present],
      seen: proposalWords(proposal),
      offered: ['start', 'dismiss'],
      recommended: null,
    };
    return [recorded];
  });
}

/** Records as expired what nobody decided in time. */
export function expireProposals(ledger: Ledger, nowMs: number): readonly Proposal[] {
  const overdue = readProposals(ledger).filter((proposal) => isOverdue(proposal, nowMs));
  return overdue.filter(({ id }) =>
    decideProposal(ledger, id, {
      decision: 'expired',
      by: 'walkback',
      reason: 'nobody decided in time, and it was not sent again',
      present: [],
      session: null,
      shownAt: null,
    }),
  );
}

/** The runbooks that alerts may propose, as they are now. One that cannot run is left out, and told. */
export function knownRunbooks(
  files: readonly string[],
  broken: (file: string) => void = () => undefined,
): readonly KnownRunbook[] {
  return files.flatMap((file) => {
    const { loaded, problems } = examine(file);
    if (!loaded.ok || problems.some(({ severity }) => severity === 'error')) {
      broken(file);
      return [];
    }
    const { id, title, service, hash, environments } = loaded.runbook;
    return [
      {
        id,
        title,
        service,
        hash,
        file: resolve(file),
        environments: environments.map((environment) => environment.id),
      },
    ];
  });
}

/** The name of whoever decides, and who was with them. */
export const peopleIn = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

export const refuseEmptyReason = (reason: string | undefined): string => {
  const given = reason?.trim() ?? '';
  if (given !== '') return given;
  throw new OperatorError('A reason is needed: it is what people read later.', ['Give one: --reason "…"']);
};
