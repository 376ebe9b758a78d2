import type { Phase, Route, Step } from '../runbook/model/step.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Context } from './context.ts';
import type { Book } from './book.ts';
import { initialContext, wayBackStep } from './context.ts';
import { bookOf } from './book.ts';
import { placeOf, recordAt } from './places.ts';
import type { FactType } from './facts.ts';
import type { Place } from './fact-values.ts';
import { placeKey } from './place-key.ts';
import { foldOver } from './fold.ts';
import { setRecord } from './fold-records.ts';
import { wayBackOf } from './way-back.ts';
import type { Targets } from './graph-targets.ts';
import { targetsOf } from './graph-targets.ts';
import type { StepShape } from './step-state.ts';
import { commandRuns, enter, leftBehind, maySkip, stepNode, timeOf } from './step-state.ts';
import type { Given, StateNode, Way } from './vocabulary.ts';
import { assign, vocabulary } from './vocabulary.ts';

export interface SessionMachine {
  readonly book: Book;
  readonly machine: ReturnType<typeof vocabulary.createMachine>;
}

/** Where a step stands: what comes after it, and which `parallel` regions surround it. */
interface Surroundings {
  readonly next: string;
  /** Innermost first: the parallel's id, the steps inside it, and the final state of the region around here. */
  readonly regions: readonly Region[];
}

interface Region {
  readonly parallel: string;
  readonly inside: ReadonlySet<string>;
  readonly leave: string;
}

const stepState = (id: string) => `step_${id}`;
const hash = (id: string) => `#${id}`;

/**
 * Compiles a runbook to one statechart: phases are compound states, every step has the same children, only
 * `parallel` has regions, `each` is a counter in the context.
 */
export function compileRunbook(runbook: Runbook): SessionMachine {
  const book = bookOf(runbook);
  const targets = targetsOf(runbook);
  const compiler = compilerOf(book, targets);
  const phases = Object.fromEntries(
    runbook.phases.flatMap((phase, index) =>
      phase.steps.length === 0
        ? []
        : [[`phase_${phase.id}`, compiler.phase(phase, stateOrEnd(targets.afterPhase(index)))]],
    ),
  );
  const start = runbook.phases.findIndex(({ offPath }) => !offPath);
  const first = runbook.phases[start]?.steps[0]?.id ?? targets.afterPhase(start);
  const fold = foldOver(book);
  const apply = assign(({ context, event }) => fold(context, event));

  const machine = vocabulary.createMachine({
    id: 'session',
    context: ({ input }) => initialContext(input.session),
    initial: 'new',
    on: everywhere(apply),
    states: {
      new: {
        on: {
          'session.started': { target: stateOrEnd(first), actions: apply },
        },
      },
      running: {
        initial: Object.keys(phases)[0] ?? 'nothing',
        states: Object.keys(phases).length === 0 ? { nothing: {} } : phases,
        on: { 'abort.requested': { actions: apply } },
        always: {
          guard: ({ context }) => context.aborting !== null && !commandRuns(book, context),
          target: '#aborting',
        },
      },
      aborting: {
        id: 'aborting',
        initial: 'next',
        entry: assign(({ context }) => ({
          ...context,
          status: 'aborting' as const,
          queue: wayBackOf(book, context),
          queueAt: -1,
        })),
        states: walkBack(book, '#ending', (context) => ({ ...context, outcome: 'aborted' })),
      },
      ending: {
        id: 'ending',
        on: { 'session.ended': { target: 'ended', actions: apply } },
      },
      ended: {
        initial: 'resting',
        entry: assign(({ context }) => ({
          ...context,
          status: 'ended' as const,
          queue: [],
          queueAt: -1,
          held: null,
        })),
        on: { 'session.closed': { target: 'closed', actions: apply } },
        states: {
          resting: {
            id: 'resting',
            on: {
              'release.requested': {
                target: 'paying',
                actions: assign(({ context, event }) =>
                  event.type === 'release.requested'
                    ? {
                        ...fold(context, event),
                        queue: [...context.queue, { kind: 'release' as const, key: event.key }],
                      }
                    : context,
                ),
              },
            },
          },
          paying: { initial: 'next', states: walkBack(book, '#resting', (context) => context) },
        },
      },
      // not final: what is told or edited after the close is recorded too
      closed: {},
    },
  });
  return { book, machine };
}

