import { newestOf } from '../machine/places.ts';
import { openDebts } from '../machine/debts.ts';
import type { Fact } from '../machine/facts.ts';
import type { Trigger } from '../runbook/model/criteria.ts';
import type { Watch } from '../runbook/model.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import { waitedSince } from '../machine/waited.ts';
import type { LiveView, StandingView } from './client.ts';
import { watchBudgets } from './criteria/watch-budgets.ts';
import { watchCriteria } from './criteria/watch-criteria.ts';
import type { Escalation } from './escalate.ts';
import { escalateTo, holdsWhenOverdue, overdueCalls, watchingJob } from './escalate.ts';
import { readCheck } from './kit.ts';
import { keepLock } from './locks.ts';
import type { Session } from './session.ts';
import { takeEvidence } from './take-evidence.ts';
import { watchCalendar } from './calendar-watch.ts';
import { standingNow } from './standing.ts';
import { watchClock } from './steady-time.ts';
import { watchWindow } from './window-watch.ts';
import { measuresData } from '../machine/data.ts';
import { measureData } from './workers/invariants.ts';

/** What is watched beside the steps: triggers, watches, debts' times, evidence, invariants and messages. */
export interface Monitor {
  readonly figures: () => Pick<LiveView, 'gauges' | 'budgets' | 'eta' | 'waiting' | 'standing'>;
  readonly stop: () => void;
}

/** Readings in real time are never closer together than this. */
const fastestMs = 200;
/** Budgets are read this often, in domain time: a query over the whole period is not cheap. */
const budgetEveryMs = 30_000;

