import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Intent } from '../../session/intents.ts';
import { obligationsJson, obligationsText } from '../../report/lists.ts';
import { openLedgerForReading } from '../ledger.ts';
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
  const lines = rows.map((row) => ({ ...row, openedAt: row.opened, ageMs: nowMs - epochMsOf(row.opened) }));
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
  const owed = rowsOf(around, flags).filter((row) => row.key === key);
  const [debt] = owed;
  if (debt === undefined)
    throw new OperatorError(`Nobody owes ${key}.`, ['List what is owed: walkback obligations']);
  if (owed.length > 1)
    throw new OperatorError(`${key} is owed by ${owed.length} sessions.`, ['Say which: --session ID']);
  const { attendHosted } = await import('./run.ts');
  const { takeUp } = await import('./resume.ts');
  const hosted = await takeUp(around, debt.session);
  const answer = await hosted.client.send(intentOf(flags, key));
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

function intentOf(flags: ObligationFlags, key: string): Intent {
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
