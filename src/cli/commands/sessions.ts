import { systemClock } from '../../actions/clock.ts';
import { OperatorError } from '../../errors.ts';
import type { SessionLine } from '../../report/lists.ts';
import { isOverdue } from '../../report/overdue.ts';
import { sessionsJson, sessionsText } from '../../report/lists.ts';
import type { OutsideRow } from '../../ledger/read-outside.ts';
import { openLedgerForReading } from '../ledger.ts';
import { sessionLine } from '../records/session-lines.ts';
import type { Surroundings } from '../surroundings.ts';
import { epochMsOf } from '../../machine/iso-time.ts';

export interface SessionsFlags {
  readonly open?: true;
  readonly limit: string;
  readonly json?: true;
}

/** `walkback sessions`: newest first. */
export function sessions(
  around: Surroundings,
  flags: SessionsFlags,
  nowMs: number = systemClock().now().ms,
): number {
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000) {
    throw new OperatorError(`--limit takes a whole number from 1, not “${flags.limit}”.`, [
      'Leave it out for 20.',
    ]);
  }
  const ledger = openLedgerForReading(around);
  const rows = ledger?.sessions({ limit, ...(flags.open === true ? { open: true } : {}) }) ?? [];
  const proposed = ledger?.outside({ mode: 'PROPOSAL', limit, open: true }) ?? [];
  const rates = ledger?.overrideRates() ?? [];
  const owed = ledger?.obligations({ open: true }) ?? [];
  ledger?.close();
  const lines = rows.map((row) => sessionLine(row, nowMs));
  const waiting = proposed.map((row) => proposedLine(row, nowMs));
  const overdue = owed.filter((debt) => isOverdue(debt, nowMs));
  around.write(
    flags.json === true
      ? sessionsJson(lines, waiting, rates, overdue)
      : sessionsText([...waiting, ...lines], around.columns || 120, rates, overdue),
  );
  return 0;
}

/** A proposal that waits for somebody: nothing of it has started. */
const proposedLine = (row: OutsideRow, nowMs: number): SessionLine => ({
  id: row.id,
  runbook: row.runbook,
  environment: row.environment,
  mode: 'LIVE',
  operator: '-',
  startedAt: row.started,
  endedAt: null,
  status: 'proposed',
  outcome: null,
  openDebts: 0,
  durationMs: nowMs - epochMsOf(row.started),
});