/** Facts that are taken wherever the session stands. */
const everywhere = (apply: ReturnType<typeof assign>): NonNullable<StateNode['on']> =>
  Object.fromEntries([...takenEverywhere].map((type) => [type, { actions: apply }]));

/** Facts that move no step: they change what is known, never the state. */
export const takenEverywhere: ReadonlySet<FactType> = new Set([
  'session.resumed',
  'session.held',
  'session.unheld',
  'session.stopped',
  'runbook.rebased',
  'clock.jumped',
  'client.attached',
  'client.detached',
  'obligation.opened',
  'obligation.discharged',
  'obligation.overdue',
  'trigger.changed',
  'trigger.blind',
  'advice.changed',
  'success.changed',
  'window.changed',
  'window.rang',
  'event.reported',
  'calendar.changed',
  'authority.checked',
  'authority.denied',
  'authority.requested',
  'authority.proved',
  'override.used',
  'override.approved',
  'watch.breached',
  'watch.cleared',
  'invariant.measured',
  'data.measured',
  'data.accepted',
  'flag.turned',
  'evidence.captured',
  'scope.decided',
  'scope.overridden',
  'evidence.started',
  'note.added',
  'drift.added',
  'drift.captured',
  'drift.looked',
  'drift.disposed',
  'comms.due',
  'comms.retried',
  'handover.offered',
  'handover.accepted',
  'handover.withdrawn',
  'incident.read',
  'comms.sent',
  'escalation.sent',
  'intent.refused',
  'drill.scored',
  'pm.edited',
  'pm.item',
  'pm.item_closed',
  'pm.finished',
  'learn.proposed',
  'evaluation.made',
  'watch.started',
  'watch.stopped',
  'signal.received',
  'signal.refused',
  'proposal.opened',
  'decision.recorded',
  'deployment.recorded',
  'cause.told',
]);

/** A loop over the queue of ways back, each walked through the states of a step. */
function walkBack(
  book: Book,
  after: string,
  finish: (context: Context) => Context,
): Record<string, StateNode> {
  const place = (context: Context): Place => ({ step: wayBackStep, item: String(context.queueAt) });
  const shape: StepShape = { placeOf: place, step: null, next: 'next', leave: () => null };
  const { id: _unnamed, ...node } = stepNode(book, 'way', shape);
  return {
    next: {
      entry: assign(({ context }) => ({ ...context, queueAt: context.queueAt + 1 })),
      always: [
        { guard: ({ context }) => context.queueAt < context.queue.length, target: 'way' },
        {
          target: after,
          actions: assign(({ context }) => finish({ ...context, queueAt: context.queue.length - 1 })),
        },
      ],
    },
    way: node,
  };
}

const stateOrEnd = (step: string | null): string => (step === null ? '#ending' : hash(stepState(step)));

