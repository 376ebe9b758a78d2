import type { Store } from './store.ts';

/** What a record is that is no session. */
const outsideModes = ['PROPOSAL', 'EVALUATION', 'WATCH', 'DEPLOYMENT', 'CAUSE'] as const;
export type OutsideMode = (typeof outsideModes)[number];

/** One record beside the sessions. Times are ISO 8601, UTC. */
export interface OutsideRow {
  readonly id: string;
  readonly mode: OutsideMode;
  readonly runbook: string;
  readonly title: string;
  readonly service: string;
  readonly environment: string;
  readonly by: string;
  readonly started: string;
  readonly ended: string | null;
  /** The verdict of an evaluation, what became of a proposal; null while it is open. */
  readonly outcome: string | null;
  readonly status: 'proposed' | 'running' | 'closed';
  readonly lastAt: string;
}

export interface OutsideQuery {
  readonly mode?: OutsideMode;
  readonly limit: number;
  /** Only those that wait for somebody, or run. */
  readonly open?: boolean;
}

/** Newest first. */
export function readOutside(
  store: Store,
  { mode, limit, open = false }: OutsideQuery,
): readonly OutsideRow[] {
  return store
    .sql<OutsideRow>(
      `SELECT id, mode, runbook, title, service, environment, operator AS by, started, ended, outcome, status,
         last_at AS lastAt
       FROM session_row WHERE ${open ? `status <> 'closed'` : 'TRUE'}
         AND ${mode === undefined ? `mode NOT IN ('LIVE', 'DRILL')` : 'mode = ?'}
       ORDER BY started DESC, id DESC LIMIT ?`,
    )
    .all(...(mode === undefined ? [] : [mode]), limit);
}

/** What a record is; null for a session, and where there is none. */
export function outsideModeOf(store: Store, id: string): OutsideMode | null {
  const mode = store.sql<string>('SELECT mode FROM session_row WHERE id = ?').pluck().get(id);
  return outsideModes.find((known) => known === mode) ?? null;
}
