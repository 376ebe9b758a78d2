import { newestOf, openDebts } from '../machine/context.ts';
import type { Fact } from '../machine/facts.ts';
import type { Trigger, Watch } from '../runbook/model.ts';
import type { TriggerJudgement } from '../judge/trigger.ts';
import { judgeTrigger } from '../judge/trigger.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import type { Gauge } from './client.ts';
import { escalateTo, overdueCalls, watchingJob } from './escalate.ts';
import { instantReader, measure, readCheck, readerFor, templatesOf } from './kit.ts';
import type { Session } from './session.ts';
import { watchClock } from './steady-time.ts';
import { watchWindow } from './window-watch.ts';
import { measureInvariants } from './workers/invariants.ts';

/** What is watched beside the steps: triggers, watches, debts' times, evidence, invariants and messages. */
export interface Monitor {
  readonly gauges: () => readonly Gauge[];
  readonly stop: () => void;
}

type Sample = readonly [atMs: number, value: number | null];

/** Readings in real time are never closer together than this. */
const fastestMs = 200;
const shownSamples = 30;

export function startMonitor(session: Session, changed: () => void): Monitor {
  const { options } = session;
  const { clock } = options.ports;
  const { runbook } = options.compiled.book;
  const controller = new AbortController();
  const gauges = new Map<string, Gauge>();
  const own = new Map<string, readonly Sample[]>();
  const judged = new Map<string, TriggerJudgement>();
  const job = watchingJob(session, controller.signal);
  const speed = session.context().started?.speed ?? 1;

  const put = (...facts: readonly Fact[]): void => {
    if (!controller.signal.aborted) session.dispatch(facts, 'walkback');
  };

  /** Repeats a reading for as long as the session runs; a slow one delays the next, it never piles up. */
  function repeat(everyMs: number, read: () => Promise<void>): void {
    const again = (): void => {
      if (controller.signal.aborted) return;
      read().then(
        () => clock.after(Math.max(fastestMs, everyMs), again),
        (error: unknown) => {
          put({ type: 'note.added', by: 'walkback', text: `a reading failed: ${String(error)}` });
          clock.after(Math.max(fastestMs, everyMs), again);
        },
      );
    };
    again();
  }

  async function samplesOf(trigger: Trigger): Promise<readonly Sample[]> {
    const probe = runbook.probes[trigger.probe];
    if (probe === undefined) return [];
    const toMs = options.domainNow();
    const parts = templatesOf(probe);
    const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
    const span = { fromMs: toMs - 2 * trigger.forMs, toMs, stepMs: trigger.intervalMs };
    const series = await options.ports.measurer.series(probe, reader.fill, span, controller.signal);
    if (series !== null && 'code' in series) return [[toMs, null]];
    if (series !== null) return series;
    const measured = await measure(job, probe);
    const value = measured.ok && typeof measured.value === 'number' ? measured.value : null;
    const kept = [...(own.get(trigger.id) ?? []), [toMs, value] as const].filter(([at]) => at >= span.fromMs);
    own.set(trigger.id, kept);
    return kept;
  }

  /** How many events stand behind a ratio, from the probe that counts them. */
  async function eventsOf(trigger: Trigger): Promise<number | null> {
    const probe = trigger.events === null ? undefined : runbook.probes[trigger.events];
    if (probe === undefined) return null;
    const measured = await measure(job, probe);
    return measured.ok && typeof measured.value === 'number' ? measured.value : null;
  }

  async function readTrigger(trigger: Trigger): Promise<void> {
    const samples = await samplesOf(trigger);
    const previous = judged.get(trigger.id) ?? null;
    const judgement = judgeTrigger(
      {
        samples,
        breach: trigger.breach,
        clear: trigger.clear,
        forMs: trigger.forMs,
        intervalMs: trigger.intervalMs,
        minEvents: trigger.minEvents,
        events: await eventsOf(trigger),
        nowMs: options.domainNow(),
      },
      previous,
    );
    judged.set(trigger.id, judgement);
    const newest = samples.at(-1)?.[1] ?? null;
    gauges.set(
      trigger.id,
      gaugeOf(trigger, judgement, samples, newest, runbook.probes[trigger.probe]?.unit ?? null),
    );
    if (judgement.state !== session.context().triggers[trigger.id]?.state) {
      put({
        type: 'trigger.changed',
        id: trigger.id,
        state: judgement.state,
        value: newest,
        detail: judgement.detail,
        samples: samples.map(([at, value]) => [at, value]),
      });
    }
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

  function overdueDebts(): Promise<void> {
    const now = clock.now().ms;
    for (const debt of openDebts(session.context())) {
      if (debt.ttlMs !== null && !debt.overdue && now > epochMsOf(debt.openedAt) + debt.ttlMs) {
        put({ type: 'obligation.overdue', key: debt.key });
      }
    }
    return Promise.resolve();
  }

  /** A step that waits for a person longer than the runbook allows calls the next one, once each. */
  async function escalate(): Promise<void> {
    for (const call of overdueCalls(session)) put(await escalateTo(job, call));
  }

  for (const trigger of runbook.triggers) repeat(trigger.intervalMs / speed, () => readTrigger(trigger));
  runbook.watch.forEach((watch, index) => {
    const subject = 'obligation' in watch.check.subject ? null : watch.check.subject.id;
    repeat(watch.everyMs / speed, () => readWatch(watch, subject ?? `watch_${index + 1}`));
  });
  repeat(1000, overdueDebts);
  const clockWatch = watchClock(session, put);
  repeat(1000, () => Promise.resolve(clockWatch()));
  const window = watchWindow(session, job, put);
  if (window !== null) repeat(1000, window);
  if (runbook.escalate.length > 0) repeat(1000, escalate);
  if (Object.keys(session.context().baselines).length === 0)
    measureInvariants(job, 'before').then(
      (facts) => put(...facts),
      (error: unknown) =>
        put({
          type: 'note.added',
          by: 'walkback',
          text: `the invariants were not measured: ${String(error)}`,
        }),
    );
  return {
    gauges: () => [...gauges.values()],
    stop: () => {
      controller.abort();
    },
  };
}

function gaugeOf(
  trigger: Trigger,
  judgement: TriggerJudgement,
  samples: readonly Sample[],
  value: number | null,
  unit: string | null,
): Gauge {
  return {
    id: trigger.id,
    unit,
    value,
    code: value === null ? 'no_data' : null,
    samples: samples.slice(-shownSamples).map(([, sample]) => sample),
    threshold: trigger.breach.value,
    state: judgement.state,
    pending: judgement.state === 'PENDING' ? { forMs: judgement.breachedForMs, ofMs: trigger.forMs } : null,
  };
}

/** A watch begins with the step it names, and goes on to the end. */
function reached(session: Session, from: string | null): boolean {
  if (from === null) return true;
  return newestOf(session.context(), from) !== undefined;
}
