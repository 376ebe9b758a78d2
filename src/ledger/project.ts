import type { Fact, FactOf } from '../machine/facts.ts';
import type { Place } from '../machine/facts/values.ts';
import { projectFigures } from './project-figures.ts';
import type { OutsideMode } from './read-outside.ts';
import type { Store } from './store.ts';

/** Where and when a fact was recorded. */
export interface Recorded {
  readonly session: string;
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
}

/** The debts that still wait for somebody. */
const openStates = `('open')`;

/**
 * Brings the projections up to date with one session's newest facts, inside the transaction that records them.
 * Only the facts and the rows that earlier facts made are read, so that rebuilding gives the same rows.
 */
export function project(
  store: Store,
  events: readonly { readonly row: Recorded; readonly fact: Fact }[],
): void {
  for (const { row, fact } of events) {
    projectFact(store, row, fact);
    projectFigures(store, row, fact);
  }
  const last = events.at(-1);
  if (last === undefined) return;
  store
    .sql(
      `UPDATE session_row SET last_at = ?, events = ?, head = ?, open_debts = (
         SELECT count(*) FROM obligation_row WHERE session = session_row.id AND state IN ${openStates})
       WHERE id = ?`,
    )
    .run(last.row.at, last.row.seq, last.row.hash, last.row.session);
}

function projectFact(store: Store, row: Recorded, fact: Fact): void {
  switch (fact.type) {
    case 'session.started':
      return startSession(store, row, fact);
    case 'evaluation.made':
    case 'watch.started':
    case 'proposal.opened':
    case 'deployment.recorded':
    case 'cause.told':
      return startOutside(store, row, fact);
    case 'watch.stopped':
      return endOutside(store, row, 'stopped');
    case 'decision.recorded':
      return fact.about === 'proposal' ? endOutside(store, row, fact.decision) : undefined;
    case 'session.held':
      return setStatus(store, row.session, 'held');
    case 'session.unheld':
      return setStatus(store, row.session, 'running');
    case 'abort.requested':
      return setStatus(store, row.session, 'aborting');
    case 'watch.breached':
      return fact.hold ? setStatus(store, row.session, 'held') : undefined;
    case 'session.ended':
      store
        .sql(`UPDATE session_row SET status = 'ended', ended = ?, outcome = ? WHERE id = ?`)
        .run(row.at, fact.outcome, row.session);
      return;
    case 'session.closed':
      store
        .sql(`UPDATE session_row SET status = 'closed', ended = coalesce(ended, ?) WHERE id = ?`)
        .run(row.at, row.session);
      return;
    case 'step.readied':
      return noteRelease(store, row.session, fact.place, fact.debt);
    case 'step.intent':
      if (fact.opens === null) return;
      return openDebt(store, row, { ...fact.opens, due: null, by: null, attempt: fact.attempt });
    case 'obligation.opened':
      return openDebt(store, row, { ...fact.obligation, due: fact.due, by: fact.by, attempt: null });
    case 'obligation.discharged':
      store
        .sql(`UPDATE obligation_row SET state = ?, owner = ?, due = ? WHERE session = ? AND key = ?`)
        .run(fact.how, fact.owner, fact.due, row.session, fact.key);
      return;
    case 'obligation.overdue':
      store
        .sql(`UPDATE obligation_row SET overdue = 1 WHERE session = ? AND key = ?`)
        .run(row.session, fact.key);
      return;
    case 'attempt.found':
      return fact.verdict === 'not_started' ? forgetDebt(store, row.session, fact.attempt) : undefined;
    case 'command.ended':
      if (fact.ending === 'not_started') return forgetDebt(store, row.session, fact.attempt);
      return timeCommand(store, row, fact);
    case 'check.judged':
      judgeRelease(store, row.session, fact);
      return timeCheck(store, row, fact);
    default:
      return;
  }
}

function startSession(store: Store, row: Recorded, fact: FactOf<'session.started'>): void {
  const { runbook, mode, environment, by } = fact;
  store
    .sql(
      `INSERT INTO session_row (id, runbook, title, service, runbook_hash, mode, environment, operator, started,
         status, open_debts, last_at, events, head)
       VALUES (@session, @id, @title, @service, @runbookHash, @mode, @environment, @by, @at,
         'running', 0, @at, @seq, @hash)`,
    )
    .run({ ...row, ...runbook, runbookHash: runbook.hash, mode, environment, by, hash: row.hash });
}

type Beginning = FactOf<
  'evaluation.made' | 'watch.started' | 'proposal.opened' | 'deployment.recorded' | 'cause.told'
>;

/** A record that is no session stands in the same list, under a mode that lists of sessions leave out. */
function startOutside(store: Store, row: Recorded, fact: Beginning): void {
  const { mode, status, outcome } = outsideRow(fact);
  const runbook = namesOf(fact);
  store
    .sql(
      `INSERT INTO session_row (id, runbook, title, service, runbook_hash, mode, environment, operator, started, ended,
         outcome, status, open_debts, last_at, events, head)
       VALUES (@session, @id, @title, @service, @runbookHash, @mode, @environment, @by, @at, @ended,
         @outcome, @status, 0, @at, @seq, @hash)`,
    )
    .run({
      ...row,
      id: runbook.id,
      title: runbook.title,
      service: runbook.service,
      runbookHash: runbook.hash,
      mode,
      status,
      outcome,
      ended: outcome === null ? null : row.at,
      environment: 'environment' in fact ? fact.environment : '',
      by: 'by' in fact ? fact.by : 'walkback',
    });
}

