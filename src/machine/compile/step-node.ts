import type { Book } from '../book.ts';
import type { Context, StepRecord } from '../context.ts';
import { dataStops } from '../data.ts';
import { setRecord } from '../fold/records.ts';
import { mayRun } from '../may-run.ts';
import { placeKey } from '../place-key.ts';
import { wayAt } from '../places.ts';
import { enter, leftBehind, timeOf } from './attempts.ts';
import type { Given, StateNode } from './vocabulary.ts';
import { assign } from './vocabulary.ts';
import type { StepShape } from './ways-out.ts';
import { resultIs, waysOutOf } from './ways-out.ts';
import { abortRoute, asked, skipping } from './ways-on.ts';
import { workEnds } from './work-ends.ts';

/** The states of one step; the same for every kind, and for the way back. */
export function stepNode(book: Book, id: string, shape: StepShape): StateNode {
  const { step } = shape;
  const out = waysOutOf(book, shape);
  const { record, ways, route, failing, performedWhen, verified } = out;

  const status = (value: StepRecord['status']) =>
    assign(({ context, event }) =>
      setRecord(context, shape.placeOf(context), { status: value, since: timeOf(event, context) }),
    );
  const over = (value: 'done' | 'skipped' | 'undone') =>
    assign(({ context, event }) =>
      setRecord(context, shape.placeOf(context), { status: value, endedAt: timeOf(event, context) }),
    );

  const runsCommand = step === null || step.kind === 'run' || step.kind === 'release';
  const starts = ({ context }: Given): boolean =>
    mayRun(book, context, shape.placeOf(context)) && !dataStops(book, context, step);
  const askedAgain = asked(book, shape, out);
  const skipped = out.ends('operator.skipped', skipping(step));

  return {
    id,
    initial: 'idle',
    entry: assign(({ context }) => ({
      ...context,
      cursor: [...context.cursor, placeKey(shape.placeOf(context))],
    })),
    exit: assign(({ context }) => leftBehind(context, shape.placeOf(context))),
    onDone: shape.next,
    ...abortRoute(book, shape),
    states: {
      idle: {
        entry: assign(({ context, event }) => {
          const repeats = event.type === 'operator.retried' && event.by === 'walkback';
          return enter(context, shape.placeOf(context), timeOf(event, context), repeats);
        }),
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
          ...skipped,
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
          // a break came between the word and the start: the word is not taken for hours later
          'attempt.found': ways({
            guard: ({ event }) => event.type === 'attempt.found' && event.verdict === 'not_started',
            target: 'idle',
          }),
        },
      },
      performing: {
        entry: status('performing'),
        on: {
          ...workEnds(shape, out),
          // a command under way is stopped or waited for, never passed over
          ...(runsCommand ? {} : skipped),
        },
      },
      verifying: {
        entry: status('verifying'),
        on: {
          'check.judged': ways(
            ...verified,
            ...failing('fail', 'failed', resultIs('fail')),
            ...failing('unknown', 'unknown', resultIs('unknown')),
          ),
          'person.reported': ways(
            ...verified,
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
