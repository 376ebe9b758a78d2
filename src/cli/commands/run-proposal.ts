import { askInput } from '../starting/ask.ts';
import type { ProposalStart } from '../starting/start-proposal.ts';
import { claimProposal, readyProposal } from '../starting/start-proposal.ts';
import { prepareSession } from '../starting/start-session.ts';
import type { Surroundings } from '../surroundings.ts';
import type { FrontFlags } from './run.ts';
import { attendNew } from './run.ts';

/** Starts what a proposal proposes: a session like any other, which says where it came from. */
export async function runProposal(
  around: Surroundings,
  start: ProposalStart,
  flags: FrontFlags & { readonly input?: Readonly<Record<string, string>> },
): Promise<number> {
  const proposal = readyProposal(around, start);
  const started = await prepareSession(around, {
    file: proposal.file,
    environment: proposal.env ?? null,
    given: flags.input ?? {},
    mode: 'LIVE',
    breakGlass: null,
    ask: around.isTerminal ? askInput : null,
    place: null,
    because: proposal.reason,
  });
  claimProposal(around, proposal.id, started.start.session, 'started by hand');
  return attendNew(around, started, flags);
}