function compilerOf(book: Book, targets: Targets) {
  const fold = foldOver(book);

  /** The id of the step that a route from here enters; null where that is the end. */
  const entryOf = (target: string, from: string): string | null => {
    const found = targets.find(target, from);
    return found.ok ? found.step : null;
  };

  const leaveFrom =
    (from: string, regions: readonly Region[]) =>
    (route: Route): Way | null => {
      if (route.kind === 'ask') return null;
      const ends = route.kind === 'end';
      const entry = ends ? null : entryOf(route.target, from);
      const outcome = (context: Context): Context =>
        ends ? { ...context, outcome: route.outcome } : context;
      const [innermost] = regions;
      if (innermost === undefined || (entry !== null && innermost.inside.has(entry))) {
        return { target: stateOrEnd(entry), change: outcome };
      }
      return {
        target: innermost.leave,
        change: (context) => leavingFor(outcome(context), innermost.parallel, entry ?? theEnd),
      };
    };

  function steps(
    list: readonly Step[],
    after: string,
    regions: readonly Region[],
  ): Record<string, StateNode> {
    return Object.fromEntries(
      list.map((step, index) => {
        const following = list[index + 1];
        const next =
          following === undefined || step.nextItem === true ? after : hash(stepState(following.id));
        return [stepState(step.id), node(step, { next, regions })];
      }),
    );
  }

  function node(step: Step, around: Surroundings): StateNode {
    if (step.kind === 'parallel') return parallelNode(step, around);
    if (step.kind === 'each') return eachNode(step, around);
    if (step.kind === 'end') return endNode(step, around);
    return stepNode(book, stepState(step.id), {
      placeOf: (context) => placeOf(context, step),
      step,
      next: around.next,
      leave: leaveFrom(step.id, around.regions),
    });
  }

  function endNode(step: Extract<Step, { kind: 'end' }>, around: Surroundings): StateNode {
    const way = leaveFrom(step.id, around.regions)({ kind: 'end', outcome: step.outcome });
    return {
      id: stepState(step.id),
      entry: assign(({ context, event }) =>
        finished(context, placeOf(context, step), timeOf(event, context)),
      ),
      always: {
        target: way?.target ?? '#ending',
        actions: assign(({ context }) => way?.change?.(context) ?? context),
      },
    };
  }

  /** Facts about a step that holds others, taken only when they name its place and attempt. */
  const mineTo = (step: Step) => {
    const isMine = ({ context, event }: Given): boolean =>
      'attempt' in event &&
      placeKey(event.place) === placeKey(placeOf(context, step)) &&
      recordAt(context, placeOf(context, step))?.attempt === event.attempt;
    return (target: string, guard?: Way['guard'], change?: Way['change']) => ({
      guard: (given: Given) => isMine(given) && (guard?.(given) ?? true),
      target,
      actions: assign(({ context, event }) => {
        const folded = fold(context, event);
        return change?.(folded) ?? folded;
      }),
    });
  };

  /** A step that holds others: `when` is looked at in `idle`, then its inside is entered. */
  function container(
    step: Step,
    around: Surroundings,
    entering: NonNullable<StateNode['on']>,
    states: Record<string, StateNode>,
  ): StateNode {
    const to = mineTo(step);
    const mark = (status: 'done' | 'skipped' | 'unknown') =>
      assign(({ context, event }) => {
        const at = timeOf(event, context);
        return setRecord(context, placeOf(context, step), {
          status,
          since: at,
          ...(status === 'unknown' ? {} : { endedAt: at }),
        });
      });
    return {
      id: stepState(step.id),
      initial: 'idle',
      entry: assign(({ context }) => ({
        ...context,
        cursor: [...context.cursor, placeKey(placeOf(context, step))],
      })),
      exit: assign(({ context }) => leftBehind(context, placeOf(context, step))),
      onDone: around.next,
      states: {
        idle: {
          entry: assign(({ context, event }) =>
            enter(context, placeOf(context, step), timeOf(event, context)),
          ),
          on: { ...entering, 'step.passed_over': to('skipped'), 'step.blocked': to('unknown') },
        },
        unknown: {
          entry: mark('unknown'),
          on: {
            'operator.retried': to('idle'),
            'operator.skipped': to(
              'skipped',
              ({ event }) => event.type === 'operator.skipped' && maySkip(step, event.override),
            ),
          },
        },
        ...states,
        done: { type: 'final', entry: mark('done') },
        skipped: { type: 'final', entry: mark('skipped') },
      },
    };
  }

  function eachNode(step: Extract<Step, { kind: 'each' }>, around: Surroundings): StateNode {
    const key = (context: Context) => placeKey(placeOf(context, step));
    const loop = (context: Context) => context.each[key(context)] ?? { items: [], index: 0 };
    const more = ({ context }: { readonly context: Context }) =>
      step.endless === true || loop(context).index + 1 < loop(context).items.length;
    const advance = (context: Context): Context => ({
      ...context,
      each: { ...context.each, [key(context)]: { ...loop(context), index: loop(context).index + 1 } },
    });
    const itemsOver = `over_${step.id}`;
    const first = step.steps[0];
    const status = (value: 'performing' | 'verifying') =>
      assign(({ context, event }) =>
        setRecord(context, placeOf(context, step), { status: value, since: timeOf(event, context) }),
      );
    return container(
      step,
      around,
      {
        'each.started': [
          mineTo(step)('done', ({ event }) => event.type === 'each.started' && event.items.length === 0),
          mineTo(step)('items'),
        ],
      },
      {
        items: {
          entry: status('performing'),
          initial: first === undefined ? itemsOver : stepState(first.id),
          states: {
            ...steps(step.steps, hash(itemsOver), around.regions),
            [itemsOver]: { id: itemsOver, type: 'final' },
          },
          onDone: 'turn',
        },
        turn: {
          always: [
            {
              guard: (given) => more(given) && step.gapMs === 0,
              target: 'items',
              actions: assign(({ context }) => advance(context)),
            },
            { guard: more, target: 'gap' },
            { target: 'done' },
          ],
        },
        gap: {
          entry: status('verifying'),
          on: { 'wait.over': mineTo(step)('items', undefined, advance) },
        },
      },
    );
  }

  function parallelNode(step: Extract<Step, { kind: 'parallel' }>, around: Surroundings): StateNode {
    const regions = step.steps.map((child, index) => {
      const over = `over_${step.id}_${index}`;
      const region: Region = { parallel: step.id, inside: new Set(idsInside(child)), leave: hash(over) };
      const state: StateNode = {
        initial: stepState(child.id),
        states: {
          ...steps([child], hash(over), [region, ...around.regions]),
          [over]: { id: over, type: 'final' },
        },
      };
      return [`region_${index}`, state] as const;
    });
    const goals = [
      ...new Set(
        exitsOf(step).map(({ from, route }) =>
          route.kind === 'goto' ? (entryOf(route.target, from) ?? theEnd) : theEnd,
        ),
      ),
    ];
    const departures = goals.map((goal) => {
      const way = outOf(around, goal);
      return {
        guard: ({ context }: { readonly context: Context }) => context.leaving[step.id] === goal,
        target: way.target ?? '#ending',
        actions: assign(({ context }) => {
          const { [step.id]: _left, ...leaving } = context.leaving;
          return way.change?.({ ...context, leaving }) ?? { ...context, leaving };
        }),
      };
    });
    return container(
      step,
      around,
      { 'step.readied': mineTo(step)('regions') },
      {
        regions: {
          type: 'parallel',
          entry: assign(({ context, event }) =>
            setRecord(context, placeOf(context, step), {
              status: 'performing',
              since: timeOf(event, context),
            }),
          ),
          states: Object.fromEntries(regions),
          onDone: 'left',
        },
        left: { always: [...departures, { target: 'done' }] },
      },
    );
  }

  /** Out of a parallel that has settled, and out of those around it: the outcome was set when the region left. */
  function outOf(around: Surroundings, goal: string): Way {
    const [outer] = around.regions;
    if (outer === undefined || outer.inside.has(goal))
      return { target: goal === theEnd ? '#ending' : hash(stepState(goal)) };
    return { target: outer.leave, change: (context) => leavingFor(context, outer.parallel, goal) };
  }

  return {
    phase: (phase: Phase, after: string): StateNode => ({
      initial: stepState(phase.steps[0]?.id ?? ''),
      states: steps(phase.steps, after, []),
    }),
  };
}

