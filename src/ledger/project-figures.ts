import type { FactOf, Fact } from '../machine/facts.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import { verdictIn } from '../machine/verdict-text.ts';
import type { Store } from './store.ts';

/** Where and when a fact was recorded. */
interface Recorded {
  readonly session: string;
  readonly seq: number;
  readonly at: string;
}

/**
 * Keeps the row of `session_figure` that statistics are counted from, fact by fact. What its times mean is what
 * `report/figures.ts` means by them; which of them proves the recovery is chosen when they are read.
 */
export function projectFigures(store: Store, row: Recorded, fact: Fact): void {
  const atMs = epochMsOf(row.at);
  const set = (assignments: string, ...values: readonly (string | number | null)[]): void => {
    store.sql(`UPDATE session_figure SET ${assignments} WHERE session = ?`).run(...values, row.session);
  };
  switch (fact.type) {
    case 'session.started':
      return start(store, row.session, atMs, fact);
    case 'deployment.recorded':
      return addDeployment(store, row.session, fact);
    case 'cause.told':
      store
        .sql('INSERT INTO cause_row (record, session, at_ms, cause, release) VALUES (?, ?, ?, ?, ?)')
        .run(row.session, fact.session, atMs, fact.cause, fact.release);
      return;
    case 'trigger.changed':
      return turnTrigger(store, row.session, atMs, fact);
    case 'decision.made':
      if (fact.againAt !== null) return;
      return set(
        'decided_ms = coalesce(decided_ms, ?)',
        fact.chosenAt === undefined ? atMs : epochMsOf(fact.chosenAt),
      );
    case 'comparison.made':
      if (!fact.final) return;
      return set(
        `compared = max(compared, decided_ms IS NOT NULL),
         compared_ms = coalesce(compared_ms, CASE WHEN decided_ms IS NOT NULL AND ? = 'RECOVERED' THEN ? END)`,
        fact.verdict,
        atMs,
      );
    case 'check.judged':
      if (fact.readings.some((reading) => verdictIn(reading) === 'RECOVERED'))
        set('read_ms = coalesce(read_ms, CASE WHEN decided_ms IS NOT NULL THEN ? END)', atMs);
      return;
    case 'obligation.discharged':
      // what is due later, and paid after the close, is no part of the rollback
      return set('given_back_ms = CASE WHEN closed_ms IS NULL THEN ? ELSE given_back_ms END', atMs);
    case 'session.ended':
      return set(
        'ended_ms = ?, outcome = ?, checked_ms = ?',
        atMs,
        fact.outcome,
        lastCheck(store, row.session, row.seq),
      );
    case 'session.closed':
      return set('closed_ms = ?, ended_ms = coalesce(ended_ms, ?)', atMs, atMs);
    default:
      return;
  }
}

/** The last check that passed before an event: looked for once, so that no check costs another write. */
function lastCheck(store: Store, session: string, before: number): number | null {
  const at = store
    .sql<string>(
      `SELECT at FROM event WHERE session = ? AND seq < ? AND type = 'check.judged'
         AND json_extract(body, '$.result') = 'pass' ORDER BY seq DESC LIMIT 1`,
    )
    .pluck()
    .get(session, before);
  return at === undefined ? null : epochMsOf(at);
}

function start(store: Store, session: string, atMs: number, fact: FactOf<'session.started'>): void {
  const { runbook, mode, environment, production, speed, inputs } = fact;
  store
    .sql(
      `INSERT INTO session_figure (session, mode, production, service, environment, runbook, release, speed, started_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      session,
      mode,
      production ? 1 : 0,
      runbook.service,
      environment,
      runbook.id,
      inputs['release'] ?? null,
      speed,
      atMs,
    );
}

function addDeployment(store: Store, record: string, fact: FactOf<'deployment.recorded'>): void {
  const { service, environment, production, release, finishedAt, committedAt, unplanned, session } = fact;
  store
    .sql(
      `INSERT INTO deployment_row (record, service, environment, production, release, finished_ms, committed_ms,
         unplanned, session)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      record,
      service,
      environment,
      production ? 1 : 0,
      release,
      epochMsOf(finishedAt),
      committedAt === null ? null : epochMsOf(committedAt),
      unplanned ? 1 : 0,
      session,
    );
}

/** Detection is the first trigger that fires, the failure its first breaching sample; cleared is when none fires any more. */
function turnTrigger(store: Store, session: string, atMs: number, fact: FactOf<'trigger.changed'>): void {
  const { id, state, breachedForMs } = fact;
  if (state !== 'FIRED' && state !== 'OK' && state !== 'CLEARED') return;
  const known = store
    .sql<{ firing: string; speed: number }>('SELECT firing, speed FROM session_figure WHERE session = ?')
    .get(session);
  if (known === undefined) return;
  const firing = new Set(JSON.parse(known.firing) as readonly string[]);
  if (state === 'FIRED') {
    const breached =
      breachedForMs === undefined ? null : Math.round(atMs - breachedForMs / Math.max(1, known.speed));
    store
      .sql(
        `UPDATE session_figure SET failed_ms = CASE WHEN detected_ms IS NULL THEN ? ELSE failed_ms END,
           detected_ms = coalesce(detected_ms, ?), firing = ?, cleared_ms = NULL WHERE session = ?`,
      )
      .run(breached, atMs, JSON.stringify([...firing.add(id)]), session);
    return;
  }
  if (!firing.delete(id)) return;
  store
    .sql('UPDATE session_figure SET firing = ?, cleared_ms = ? WHERE session = ?')
    .run(JSON.stringify([...firing]), firing.size === 0 ? atMs : null, session);
}
