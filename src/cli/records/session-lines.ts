import type { SessionRow } from '../../ledger/read-rows.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { SessionLine } from '../../report/lists.ts';

/** A session as lists show it; one that goes on has lasted until now. */
export const sessionLine = (row: SessionRow, nowMs: number): SessionLine => ({
  id: row.id,
  runbook: row.runbook,
  environment: row.environment,
  mode: row.mode,
  operator: row.operator,
  startedAt: row.started,
  endedAt: row.ended,
  status: row.status,
  outcome: row.outcome,
  openDebts: row.openDebts,
  durationMs: (row.ended === null ? nowMs : epochMsOf(row.ended)) - epochMsOf(row.started),
});