export function startMonitor(session: Session, changed: () => void): Monitor {
  const { options } = session;
  const { clock, redactor } = options.ports;
  const mask = (text: string): string => redactor.text(text);
  const { runbook } = options.compiled.book;
  const controller = new AbortController();
  const job = watchingJob(session, controller.signal);
  const criteria = watchCriteria(job);
  const budgets = watchBudgets(session, job);
  const speed = session.context().started?.speed ?? 1;

  /** False where it is not on record. */
  const put = (...facts: readonly Fact[]): boolean =>
    !controller.signal.aborted && (facts.length === 0 || session.dispatch(facts, 'walkback'));

  const clockWatch = watchClock(session, put);

  /** What takes back each next reading: a timer that is left would keep a program that is done from ending. */
  const dueReadings = new Set<() => void>();

  /** Repeats a reading for as long as the session runs; a slow one delays the next, it never piles up. */
  function repeat(everyMs: number, read: () => Promise<void>): void {
    let told = '';
    const again = (): void => {
      read().then(later, (error: unknown) => {
        const text = `a reading failed: ${mask(String(error))}`;
        // said once, not every second of a long night
        if (text !== told) put({ type: 'note.added', by: 'walkback', text });
        told = text;
        later();
      });
    };
    const later = (): void => {
      if (controller.signal.aborted) return;
      const cancel = clock.after(Math.max(fastestMs, everyMs), () => {
        dueReadings.delete(cancel);
        again();
      });
      dueReadings.add(cancel);
    };
    again();
  }

  /** Calls that could not be recorded: the record does not keep them from being made again, so this does. */
  const unrecorded = new Set<Escalation>();

  async function call(due: Escalation): Promise<void> {
    if (unrecorded.has(due)) return;
    const sent = await escalateTo(job, due);
    if (!put(sent)) unrecorded.add(due);
  }

  async function readTrigger(trigger: Trigger): Promise<void> {
    put(...(await criteria.readTrigger(trigger)));
    changed();
  }

  async function readWatch(watch: Watch, id: string): Promise<void> {
    const context = session.context();
    if (context.status !== 'running' || !reached(session, watch.from)) return;
    const reading = await readCheck(job, watch.check, undefined);
    const known = session.context().watches[id];
    if (reading.result === 'pass' && known?.breached === true) put({ type: 'watch.cleared', id, reading });
    // what was only unknown and now fails breaks in like a first breach
    const worse = known?.breached === true && known.reading.result === 'unknown' && reading.result === 'fail';
    if (reading.result !== 'pass' && (known?.breached !== true || worse)) {
      put({
        type: 'watch.breached',
        id,
        hold: watch.onBreach === 'hold' && reading.result === 'fail',
        reading,
      });
    }
  }

  async function overdueDebts(): Promise<void> {
    clockWatch(); // a step that nobody has noticed yet would count as time that went by, or keep it from counting
    const now = clock.now().ms;
    for (const debt of openDebts(session.context())) {
      const { ttlMs, overdue, openedAt } = debt;
      if (ttlMs === null || overdue || waitedSince(session.context(), epochMsOf(openedAt), now) <= ttlMs)
        continue;
      const hold = holdsWhenOverdue(session, debt);
      put({ type: 'obligation.overdue', key: debt.key });
      if (!hold) continue;
      const reason = `past its limit, and still owed: ${debt.title}`;
      put({ type: 'session.held', by: 'walkback', reason });
      const [first] = runbook.escalate;
      if (first !== undefined) await call(first);
    }
  }

  /** A step that waits for a person longer than the runbook allows calls the next one, once each. */
  async function escalate(): Promise<void> {
    clockWatch();
    for (const due of overdueCalls(session)) await call(due);
  }

  for (const trigger of runbook.triggers) repeat(trigger.intervalMs / speed, () => readTrigger(trigger));
  if ((runbook.slo ?? []).length > 0)
    repeat(budgetEveryMs / speed, async () => {
      await budgets.read();
      changed();
    });
  for (const criterion of runbook.success ?? [])
    repeat(criterion.intervalMs / speed, async () => void put(...(await criteria.readSuccess(criterion))));
  runbook.watch.forEach((watch, index) => {
    const subject = 'obligation' in watch.check.subject ? null : watch.check.subject.id;
    repeat(watch.everyMs / speed, () => readWatch(watch, subject ?? `watch_${index + 1}`));
  });
  repeat(1000, overdueDebts);
  for (const lock of runbook.locks ?? [])
    repeat(lock.everyMs, async () => void put(...(await keepLock(session, job, lock))));
  repeat(1000, () => Promise.resolve(clockWatch()));
  const calendar = watchCalendar(session, put);
  if (calendar !== null) repeat(1000, () => Promise.resolve(calendar()));
  const window = watchWindow(session, job, put);
  if (window !== null) repeat(1000, window);
  let standing: StandingView | null = null;
  if (runbook.authority.length > 0) {
    repeat(1000, async () => {
      const now = await standingNow(session, job);
      if (JSON.stringify(now) === JSON.stringify(standing)) return;
      standing = now;
      changed();
    });
  }
  if (runbook.escalate.length > 0) repeat(1000, escalate);
  takeEvidence(session, job, put).catch((error: unknown) =>
    put({ type: 'note.added', by: 'walkback', text: `no evidence was taken: ${mask(String(error))}` }),
  );
  // a first look, for the screen; what counts is measured right before the first change
  if (measuresData(runbook) && Object.keys(session.context().data.invariants).length === 0)
    measureData(job, { moment: 'start', step: '', effectOf: '' }).then(
      (facts) => {
        if (!session.context().data.begun) put(...facts);
      },
      (error: unknown) =>
        put({
          type: 'note.added',
          by: 'walkback',
          text: `the invariants were not measured: ${mask(String(error))}`,
        }),
    );
  return {
    figures: () => ({
      gauges: criteria.gauges(),
      budgets: budgets.budgets(),
      eta: budgets.eta(),
      waiting: budgets.waiting(),
      ...(standing === null ? {} : { standing }),
    }),
    stop: () => {
      controller.abort();
      for (const cancel of dueReadings) cancel();
      dueReadings.clear();
    },
  };
}

/** A watch begins with the step it names, and goes on to the end. */
function reached(session: Session, from: string | null): boolean {
  if (from === null) return true;
  return newestOf(session.context(), from) !== undefined;
}
