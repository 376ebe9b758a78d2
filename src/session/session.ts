import { OperatorError } from '../errors.ts';
import type { Context } from '../machine/context.ts';
import { mutates } from '../machine/may-run.ts';
import type { Fact, FactOf, TimedFact } from '../machine/facts.ts';
import type { Snapshot } from '../machine/replay.ts';
import { accepts, applyFact, contextOf, replay } from '../machine/replay.ts';
import type { SessionView } from '../machine/view.ts';
import { viewOf } from '../machine/view-of.ts';
import type { Work } from '../machine/work.ts';
import { workOf } from '../machine/work.ts';
import { calledOff } from './called-off.ts';
import type { Job } from './kit.ts';
import type { SessionOptions } from './options.ts';
import { startWork, workNow } from './workers/workers.ts';

export interface Session {
  readonly options: SessionOptions;
  readonly context: () => Context;
  /** The same object until something changes. */
  readonly view: () => SessionView;
  /** The one way in, for people and processes alike: possible? recorded. applied. False where it is not possible. */
  readonly dispatch: (facts: readonly Fact[], actor: string) => boolean;
  /** Follows the work that the session's place asks for. Until then it only remembers. */
  readonly begin: (found?: readonly string[]) => void;
  /** Starts nothing new; what runs goes on outside. */
  readonly halt: () => void;
  /** Starts nothing new; resolves when the endings of the commands that run are recorded: a step's boundary. */
  readonly drain: () => Promise<void>;
  readonly subscribe: (changed: () => void) => () => void;
  /** Facts as they are recorded, for those who act on them. */
  readonly onFact: (listener: (fact: TimedFact) => void) => () => void;
  readonly onOutput: (listener: (attempt: string, bytes: Uint8Array) => void) => () => void;
  /** Why nothing is recorded any more, or null. */
  readonly trouble: () => OperatorError | null;
  /** Tries once more where what was in the way may have passed (a full disk), and goes on from there; false where it has not. */
  readonly recordAgain: (by: string) => boolean;
  /** A job for reading outside the steps (gauges, watches, guards ahead of time). */
  readonly jobFor: (work: Work, signal: AbortSignal) => Job;
  /** Resolves when no work is under way and nothing more will start by itself. */
  readonly idle: () => Promise<void>;
}

