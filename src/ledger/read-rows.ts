import type { TurnedFlag } from '../runbook/reused-flags.ts';
import type { Store } from './store.ts';

/** One session in a list. Times are ISO 8601, UTC. */
export interface SessionRow {
  readonly id: string;
  readonly runbook: string;
  readonly title: string;
  readonly service: string;
  readonly runbookHash: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly environment: string;
  readonly operator: string;
  readonly started: string;
  readonly ended: string | null;
  readonly outcome: string | null;
  readonly status: 'running' | 'held' | 'aborting' | 'ended' | 'closed';
  readonly openDebts: number;
  readonly lastAt: string;
  readonly events: number;
  readonly head: string;
}

export interface ObligationRow {
  readonly session: string;
  readonly key: string;
  readonly title: string;
  readonly opened: string;
  readonly by: string;
  readonly ttlMs: number | null;
  readonly due: string | null;
  /** `carried` is due later: somebody owns it, and it does not hold the session open. */
  readonly state: 'open' | 'proved' | 'waived' | 'carried';
  readonly overdue: boolean;
  readonly owner: string | null;
  readonly release: readonly string[];
}

export interface StepTime {
  readonly session: string;
  readonly attempt: string;
  readonly at: string;
  readonly runbookHash: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly commandMs: number | null;
  readonly checkMs: number | null;
  readonly passed: boolean;
}

export interface SessionQuery {
  readonly limit: number;
  /** Only those that are not closed. */
  readonly open?: boolean;
  readonly mode?: 'LIVE' | 'DRILL';
  readonly service?: string;
  readonly environment?: string;
  readonly runbook?: string;
  /** Started at this time or later, and before this time: ISO 8601, UTC. */
  readonly from?: string;
  readonly to?: string;
  /** Continues a list after its last row. */
  readonly after?: Pick<SessionRow, 'started' | 'id'>;
}

const sessionColumns = `id, runbook, title, service, runbook_hash AS runbookHash, mode, environment, operator, started,
  ended, outcome, status, open_debts AS openDebts, last_at AS lastAt, events, head`;

/** Newest first; records beside sessions are not among them. */
export function readSessions(store: Store, query: SessionQuery): readonly SessionRow[] {
  const { limit, open = false, after } = query;
  const asked: readonly (readonly [string, string | undefined])[] = [
    ['mode = ?', query.mode],
    ['service = ?', query.service],
    ['environment = ?', query.environment],
    ['runbook = ?', query.runbook],
    ['started >= ?', query.from],
    ['started < ?', query.to],
  ];
  const given = asked.flatMap(([text, value]) => (value === undefined ? [] : [[text, value] as const]));
  const conditions = [
    open ? `status <> 'closed'` : 'TRUE',
    `mode IN ('LIVE', 'DRILL')`,
    ...given.map(([text]) => text),
    ...(after === undefined ? [] : ['(started, id) < (?, ?)']),
  ];
  return store
    .sql<SessionRow>(
      `SELECT ${sessionColumns} FROM session_row WHERE ${conditions.join(' AND ')} ORDER BY started DESC, id DESC LIMIT ?`,
    )
    .all(
      ...given.map(([, value]) => value),
      ...(after === undefined ? [] : [after.started, after.id]),
      limit,
    );
}

export const readSession = (store: Store, id: string): SessionRow | null =>
  store.sql<SessionRow>(`SELECT ${sessionColumns} FROM session_row WHERE id = ?`).get(id) ?? null;

/** Ids that start so, newest first: people type the first letters. At most 10. */
export const findSessions = (store: Store, prefix: string): readonly string[] =>
  store
    .sql<string>(
      `SELECT id FROM session_row WHERE substr(id, 1, ?) = ? ORDER BY started DESC, id DESC LIMIT 10`,
    )
    .pluck()
    .all(prefix.length, prefix);

export interface ObligationQuery {
  /** Still to be given back, or carried by somebody. */
  readonly open?: boolean;
  readonly session?: string;
}

/** Oldest first. */
export function readObligations(
  store: Store,
  { open = false, session }: ObligationQuery,
): readonly ObligationRow[] {
  // rows of older versions hold the moment of opening where there is no limit
  const rows = store
    .sql<Omit<ObligationRow, 'overdue' | 'release'> & { overdue: number; release: string }>(
      `SELECT session, key, title, opened, by, ttl_ms AS ttlMs,
         CASE WHEN ttl_ms IS NULL AND due = opened THEN NULL ELSE due END AS due, state, overdue, owner, release
       FROM obligation_row
       WHERE ${open ? `state IN ('open', 'carried')` : 'TRUE'} ${session === undefined ? '' : 'AND session = ?'}
       ORDER BY opened, session, key`,
    )
    .all(...(session === undefined ? [] : [session]));
  return rows.map((row) => ({
    ...row,
    overdue: row.overdue === 1,
    release: JSON.parse(row.release) as string[],
  }));
}

export interface StepTimeQuery {
  readonly mode?: 'LIVE' | 'DRILL';
  /** Only of this very runbook. */
  readonly runbookHash?: string;
  readonly limit?: number;
}

/** The newest times of one step, at most `limit`, newest first. */
export function readStepTimes(
  store: Store,
  runbook: string,
  step: string,
  { mode, runbookHash, limit = 200 }: StepTimeQuery = {},
): readonly StepTime[] {
  const rows = store
    .sql<Omit<StepTime, 'passed'> & { passed: number }>(
      `SELECT session, attempt, at, runbook_hash AS runbookHash, mode, command_ms AS commandMs, check_ms AS checkMs, passed
       FROM step_time WHERE runbook = ? AND step = ? ${mode === undefined ? '' : 'AND mode = ?'}
         ${runbookHash === undefined ? '' : 'AND runbook_hash = ?'} ORDER BY at DESC LIMIT ?`,
    )
    .all(
      runbook,
      step,
      ...(mode === undefined ? [] : [mode]),
      ...(runbookHash === undefined ? [] : [runbookHash]),
      limit,
    );
  return rows.map((row) => ({ ...row, passed: row.passed === 1 }));
}

/** Flags that live sessions turned, oldest first, with the state of the debt that remembers each. */
export const readTurnedFlags = (store: Store): readonly TurnedFlag[] =>
  store
    .sql<TurnedFlag>(
      `SELECT json_extract(event.body, '$.flag') AS flag, event.session AS session, event.at AS at,
         obligation_row.state AS debt
       FROM event
       JOIN session_row ON session_row.id = event.session AND session_row.mode = 'LIVE'
       LEFT JOIN obligation_row ON obligation_row.session = event.session
         AND obligation_row.key = json_extract(event.body, '$.debt')
       WHERE event.type = 'flag.turned' ORDER BY event.at, event.seq`,
    )
    .all();

export interface OverrideRate {
  readonly runbook: string;
  readonly sessions: number;
  /** Sessions that were started by override. */
  readonly overridden: number;
}

/** How often a runbook was started by override: often means that its triggers, or its rules, are wrong. */
export const readOverrideRates = (store: Store): readonly OverrideRate[] =>
  store
    .sql<OverrideRate>(
      `SELECT runbook, count(*) AS sessions, count(owed) AS overridden FROM (
         SELECT s.runbook AS runbook, min(o.key) AS owed FROM session_row s
         LEFT JOIN obligation_row o ON o.session = s.id AND o.key GLOB 'override-[0-9]*'
         WHERE s.mode IN ('LIVE', 'DRILL') GROUP BY s.id, s.runbook)
       GROUP BY runbook HAVING count(owed) > 0 ORDER BY runbook`,
    )
    .all();
