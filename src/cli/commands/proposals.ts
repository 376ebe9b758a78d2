import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { proposalsJson, proposalsText } from '../../report/proposals.ts';
import type { Proposal } from '../../session/proposals.ts';
import { isOpen } from '../../session/proposals.ts';
import { openLedgerForReading, openLedgerForWriting } from '../ledger.ts';
import {
  decideProposal,
  expireProposals,
  peopleIn,
  proposalMeant,
  readProposals,
  refuseEmptyReason,
} from '../proposals/proposals-here.ts';
import type { Surroundings } from '../surroundings.ts';
import type { FrontFlags } from './run.ts';

export interface ProposalsFlags extends FrontFlags {
  readonly all?: true;
  readonly json?: true;
  readonly start?: string;
  readonly dismiss?: string;
  readonly reason?: string;
  readonly present?: string;
  readonly runbook?: string;
  readonly env?: string;
  readonly input: Readonly<Record<string, string>>;
}

/** `walkback proposals`: what alerts propose; starts one, or dismisses it with a reason. */
export async function proposals(around: Surroundings, flags: ProposalsFlags): Promise<number> {
  if (flags.start !== undefined && flags.dismiss !== undefined)
    throw new OperatorError('A proposal is started or dismissed, not both.', ['Give one of them.']);
  if (flags.start !== undefined) {
    const { runProposal } = await import('./run-proposal.ts');
    const { runbook, env } = flags;
    return runProposal(
      around,
      {
        proposal: flags.start,
        ...(runbook === undefined ? {} : { runbook }),
        ...(env === undefined ? {} : { env }),
      },
      flags,
    );
  }
  return flags.dismiss === undefined ? list(around, flags) : dismiss(around, flags, flags.dismiss);
}

function dismiss(around: Surroundings, flags: ProposalsFlags, given: string): number {
  const reason = refuseEmptyReason(flags.reason);
  const id = dismissProposal(around, given, reason, peopleIn(flags.present));
  around.write(`${id}: dismissed\n`);
  return exitCode.done;
}

/** Writes that somebody decided against it. Answers the proposal's id. */
export function dismissProposal(
  around: Surroundings,
  given: string,
  reason: string,
  present: readonly string[],
): string {
  const ledger = openLedgerForWriting(around);
  try {
    const { id } = proposalMeant(ledger, given);
    const decision = { decision: 'dismissed' as const, by: around.user, reason, present };
    if (!decideProposal(ledger, id, { ...decision, session: null, shownAt: null })) proposalMeant(ledger, id);
    return id;
  } finally {
    ledger.close();
  }
}

function list(
  around: Surroundings,
  { all = false, json = false }: { all?: boolean; json?: boolean },
): number {
  const nowMs = systemClock().now().ms;
  const found = readAll(around, all, nowMs);
  const shown = all ? found : found.filter((proposal) => isOpen(proposal, nowMs));
  around.write(json ? proposalsJson(shown) : proposalsText(shown, around.columns || 120));
  return exitCode.done;
}

/** Says of those whose time is over that it is, where there is a ledger at all. */
function readAll(around: Surroundings, all: boolean, nowMs: number): readonly Proposal[] {
  const reader = openLedgerForReading(around);
  if (reader === null) return [];
  reader.close();
  const ledger = openLedgerForWriting(around);
  try {
    expireProposals(ledger, nowMs);
    return readProposals(ledger, { all });
  } finally {
    ledger.close();
  }
}