function namesOf(fact: Beginning): FactNames {
  switch (fact.type) {
    case 'evaluation.made':
    case 'proposal.opened':
      return fact.runbook;
    case 'watch.started':
      return { id: fact.runbooks.join(' '), title: `watch on ${fact.listen}`, service: '', hash: '' };
    case 'deployment.recorded':
      return { id: '', title: `${fact.service} ${fact.release}`, service: fact.service, hash: '' };
    case 'cause.told':
      return { id: '', title: `cause of ${fact.session}`, service: '', hash: '' };
  }
}

type FactNames = Readonly<Record<'id' | 'title' | 'service' | 'hash', string>>;

function outsideRow(fact: Beginning): { mode: OutsideMode; status: string; outcome: string | null } {
  switch (fact.type) {
    case 'evaluation.made':
      return { mode: 'EVALUATION', status: 'closed', outcome: fact.advice };
    case 'watch.started':
      return { mode: 'WATCH', status: 'running', outcome: null };
    case 'proposal.opened':
      return { mode: 'PROPOSAL', status: 'proposed', outcome: null };
    case 'deployment.recorded':
      return { mode: 'DEPLOYMENT', status: 'closed', outcome: fact.release };
    case 'cause.told':
      return { mode: 'CAUSE', status: 'closed', outcome: fact.cause };
  }
}

/** What was decided first stays. */
function endOutside(store: Store, { session, at }: Recorded, outcome: string): void {
  store
    .sql(
      `UPDATE session_row SET status = 'closed', ended = ?, outcome = ? WHERE id = ? AND status <> 'closed'`,
    )
    .run(at, outcome, session);
}

/** An ended session stays ended: holds and aborts come too late for it. */
function setStatus(store: Store, session: string, status: 'running' | 'held' | 'aborting'): void {
  store
    .sql(`UPDATE session_row SET status = ? WHERE id = ? AND status NOT IN ('ended', 'closed')`)
    .run(status, session);
}

interface NewDebt {
  readonly key: string;
  readonly title: string;
  readonly ttlMs: number | null;
  readonly release: readonly string[];
  readonly due: string | null;
  readonly by: string | null;
  readonly attempt: string | null;
}

function openDebt(store: Store, row: Recorded, debt: NewDebt): void {
  // A debt opened at the intent is whose session it is; its deadline is counted by SQLite, which needs no clock for it.
  // One without a limit has none: SQLite writes a missing number as 0.
  const { session, at } = row;
  store
    .sql(
      `INSERT INTO obligation_row (session, key, title, opened, by, ttl_ms, due, state, overdue, owner, release, attempt)
       VALUES (@session, @key, @title, @at,
         coalesce(@by, (SELECT operator FROM session_row WHERE id = @session), ''), @ttlMs,
         coalesce(@due, CASE WHEN @ttlMs IS NOT NULL
           THEN strftime('%Y-%m-%dT%H:%M:%fZ', @at, printf('%+.3f seconds', @ttlMs / 1000.0)) END),
         'open', 0, NULL, @release, @attempt)
       ON CONFLICT (session, key) DO UPDATE SET title = excluded.title, opened = excluded.opened, by = excluded.by,
         ttl_ms = excluded.ttl_ms, due = excluded.due, state = 'open', overdue = 0, owner = NULL,
         release = excluded.release, attempt = excluded.attempt, releasing = NULL`,
    )
    .run({ ...debt, session, at, release: JSON.stringify(debt.release) });
}

/** An attempt that provably never began leaves no debt behind. */
function forgetDebt(store: Store, session: string, attempt: string): void {
  store.sql(`DELETE FROM obligation_row WHERE session = ? AND attempt = ?`).run(session, attempt);
}

/** A step made ready to pay a debt: its check, when judged, is the debt's proof. */
function noteRelease(store: Store, session: string, place: Place, debt: string | null): void {
  const at = keyOf(place);
  store
    .sql(`UPDATE obligation_row SET releasing = NULL WHERE session = ? AND releasing = ? AND key IS NOT ?`)
    .run(session, at, debt);
  if (debt === null) return;
  store.sql(`UPDATE obligation_row SET releasing = ? WHERE session = ? AND key = ?`).run(at, session, debt);
}

function judgeRelease(store: Store, session: string, fact: FactOf<'check.judged'>): void {
  store
    .sql(`UPDATE obligation_row SET state = ? WHERE session = ? AND releasing = ?`)
    .run(fact.result === 'pass' ? 'proved' : 'open', session, keyOf(fact.place));
}

const addTime = `
  INSERT INTO step_time (runbook, step, at, session, attempt, runbook_hash, mode, command_ms, check_ms, passed)
  SELECT runbook, ?, ?, id, ?, runbook_hash, mode, ?, ?, ? FROM session_row WHERE id = ?
  ON CONFLICT (session, attempt) DO UPDATE SET at = excluded.at, passed = excluded.passed,
    command_ms = coalesce(excluded.command_ms, command_ms), check_ms = coalesce(excluded.check_ms, check_ms)`;

function timeCommand(store: Store, row: Recorded, fact: FactOf<'command.ended'>): void {
  const passed = fact.ending === 'exited' && fact.exitCode === 0 && fact.doubt === null ? 1 : 0;
  store.sql(addTime).run(fact.place.step, row.at, fact.attempt, fact.durationMs, null, passed, row.session);
}

function timeCheck(store: Store, row: Recorded, fact: FactOf<'check.judged'>): void {
  const passed = fact.result === 'pass' ? 1 : 0;
  store.sql(addTime).run(fact.place.step, row.at, fact.attempt, null, fact.durationMs, passed, row.session);
}

/** The same spelling as `placeKey`, which cannot be imported here: its module loads zod, and readers must not. */
const keyOf = ({ step, item }: Place): string => (item === '' ? step : `${step}@${item}`);