/** Opens a session over the facts recorded so far. It starts nothing until `begin`. */
export function openSession(options: SessionOptions): Session {
  const { compiled, ports } = options;
  const { book } = compiled;
  const { log, clock } = ports;

  let snapshot: Snapshot = replay(
    compiled,
    log.session,
    log.facts().map(({ fact, at }) => ({ ...fact, at })),
  );
  let view: SessionView | null = null;
  let following = false;
  let trouble: OperatorError | null = null;
  let found: ReadonlySet<string> = new Set();
  let halted = false;
  let draining = false;
  let followed = false;
  const running = new Map<
    string,
    { readonly controller: AbortController; readonly command: boolean; waits: boolean }
  >();
  const listeners = new Set<() => void>();
  const factListeners = new Set<(fact: TimedFact) => void>();
  const outputListeners = new Set<(attempt: string, bytes: Uint8Array) => void>();
  const waiters = new Set<() => void>();

  const context = () => contextOf(snapshot);
  const notify = () => {
    for (const listener of listeners) listener();
  };

  function jobFor(work: Work, signal: AbortSignal, at: () => Context = context): Job {
    return {
      work,
      options,
      book,
      context: at,
      signal,
      emit: (...facts) => void dispatch(facts, 'walkback'),
      onOutput: (attempt, bytes) => {
        for (const listener of outputListeners) listener(attempt, bytes);
      },
    };
  }

  /**
   * Facts and what follows from them without any look outside become one transaction: the outcome of a step and the
   * intent of the next are on disk together, before anything is started.
   */
  function dispatch(facts: readonly Fact[], actor: string): boolean {
    if (trouble !== null) return false;
    const batch: { readonly fact: Fact; readonly actor: string; readonly at: string }[] = [];
    let tentative = snapshot;
    const take = (fact: Fact, by: string): boolean => {
      const at = clock.now().iso;
      const timed = { ...fact, at };
      const possible = accepts(tentative, timed);
      // a late fact of work is recorded all the same: it happened
      if (!possible && !isWorkFact(fact)) return false;
      if (possible) tentative = applyFact(compiled, tentative, timed);
      batch.push({ fact, actor: by, at });
      return true;
    };
    for (const fact of facts) if (!take(fact, actor)) return false;
    if (following)
      settle(
        () => contextOf(tentative),
        (fact) => take(fact, 'walkback'),
      );
    if (!record(batch)) return false;
    snapshot = tentative;
    view = null;
    for (const { fact, at } of batch) for (const listener of factListeners) listener({ ...fact, at });
    follow();
    notify();
    return true;
  }

  /** Adds the facts of work that needs nothing from outside, until what is left has to be started. */
  function settle(at: () => Context, take: (fact: Fact) => boolean): void {
    const never = new AbortController().signal;
    const tried = new Set<string>();
    for (;;) {
      const next = workOf(book, at()).find(({ key }) => !tried.has(key) && !running.has(key));
      if (next === undefined) return;
      tried.add(next.key);
      for (const fact of doneNow(next, at)) take(fact);
    }

    /** A fault of ours is an unknown here too: thrown on, it would end this process, and the next one at the same place. */
    function doneNow(work: Work, now: () => Context): readonly Fact[] {
      try {
        return workNow(jobFor(work, never, now)) ?? [];
      } catch (error) {
        return [brokenOff(work, now(), error)];
      }
    }
  }

  /** What went wrong may hold a piece of what it went wrong with. */
  const brokenOff = (work: Work, at: Context, error: unknown): Fact =>
    broken(work, at, ports.redactor.text(error instanceof Error ? error.message : String(error)));

  function record(
    batch: readonly { readonly fact: Fact; readonly actor: string; readonly at: string }[],
  ): boolean {
    if (batch.length === 0) return true;
    try {
      log.append(batch);
      return true;
    } catch (error) {
      trouble =
        error instanceof OperatorError
          ? error
          : new OperatorError(`The ledger does not record: ${String(error)}`, ['Run `walkback doctor`.'], {
              cause: error,
            });
      // nothing new is started; what runs is still watched, and its ending stays in its own file
      followed = following;
      following = false;
      notify();
      return false;
    }
  }

  function recordAgain(by: string): boolean {
    if (trouble === null) return true;
    if (halted || draining || log.mayPass?.(trouble) !== true) return false;
    const reason = `it can be recorded again: ${trouble.message}`;
    trouble = null;
    following = followed;
    // what ended meanwhile is looked up by its attempt: none is started, or judged by what is there now
    const begun = Object.values(context().records).filter(({ status }) => status === 'performing');
    found = new Set([...found, ...begun.map(({ attempt }) => attempt)]);
    return dispatch([{ type: 'session.resumed', by, reason }, ...calledOff(context())], by);
  }

  /** Starts the work that the place asks for and stops what it no longer asks for. */
  function follow(): void {
    if (!following) return;
    const due = workOf(book, context());
    const keys = new Set(due.map(({ key }) => key));
    for (const [key, { controller }] of running) {
      if (keys.has(key)) continue;
      running.delete(key);
      controller.abort();
    }
    for (const work of due) if (!running.has(work.key)) start(work);
    rest();
  }

  const resting = (): boolean => [...running.values()].every(({ waits }) => waits);
  const rest = (): void => {
    if (resting()) for (const waiter of waiters) waiter();
  };

  function start(work: Work): void {
    const controller = new AbortController();
    const mine = { controller, command: runsCommand(work), waits: false };
    running.set(work.key, mine);
    const job = jobFor(work, controller.signal);
    // not before what led here is applied to its end: it may be that the place is left again at once
    const begun = Promise.resolve().then(() => (controller.signal.aborted ? [] : startWork(job, found)));
    begun.then(
      (facts) => finish(work, mine, facts),
      (error: unknown) => {
        if (!controller.signal.aborted) finish(work, mine, [brokenOff(work, context(), error)]);
      },
    );
  }

  /** Work without a fact of its own waits for a person. After a halt nothing is recorded: recovery finds it. */
  function finish(
    work: Work,
    mine: { readonly controller: AbortController; waits: boolean },
    facts: readonly Fact[],
  ): void {
    mine.waits = true;
    if (halted) return;
    if (running.get(work.key) === mine && facts.length > 0) running.delete(work.key);
    const late = mine.controller.signal.aborted;
    if (facts.length > 0 && (!late || facts.some(isWorkFact))) dispatch(facts, 'walkback');
    rest();
  }

  const idle = (): Promise<void> =>
    new Promise((resolve) => {
      const settled = () => {
        if (!resting()) return;
        waiters.delete(settled);
        resolve();
      };
      waiters.add(settled);
      settled();
    });

  return {
    options,
    context,
    view: () => (view ??= viewOf(book, context())),
    dispatch,
    begin: (attempts = []) => {
      following = true;
      found = new Set(attempts);
      if (!dispatch([], 'walkback')) notify();
    },
    halt: () => {
      following = false;
      halted = true;
      for (const { controller } of running.values()) controller.abort();
      running.clear();
      rest();
    },
    drain: async () => {
      following = false;
      draining = true;
      for (const [key, { controller, command }] of running) {
        if (command) continue;
        running.delete(key);
        controller.abort();
      }
      await idle();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFact: (listener) => {
      factListeners.add(listener);
      return () => factListeners.delete(listener);
    },
    onOutput: (listener) => {
      outputListeners.add(listener);
      return () => outputListeners.delete(listener);
    },
    trouble: () => trouble,
    recordAgain,
    jobFor,
    idle,
  };
}

/** Whether a command of ours runs outside for it, whose ending is worth waiting for. */
const runsCommand = ({ kind, step }: Work): boolean =>
  kind === 'perform' && (step === null || step.kind === 'run' || step.kind === 'release');

/** Facts that say how work ended: they are kept even when the session has moved on. */
const isWorkFact = (fact: Fact): boolean => fact.type === 'command.ended' || fact.type === 'attempt.found';

/** A bug in our own work is an unknown with its reason, never a step that hangs or passes. */
function broken(work: Work, context: Context, detail: string): Fact {
  const at = { place: work.place, attempt: work.attempt };
  const reading = {
    subject: work.kind,
    result: 'unknown' as const,
    value: null,
    expected: '',
    code: 'internal',
    detail,
    unit: null,
  };
  switch (work.kind) {
    case 'prepare':
      return { type: 'step.blocked', ...at, result: 'unknown', code: 'internal', detail };
    case 'guard':
      return { type: 'guard.read', ...at, result: 'unknown', readings: [reading] };
    case 'read_after_crash':
      return { type: 'probe.read', ...at, reading };
    case 'end':
      return { type: 'session.ended', outcome: context.outcome ?? 'aborted', reason: detail };
    case 'compose':
    case 'rhythm':
      return {
        ...unsent(work, detail),
        type: 'comms.due',
        moment: '',
        audience: null,
        ack: false,
        problem: detail,
      };
    case 'incident':
      return {
        type: 'incident.read',
        phase: work.attempt,
        id: null,
        state: null,
        severity: null,
        commander: null,
        result: 'unknown',
        detail,
      };
    case 'deliver':
      return {
        ...unsent(work, detail),
        type: 'comms.sent',
        result: 'unknown',
        detail,
        tries: 1,
        ack: null,
        debt: null,
      };
    default: {
      // a command that was begun may have had its effect, whatever went wrong with us
      if (work.kind === 'perform' && (work.step === null || mutates(work.step))) return lost(at, detail);
      const judged: FactOf<'check.judged'> = {
        type: 'check.judged',
        ...at,
        result: 'unknown',
        timedOut: false,
        readings: [reading],
        durationMs: 0,
      };
      return judged;
    }
  }
}

/** A message that we failed to write or send, whatever went wrong with us. */
const unsent = ({ attempt }: Work, text: string) => ({ key: attempt, at: '', to: '', text });

const lost = (at: Pick<Work, 'place' | 'attempt'>, detail: string): FactOf<'command.ended'> => ({
  type: 'command.ended',
  ...at,
  ending: 'lost',
  exitCode: null,
  signal: null,
  durationMs: 0,
  outputs: {},
  output: null,
  tail: detail,
  doubt: 'no_outcome',
});
