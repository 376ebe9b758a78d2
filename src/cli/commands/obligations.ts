import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Intent } from '../../session/intents.ts';
import { isOverdue } from '../../report/overdue.ts';
import { obligationsJson, obligationsText } from '../../report/lists.ts';
import type { ObligationRow } from '../../ledger/read-rows.ts';
import { approvalReview } from '../../session/review-owed.ts';
import { inertLine } from '../inert-line.ts';
import { openLedgerForReading } from '../ledger.ts';
import { refuseUnsigned } from '../trust/owed-signature.ts';
import { postmortemDebt } from '../../session/postmortem-duty.ts';
import { reviewDebt } from '../trust/review-debt.ts';
import type { Surroundings } from '../surroundings.ts';
import { epochMsOf } from '../../machine/iso-time.ts';

export interface ObligationFlags {
  readonly session?: string;
  readonly release?: string;
  readonly carry?: string;
  readonly waive?: string;
  readonly owner?: string;
  readonly due?: string;
  readonly reason?: string;
  readonly all?: true;
  readonly json?: true;
}

/** `walkback obligations`: lists what is owed; gives one back, carries or waives it through its own session. */
export async function obligations(around: Surroundings, flags: ObligationFlags): Promise<number> {
  const key = flags.release ?? flags.carry ?? flags.waive;
  return key === undefined ? list(around, flags) : act(around, flags, key);
}

function list(around: Surroundings, flags: ObligationFlags): number {
  const rows = rowsOf(around, flags);
  const nowMs = systemClock().now().ms;
  const lines = rows.map((row) => ({
    ...row,
    overdue: isOverdue(row, nowMs),
    openedAt: row.opened,
    ageMs: nowMs - epochMsOf(row.opened),
  }));
  around.write(flags.json === true ? obligationsJson(lines) : obligationsText(lines, around.columns || 120));
  return lines.some(({ state }) => state === 'open') ? exitCode.openObligations : exitCode.done;
}

function rowsOf(around: Surroundings, flags: ObligationFlags) {
  const ledger = openLedgerForReading(around);
  const rows = ledger?.obligations(flags.all === true ? {} : { open: true }) ?? [];
  ledger?.close();
  const { session } = flags;
  return session === undefined ? rows : rows.filter((row) => row.session.startsWith(session));
}

async function act(around: Surroundings, flags: ObligationFlags, key: string): Promise<number> {
  const intent = intentOf(flags, key);
  const { all: _paidToo, ...open } = flags;
  const owed = rowsOf(around, open).filter((row) => row.key === key);
  const [debt] = owed;
  if (debt === undefined)
    throw new OperatorError(`Nobody owes ${key}.`, ['List what is owed: walkback obligations']);
  if (owed.length > 1)
    throw new OperatorError(`${key} is owed by ${owed.length} sessions.`, ['Say which: --session ID']);
  refuseUnsigned(around, debt, intent);
  if (debt.state === 'carried') return actOnCarried(around, debt, intent);
  const { attendHosted } = await import('./run.ts');
  const { takeUp } = await import('./resume.ts');
  const hosted = await takeUp(around, debt.session);
  // asked for before and left: it goes on where it stands
  const underWay = hosted.client.view().current.some(({ shown }) => shown?.debt === key);
  const answer =
    intent.type === 'release' && underWay ? { ok: true as const } : await hosted.client.send(intent);
  if (!answer.ok) {
    hosted.client.detach();
    await hosted.release();
    throw new OperatorError(answer.message, [answer.next], { exitCode: exitCode.refused });
  }
  if (flags.release !== undefined) return attendHosted(around, hosted, {});
  hosted.client.detach();
  await hosted.release();
  around.write(`${key}: ${flags.carry === undefined ? 'waived' : 'carried'}\n`);
  return exitCode.done;
}

/** A carried debt holds no session open: what becomes of it is written beside its session, which may be closed. */
async function actOnCarried(around: Surroundings, debt: ObligationRow, intent: DebtIntent): Promise<number> {
  const { key, session } = debt;
  const { recordAfterwards, settleReview } = await import('../trust/settle-debt.ts');
  // recorded before reviews were signed
  if (intent.type !== 'carry' && key.startsWith(`${approvalReview}-`) && debt.by === around.user) {
    throw new OperatorError(
      `${inertLine(debt.by)} passed over the approval: somebody else reviews it.`,
      [`They say so: walkback obligations --waive ${key} --session ${session} --reason "reviewed: …"`],
      { exitCode: exitCode.refused },
    );
  }
  if (intent.type === 'release' && key === postmortemDebt) {
    const { postmortem } = await import('./postmortem.ts');
    return postmortem(around, session, {});
  }
  if (intent.type !== 'carry' && /^AI-\d+$/.test(key)) {
    throw new OperatorError(
      `${key} is closed by a reviewed version of the runbook that resolves it.`,
      [
        'See which have landed: walkback actions',
        `Or give it up: walkback actions --drop ${key} --reason "…"`,
      ],
      { exitCode: exitCode.refused },
    );
  }
  if (intent.type === 'release' && key === reviewDebt) {
    await settleReview(around, session);
    around.write(`${key}: reviewed\n`);
    return exitCode.done;
  }
  if (intent.type === 'waive' && key === reviewDebt) {
    throw new OperatorError(
      'A review that is owed cannot be given up.',
      [`Have it reviewed, then: walkback obligations --release ${key} --session ${session}`],
      { exitCode: exitCode.refused },
    );
  }
  if (intent.type === 'release') {
    throw new OperatorError(
      `${key} was carried to ${inertLine(debt.owner ?? 'somebody')}, and its session gives nothing back any more.`,
      [
        `Give it back by hand: ${inertLine(debt.release.join(' '))}`,
        `Then say so: walkback obligations --waive ${key} --session ${session} --reason "given back by hand"`,
      ],
      { exitCode: exitCode.refused },
    );
  }
  const carried = intent.type === 'carry';
  await recordAfterwards(around, session, {
    type: 'obligation.discharged',
    by: around.user,
    key,
    how: carried ? 'carried' : 'waived',
    reason: intent.reason,
    owner: carried ? intent.owner : null,
    due: carried ? intent.due : null,
  });
  around.write(`${key}: ${carried ? 'carried' : 'waived'}\n`);
  return exitCode.done;
}

type DebtIntent = Extract<Intent, { type: 'release' | 'waive' | 'carry' }>;

function intentOf(flags: ObligationFlags, key: string): DebtIntent {
  if (flags.release !== undefined) return { type: 'release', key };
  const { reason, owner, due } = flags;
  if (reason === undefined || reason.trim() === '')
    throw new OperatorError('A reason is needed.', ['Give one: --reason "…"']);
  if (flags.waive !== undefined) return { type: 'waive', key, reason };
  if (owner === undefined || due === undefined || Number.isNaN(epochMsOf(due))) {
    throw new OperatorError('A carried debt needs an owner and a date.', [
      'Give both: --owner NAME --due 2026-12-31',
    ]);
  }
  return { type: 'carry', key, reason, owner, due };
}
