import type { Route, RouteOn, Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { attemptId, recordAt, verifiedBy, wayAt } from './places.ts';
import { debtsToRelease, mayGoPastGuard } from './debts.ts';
import { mayRun, mutates, retriesLeft } from './may-run.ts';
import { dataStops } from './data.ts';
import type { FactType, TimedFact } from './facts.ts';
import type { Place, Result } from './fact-values.ts';
import { pastGuard, placeKey } from './place-key.ts';
import { foldOver } from './fold.ts';
import { setRecord } from './fold-records.ts';
import { gatesOf } from './gates.ts';
import type { Given, StateNode, Way } from './vocabulary.ts';
import { assign } from './vocabulary.ts';

/**
 * The one shape every step compiles to. What differs between kinds is the work done in `performing`, and which
 * fact ends it; the way back after an abort walks through the same states with places of its own.
 */
export interface StepShape {
  readonly placeOf: (context: Context) => Place;
  readonly step: Step | null;
  /** Where it goes on when it is over. */
  readonly next: string;
  /** Resolves an author's route to a way out of this step, or null where the person is asked. */
  readonly leave: (route: Route) => Way | null;
}

export function stepNode(book: Book, id: string, shape: StepShape): StateNode {
  const fold = foldOver(book);
  const { step } = shape;

  const isMine = (context: Context, fact: TimedFact): boolean => {
    if (!('attempt' in fact)) return false;
    const place = shape.placeOf(context);
    return (
      fact.place.step === place.step &&
      fact.place.item === place.item &&
      recordAt(context, place)?.attempt === fact.attempt
    );
  };
  const record = (context: Context): StepRecord | undefined => recordAt(context, shape.placeOf(context));

  // shared where nothing else changes: a thousand steps make tens of thousands of transitions
  const apply = assign(({ context, event }) => fold(context, event));
  const mine = (given: Given): boolean => isMine(given.context, given.event);

  /** Turns ways into XState transitions: all of them only for facts about this place and attempt. */
  const ways = (...all: readonly (Way | null)[]) =>
    all
      .filter((way) => way !== null)
      .map(({ guard, target, change }) => ({
        guard: guard === undefined ? mine : (given: Given) => mine(given) && guard(given),
        ...(target === undefined ? {} : { target }),
        actions: change === undefined ? apply : assign(({ context, event }) => change(fold(context, event))),
      }));

  const status = (value: StepRecord['status']) =>
    assign(({ context, event }) =>
      setRecord(context, shape.placeOf(context), { status: value, since: timeOf(event, context) }),
    );
  const over = (value: 'done' | 'skipped' | 'undone') =>
    assign(({ context, event }) =>
      setRecord(context, shape.placeOf(context), { status: value, endedAt: timeOf(event, context) }),
    );

  /** Where a step that did not pass goes: the author's route, or the state in which a person is asked. */
  const route = (on: RouteOn, otherwise: 'failed' | 'unknown', guard?: Way['guard']): Way => {
    const way = step === null ? null : shape.leave(step.on[on]);
    const leaving = (context: Context): Context => {
      const known = setRecord(context, shape.placeOf(context), { status: otherwise });
      return way?.change?.(known) ?? known;
    };
    const open: Way = way === null ? { target: otherwise } : { ...way, change: leaving };
    return guard === undefined ? open : { ...open, guard };
  };
  const triesAgain = ({ context, event }: Given): boolean => {
    const mine = record(fold(context, event));
    return mine !== undefined && retriesLeft(step, mine);
  };
  /** Ways out for a step that failed: its own retries first, then the author's route, then the person. */
  const failing = (
    on: RouteOn,
    otherwise: 'failed' | 'unknown',
    guard: NonNullable<Way['guard']>,
  ): readonly Way[] => [
    { guard: (given) => guard(given) && triesAgain(given), target: otherwise },
    route(on, otherwise, guard),
  ];

  const resultIs =
    (result: Result) =>
    ({ event }: Given): boolean =>
      'result' in event && event.result === result;
  const verifies = (context: Context): boolean =>
    verifiedBy(book, context, shape.placeOf(context)).length > 0;
  const performed: readonly Way[] = [
    { guard: ({ context }) => verifies(context), target: 'verifying' },
    { guard: ({ context }) => moreDebts(book, step, context, record(context)), target: 'idle' },
    { target: 'done' },
  ];
  const performedWhen = (guard: NonNullable<Way['guard']>): readonly Way[] =>
    performed.map((way) => ({
      ...way,
      guard: (given: Given) => guard(given) && (way.guard?.(given) ?? true),
    }));

  const isMutating = step === null || mutates(step);
  const runsCommand = step === null || step.kind === 'run' || step.kind === 'release';
  const starts = ({ context }: Given): boolean =>
    mayRun(book, context, shape.placeOf(context)) && !dataStops(book, context, step);
  const skipping = ways({
    guard: ({ event }) => event.type === 'operator.skipped' && maySkip(step, event.override),
    target: 'skipped',
  });
  const askedAgain = {
    'operator.retried': ways({ target: 'idle' }),
    'operator.skipped': skipping,
    'operator.routed': ways(
      ...gateWays(book, step, shape),
      ...routedWays(step, shape),
      ...(step === null || step.kind === 'release' ? [pastGuardWay(book, shape)] : []),
    ),
  };
  const ends = (type: FactType, ...list: readonly Way[]) => ({ [type]: ways(...list) });

  const endingOfCommand: readonly Way[] = [
    {
      guard: ({ event }) => event.type === 'command.ended' && event.doubt !== null && isMutating,
      target: 'in_doubt',
    },
    ...performedWhen(
      ({ event }) => event.type === 'command.ended' && event.ending === 'exited' && event.exitCode === 0,
    ),
    ...failing(
      'timeout',
      'failed',
      ({ event }) => event.type === 'command.ended' && event.ending === 'timed_out',
    ),
    ...failing('fail', 'failed', () => true),
  ];
  const endingOfCheck: readonly Way[] = [
    ...(step?.kind === 'check' || step?.kind === 'wait' ? performedWhen(resultIs('pass')) : afterVerify()),
    ...failing('timeout', 'unknown', (given) => timedOut(given) && resultIs('unknown')(given)),
    ...failing('fail', 'failed', resultIs('fail')),
    ...failing('unknown', 'unknown', resultIs('unknown')),
  ];

  const reported: readonly Way[] = [
    ...performedWhen(resultIs('pass')),
    route('fail', 'failed', resultIs('fail')),
    route('unknown', 'unknown', resultIs('unknown')),
  ];

  /** What ends the work of one kind, besides the end of a command and a judged check. */
  function endsOfKind() {
    switch (step?.kind) {
      case 'decide':
        return {
          ...ends('question.posed', {}),
          ...ends('decision.chosen', {}),
          ...ends('objection.raised', { guard: ({ context }) => record(context)?.chosen != null }),
          ...ends('decision.made', ...decisionWays(step, shape)),
        };
      case 'approve':
        return {
          ...ends('approval.requested', {}),
          ...ends(
            'approval.given',
            {
              guard: (given) => approves(given, record) && lastApproval(step, record(given.context)),
              target: 'done',
            },
            { guard: (given) => approves(given, record) },
          ),
          ...ends('approval.denied', route('denied', 'failed')),
          ...ends(
            'approval.expired',
            ...(step.on.timeout.kind === 'ask' ? [{}] : [route('timeout', 'failed')]),
          ),
        };
      case 'manual':
      case 'check':
        return ends('person.reported', ...reported);
      case 'confirm':
        return ends(
          'value.typed',
          { guard: ({ event }) => event.type === 'value.typed' && event.matches, target: 'done' },
          {},
        );
      case 'wait':
        return ends('wait.over', { target: 'done' });
      case 'notify':
        return ends(
          'message.sent',
          { guard: resultIs('pass'), target: 'done' },
          route('fail', 'failed', resultIs('fail')),
          route('unknown', 'unknown', resultIs('unknown')),
        );
      default:
        return {};
    }
  }

  function afterVerify(): readonly Way[] {
    return [
      {
        guard: (given) =>
          resultIs('pass')(given) && moreDebts(book, step, given.context, record(given.context)),
        target: 'idle',
      },
      { guard: resultIs('pass'), target: 'done' },
    ];
  }

  return {
    id,
    initial: 'idle',
    entry: assign(({ context }) => ({
      ...context,
      cursor: [...context.cursor, placeKey(shape.placeOf(context))],
    })),
    exit: assign(({ context }) => leftBehind(context, shape.placeOf(context))),
    onDone: shape.next,
    ...abortRoute(book, step, shape),
    states: {
      idle: {
        entry: assign(({ context, event }) => enter(context, shape.placeOf(context), timeOf(event, context))),
        on: {
          'step.readied': ways(
            {
              guard: ({ event }) => event.type === 'step.readied' && event.shown.confirm === 'none',
              target: 'guarding',
            },
            { target: 'ready' },
          ),
          'step.passed_over': ways({ target: 'skipped' }),
          'step.blocked': ways(
            route('fail', 'failed', resultIs('fail')),
            route('unknown', 'unknown', resultIs('unknown')),
          ),
        },
      },
      ready: {
        entry: status('ready'),
        on: {
          'step.readied': ways({}),
          'operator.ran': ways({ guard: starts, target: 'guarding' }),
          'operator.skipped': skipping,
        },
      },
      guarding: {
        entry: status('guarding'),
        on: {
          'guard.read': ways(
            route('fail', 'failed', resultIs('fail')),
            route('unknown', 'unknown', resultIs('unknown')),
            { guard: resultIs('pass') },
          ),
          'step.intent': ways({ guard: starts, target: 'performing' }),
        },
      },
      performing: {
        entry: status('performing'),
        on: {
          ...ends('command.ended', ...endingOfCommand),
          ...ends(
            'attempt.found',
            {
              guard: ({ event }) => event.type === 'attempt.found' && event.verdict === 'in_doubt',
              target: 'in_doubt',
            },
            {
              guard: ({ event }) => event.type === 'attempt.found' && event.verdict === 'not_started',
              target: 'idle',
            },
            {},
          ),
          ...ends('comparison.made', {}),
          ...ends('smoke.ran', {}),
          ...ends('check.judged', ...endingOfCheck),
          ...endsOfKind(),
          // a command under way is stopped or waited for, never passed over
          ...(runsCommand ? {} : { 'operator.skipped': skipping }),
        },
      },
      verifying: {
        entry: status('verifying'),
        on: {
          'check.judged': ways(
            ...afterVerify(),
            ...failing('fail', 'failed', resultIs('fail')),
            ...failing('unknown', 'unknown', resultIs('unknown')),
          ),
          'person.reported': ways(
            ...afterVerify(),
            route('fail', 'failed', resultIs('fail')),
            route('unknown', 'unknown', resultIs('unknown')),
          ),
        },
      },
      failed: { entry: status('failed'), on: askedAgain },
      unknown: { entry: status('unknown'), on: askedAgain },
      in_doubt: {
        entry: status('in_doubt'),
        on: {
          'probe.read': ways({}),
          'command.ended': ways({
            guard: ({ event }) => event.type === 'command.ended' && event.ending !== 'lost',
          }),
          'doubt.resolved': ways(
            {
              guard: ({ event }) => event.type === 'doubt.resolved' && event.as === 'run_again',
              target: 'idle',
            },
            ...performedWhen(({ event }) => event.type === 'doubt.resolved' && event.as === 'done'),
            route('timeout', 'failed', ({ context }) => record(context)?.problem?.code === 'timeout'),
            route('fail', 'failed'),
          ),
        },
      },
      done: {
        type: 'final',
        entry: [over(step === null ? 'undone' : 'done'), assign(({ context }) => settle(context, shape))],
      },
      skipped: { type: 'final', entry: over('skipped') },
    },
  };
}

/** A new attempt: its number is one more than the last at this place, whatever round it belongs to. */
export function enter(context: Context, place: Place, at: string): Context {
  const before = recordAt(context, place);
  const number = (before?.attemptNumber ?? 0) + 1;
  const fresh: StepRecord = {
    place,
    status: 'idle',
    attempt: attemptId(place, number),
    attemptNumber: number,
    tries: before === undefined || before.left ? 1 : before.tries + 1,
    left: false,
    since: at,
    enteredAt: at,
    startedAt: null,
    endedAt: null,
    shown: null,
    readings: [],
    problem: null,
    probe: null,
    question: null,
    againAt: null,
    chosen: null,
    approval: null,
    debt: null,
    pastGuard: false,
    intended: false,
    outputs: {},
    answer: null,
    captured: {},
  };
  return { ...context, records: { ...context.records, [placeKey(place)]: fresh } };
}

/** The session has left a place, whichever way. */
export function leftBehind(context: Context, place: Place): Context {
  const key = placeKey(place);
  const cursor = context.cursor.filter((other) => other !== key);
  const { [key]: record, ...records } = context.records;
  if (record === undefined) return { ...context, cursor };
  const settled = context.settled[key] === undefined ? context.settled : without(context.settled, key);
  return { ...context, cursor, records, settled: { ...settled, [key]: { ...record, left: true } } };
}

function without<Value>(record: Readonly<Record<string, Value>>, key: string): Record<string, Value> {
  const { [key]: _left, ...others } = record;
  return others;
}

/** The way back was walked for one entry: what it undid is marked so. */
function settle(context: Context, shape: StepShape): Context {
  const way = wayAt(context, shape.placeOf(context));
  if (way?.kind !== 'undo') return context;
  const { attempt, place } = way.performed;
  const marked = {
    ...context,
    history: context.history.map((entry) => (entry.attempt === attempt ? { ...entry, undone: true } : entry)),
  };
  return setRecord(marked, place, { status: 'undone' });
}

export const timeOf = (event: TimedFact | { readonly type: string }, context: Context): string =>
  'at' in event ? event.at : (context.started?.at ?? '');

const timedOut = ({ event }: Given): boolean => event.type === 'check.judged' && event.timedOut;

/** A required step, a step that opens a debt, and a guard are passed over by an override only. */
export const maySkip = (step: Step | null, override: boolean): boolean =>
  override ||
  step === null ||
  (!step.required && step.opens === null && step.verify.length === 0 && step.kind !== 'approve');

/** One person counts once, and only while a request stands. */
function approves({ context, event }: Given, record: (context: Context) => StepRecord | undefined): boolean {
  const approval = record(context)?.approval ?? null;
  return event.type === 'approval.given' && approval !== null && !approval.given.includes(event.principal);
}

function lastApproval(step: Step | null, record: StepRecord | undefined): boolean {
  return step?.kind === 'approve' && (record?.approval?.given.length ?? 0) + 1 >= step.approval.count;
}

/** True while a release step has another debt to give back after the one it is at. */
function moreDebts(book: Book, step: Step | null, context: Context, record: StepRecord | undefined): boolean {
  return (
    step?.kind === 'release' &&
    debtsToRelease(book, context, step.obligations).some(({ key }) => key !== record?.debt)
  );
}

function decisionWays(step: Step | null, shape: StepShape): readonly Way[] {
  if (step?.kind !== 'decide') return [];
  return step.options.map((option): Way => {
    const chosen = ({ event }: Given): boolean =>
      event.type === 'decision.made' && event.option === option.id;
    if (option.again) return { guard: chosen };
    const way = option.route === null ? null : shape.leave(option.route);
    if (way === null) return { guard: chosen, target: 'done' };
    // a decision that leads elsewhere is made: its step is done
    const decided = (context: Context): Context =>
      setRecord(context, shape.placeOf(context), {
        status: 'done',
        endedAt: recordAt(context, shape.placeOf(context))?.since ?? null,
      });
    return { guard: chosen, ...way, change: (context) => way.change?.(decided(context)) ?? decided(context) };
  });
}

/** Back to an approval that does not hold any more, to ask for it anew. */
const gateWays = (book: Book, step: Step | null, shape: StepShape): readonly Way[] =>
  gatesOf(book, step).flatMap((gate): readonly Way[] => {
    const way = shape.leave({ kind: 'goto', target: gate.id });
    if (way === null) return [];
    return [{ ...way, guard: ({ event }) => event.type === 'operator.routed' && event.to === gate.id }];
  });

/** Gives back in spite of what should hold before it: the other guards are read again, this one is not. */
const pastGuardWay = (book: Book, shape: StepShape): Way => ({
  guard: ({ context, event }) => {
    const record = recordAt(context, shape.placeOf(context));
    return (
      event.type === 'operator.routed' &&
      event.to === pastGuard &&
      record !== undefined &&
      mayRun(book, context, record.place) &&
      mayGoPastGuard(book, context, record)
    );
  },
  target: 'guarding',
});

/** The ways on that a person may take from a step that did not pass: every place the author's routes name. */
function routedWays(step: Step | null, shape: StepShape): readonly Way[] {
  if (step === null) return [];
  return Object.values(step.on).flatMap((route): readonly Way[] => {
    const way = shape.leave(route);
    if (way === null || route.kind === 'ask') return [];
    const name = route.kind === 'goto' ? route.target : `end:${route.outcome}`;
    return [{ ...way, guard: ({ event }) => event.type === 'operator.routed' && event.to === name }];
  });
}

/**
 * `on.abort` of the step at hand, where the author gave one: taken instead of the general way back, and like it only
 * once nothing runs and nothing is in doubt any more.
 */
function abortRoute(book: Book, step: Step | null, shape: StepShape): Pick<StateNode, 'always'> {
  const way = step === null ? null : shape.leave(step.on.abort);
  if (way === null) return {};
  return {
    always: {
      guard: ({ context }: { readonly context: Context }) =>
        context.aborting !== null && !commandRuns(book, context),
      ...(way.target === undefined ? {} : { target: way.target }),
      actions: assign(({ context }) => {
        const goesOn = { ...context, aborting: null };
        return way.change?.(goesOn) ?? goesOn;
      }),
    },
  };
}

/** True while a command that may change something is under way or in doubt: leaving then would lose sight of it. */
export const commandRuns = (book: Book, context: Context): boolean =>
  context.cursor.some((key) => {
    const record = context.records[key];
    const step = record === undefined ? undefined : book.steps.get(record.place.step);
    const busy = record?.status === 'performing' || record?.status === 'in_doubt';
    return busy && step !== undefined && mutates(step) && step.kind !== 'manual';
  });
