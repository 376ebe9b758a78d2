import type { PastRollback } from '../judge/faster-way.ts';
import type { Deployment, SessionFigure } from '../judge/session-figure.ts';
import type { Store } from './store.ts';

/** From (included) and until (not included), epoch milliseconds; null leaves that side open. */
export interface FigureQuery {
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly service?: string;
  readonly environment?: string;
  readonly runbook?: string;
}

/** Best evidence first, as `report/figures.ts` chooses: a comparison, the triggers that cleared, the last check passed. */
const recovered = `coalesce(
  CASE WHEN compared = 1 THEN compared_ms ELSE read_ms END,
  CASE WHEN cleared_ms >= decided_ms THEN cleared_ms END,
  CASE WHEN outcome IN ('rolled_back', 'mitigated', 'rolled_forward') AND checked_ms >= decided_ms THEN checked_ms END)`;

/** Sessions that began in the span, in any order; one row each, none is folded. */
export function readFigures(store: Store, query: FigureQuery): readonly SessionFigure[] {
  const { text, values } = conditions('started_ms', query, ['service', 'environment', 'runbook']);
  const told = `(SELECT c.cause || '/' || coalesce(c.release, '') FROM cause_row c WHERE c.session = f.session
     ORDER BY c.at_ms DESC, c.record DESC LIMIT 1)`;
  const rows = store
    .sql<Row>(
      `SELECT mode, production, service, environment, runbook, release, started_ms, failed_ms - started_ms,
         detected_ms - started_ms, decided_ms - started_ms, CASE WHEN decided_ms IS NOT NULL THEN ${recovered} END - started_ms,
         given_back_ms - started_ms, ended_ms - started_ms, outcome,
         ${store.sql<number>('SELECT count(*) FROM cause_row').pluck().get() === 0 ? 'NULL' : told}
       FROM session_figure f WHERE ${text}`,
    )
    .raw()
    .all(...values);
  return (rows as readonly Row[]).map(figureOf);
}

type Row = readonly [
  mode: 'LIVE' | 'DRILL',
  production: number,
  service: string,
  environment: string,
  runbook: string,
  release: string | null,
  startedMs: number,
  failed: number | null,
  detected: number | null,
  decided: number | null,
  recovered: number | null,
  givenBack: number | null,
  ended: number | null,
  outcome: string | null,
  told: string | null,
];

function figureOf(row: Row): SessionFigure {
  const told = row[14];
  const cause = told === null ? null : told.slice(0, told.indexOf('/'));
  return {
    mode: row[0],
    production: row[1] === 1,
    service: row[2],
    environment: row[3],
    runbook: row[4],
    release: row[5],
    startedMs: row[6],
    failed: row[7],
    detected: row[8],
    decided: row[9],
    recovered: row[10],
    givenBack: row[11],
    ended: row[12],
    outcome: row[13],
    told: cause === 'change' || cause === 'external' ? cause : null,
    toldRelease: told?.slice(told.indexOf('/') + 1) || null,
  };
}

/**
 * Rollbacks that helped, with the time from the decision to the proof, or to the end where nothing proved it. One that gave
 * a pool its share of the traffic is a switch.
 */
export const readRollbacks = (store: Store): readonly PastRollback[] =>
  store
    .sql<Omit<PastRollback, 'switched'> & { switched: number }>(
      `SELECT service, runbook, coalesce(${recovered}, ended_ms) - decided_ms AS tookMs,
         EXISTS (SELECT 1 FROM event JOIN opening ON opening.session = event.session AND opening.seq = event.seq,
             json_each(opening.openings) AS one
           WHERE event.session = f.session AND event.type = 'step.intent'
             AND json_extract(one.value, '$.path') = 'command/argv'
             AND json_extract(one.value, '$.value[1]') = 'traffic'
             AND json_extract(one.value, '$.value[2]') = 'shift') AS switched
       FROM session_figure f
       WHERE outcome = 'rolled_back' AND decided_ms IS NOT NULL AND coalesce(${recovered}, ended_ms) IS NOT NULL`,
    )
    .all()
    .map((row) => ({ ...row, switched: row.switched === 1 }));

/** Deployments that were finished in the span, oldest first. */
export function readDeployments(store: Store, query: FigureQuery): readonly Deployment[] {
  const { text, values } = conditions('finished_ms', query, ['service', 'environment']);
  return store
    .sql<Omit<Deployment, 'production' | 'unplanned'> & { production: number; unplanned: number }>(
      `SELECT service, environment, production, release, finished_ms AS finishedMs, committed_ms AS committedMs, unplanned
       FROM deployment_row WHERE ${text} ORDER BY finished_ms, record`,
    )
    .all(...values)
    .map((row) => ({ ...row, production: row.production === 1, unplanned: row.unplanned === 1 }));
}

/** Whether there are sessions whose rows have still to be made from their events. */
export const figuresAreDue = (store: Store): boolean =>
  store.sql<number>(`SELECT count(*) FROM projection_due WHERE name = 'session_figure'`).pluck().get() !== 0;

function conditions(
  time: string,
  query: FigureQuery,
  names: readonly ('service' | 'environment' | 'runbook')[],
): { readonly text: string; readonly values: readonly (string | number)[] } {
  const asked: readonly (readonly [string, string | number | null | undefined])[] = [
    [`${time} >= ?`, query.fromMs],
    [`${time} < ?`, query.toMs],
    ...names.map((name) => [`${name} = ?`, query[name]] as const),
  ];
  const given = asked.flatMap(([text, value]) =>
    value === null || value === undefined ? [] : [[text, value] as const],
  );
  return {
    text: ['TRUE', ...given.map(([text]) => text)].join(' AND '),
    values: given.map(([, value]) => value),
  };
}