/** The step and everything inside it. */
function idsInside(step: Step): readonly string[] {
  return step.kind === 'parallel' || step.kind === 'each'
    ? [step.id, ...step.steps.flatMap(idsInside)]
    : [step.id];
}

/** Every route that starts inside a step, with the step it starts from; `end` steps included. */
function exitsOf(step: Step): readonly { readonly from: string; readonly route: Route }[] {
  const own = [
    ...Object.values(step.on),
    ...(step.kind === 'decide' ? step.options.flatMap(({ route }) => (route === null ? [] : [route])) : []),
    ...(step.kind === 'end' ? [{ kind: 'end' as const, outcome: step.outcome }] : []),
  ].flatMap((route) => (route.kind === 'ask' ? [] : [{ from: step.id, route }]));
  return step.kind === 'parallel' || step.kind === 'each' ? [...own, ...step.steps.flatMap(exitsOf)] : own;
}

/** Where a parallel leads that is left for the end of the session; no step's id. */
const theEnd = '@end';

/** Where a parallel leads once its regions have settled. What is still to be done goes before an end. */
function leavingFor(context: Context, parallel: string, goal: string): Context {
  const known = context.leaving[parallel];
  if (goal === theEnd && known !== undefined && known !== theEnd) return context;
  return { ...context, leaving: { ...context.leaving, [parallel]: goal } };
}

const finished = (context: Context, place: Place, at: string): Context =>
  leftBehind(setRecord(enter(context, place, at), place, { status: 'done', endedAt: at }), place);
