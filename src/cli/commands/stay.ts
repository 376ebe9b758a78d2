import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { Runbook } from '../../runbook/model.ts';
import { openLedgerForWriting, recordNamed } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { appendOutside } from '../records/outside-record.ts';
import { peopleIn, refuseEmptyReason } from '../proposals/proposals-here.ts';
import { newRecordId } from '../records/record-id.ts';
import { environmentMeant } from '../starting/start-session.ts';
import type { Surroundings } from '../surroundings.ts';
import { readVerdict, unreadVerdict } from '../numbers/verdict.ts';
import { withRelease } from './evaluate.ts';
import { dismissProposal } from './proposals.ts';

export interface StayFlags {
  readonly reason?: string;
  readonly present?: string;
  readonly env?: string;
  readonly release?: string;
  readonly input: Readonly<Record<string, string>>;
}

/**
 * `walkback stay`: puts on record that people decided, outside of any session, to leave a release as it is. Of a
 * runbook the numbers are read now and recorded with the decision; of an evaluation they are those it had; a proposal
 * is dismissed.
 */
export async function stay(around: Surroundings, what: string, flags: StayFlags): Promise<number> {
  const reason = refuseEmptyReason(flags.reason);
  const people = { reason, present: [...peopleIn(flags.present)] };
  if (/\.ya?ml$/.test(what)) {
    const { record, made } = await decideNow(around, what, flags, people);
    around.write(`${record}: no rollback, where the numbers said ${made.advice} (${made.because})\n`);
    return exitCode.done;
  }
  const ledger = openLedgerForWriting(around);
  try {
    const id = recordNamed(ledger, what);
    const mode = ledger.outsideMode(id);
    if (mode === 'EVALUATION') {
      decideOf(around, ledger, id, people);
      around.write(`${id}: no rollback\n`);
      return exitCode.done;
    }
    if (mode !== 'PROPOSAL') {
      throw new OperatorError(
        `${id} is ${mode === null ? 'a session' : 'a watch'}: what is decided there is on record.`,
        ['Give a runbook, an evaluation or a proposal.'],
      );
    }
  } finally {
    ledger.close();
  }
  around.write(`${dismissProposal(around, what, reason, people.present)}: dismissed\n`);
  return exitCode.done;
}

type People = Pick<FactOf<'decision.recorded'>, 'reason' | 'present'>;

/** Reads the numbers once; where they cannot be read, nothing is known, and the decision is recorded all the same. */
async function decideNow(
  around: Surroundings,
  file: string,
  flags: StayFlags,
  people: People,
): Promise<{ readonly record: string; readonly made: FactOf<'evaluation.made'> }> {
  const { runbook } = loadOrRefuse(file);
  const ledger = openLedgerForWriting(around);
  try {
    const made = await readNow(around, runbook, file, flags);
    const { iso } = systemClock().now();
    const record = newRecordId(iso);
    appendOutside(ledger, record, around.user, () => [made, leftAsItIs(around, made, iso, people)]);
    return { record, made };
  } finally {
    ledger.close();
  }
}

async function readNow(
  around: Surroundings,
  runbook: Runbook,
  file: string,
  flags: StayFlags,
): Promise<FactOf<'evaluation.made'>> {
  const asked = {
    runbook,
    file,
    environment: environmentMeant(runbook, flags.env ?? null),
    given: withRelease(runbook, file, flags),
    release: flags.release ?? null,
    released: null,
    wait: null,
    signal: new AbortController().signal,
  };
  try {
    return await readVerdict(around, asked);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    around.warn(`walkback: the numbers could not be read: ${error.message}\n`);
    return unreadVerdict(around, asked, `the numbers could not be read: ${error.message}`);
  }
}

/** A decision about an evaluation that a pipeline made; what was decided first stays. */
function decideOf(around: Surroundings, ledger: Ledger, id: string, people: People): void {
  const recorded = appendOutside(ledger, id, around.user, () => {
    const facts = readFacts(ledger, id);
    const made = facts.find(({ fact }) => fact.type === 'evaluation.made');
    if (made?.fact.type !== 'evaluation.made') return null;
    if (facts.some(({ fact }) => fact.type === 'decision.recorded')) return null;
    return [leftAsItIs(around, made.fact, made.at, people)];
  });
  if (recorded) return;
  throw new OperatorError(
    `It was decided already what follows from ${id}.`,
    [`Look at it: walkback show ${id}`],
    { exitCode: exitCode.refused },
  );
}

const leftAsItIs = (
  { user }: Surroundings,
  { advice, because, triggers }: FactOf<'evaluation.made'>,
  shownAt: string,
  { reason, present }: People,
): Fact => ({
  type: 'decision.recorded',
  by: user,
  about: 'evaluation',
  decision: 'no_rollback',
  reason,
  seen: [`${advice}: ${because}`, ...triggers.map(({ id, state, why }) => `${id} ${state}: ${why}`)].join(
    '; ',
  ),
  offered: ['roll back', 'no rollback'],
  recommended: advice === 'rollback' ? 'roll back' : advice === 'healthy' ? 'no rollback' : null,
  present,
  session: null,
  shownAt,
});
