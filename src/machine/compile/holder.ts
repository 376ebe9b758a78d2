import type { Step } from '../../runbook/model/step.ts';
import type { Book } from '../book.ts';
import { foldOver } from '../fold.ts';
import { setRecord } from '../fold/records.ts';
import type { Targets } from '../graph-targets.ts';
import { maySkip } from '../may-run.ts';
import { placeKey } from '../place-key.ts';
import { placeOf, recordAt } from '../places.ts';
import { enter, leftBehind, timeOf } from './attempts.ts';
import type { Region, Surroundings } from './leaving.ts';
import { stepState } from './state-names.ts';
import type { Given, StateNode, Way } from './vocabulary.ts';
import { assign } from './vocabulary.ts';

/** What a step that holds others is compiled with: the runbook, and how to compile what it holds. */
export interface Compiling {
  readonly book: Book;
  readonly targets: Targets;
  /** The states of steps that follow each other; the last one leads to `after`. */
  readonly steps: (
    list: readonly Step[],
    after: string,
    regions: readonly Region[],
  ) => Record<string, StateNode>;
}

/** Facts about a step that holds others, taken only when they name its place and attempt. */
export const mineTo = (book: Book, step: Step) => {
  const fold = foldOver(book);
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
export function holderNode(
  book: Book,
  step: Step,
  around: Surroundings,
  entering: NonNullable<StateNode['on']>,
  states: Record<string, StateNode>,
): StateNode {
  const to = mineTo(book, step);
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
        entry: assign(({ context, event }) => enter(context, placeOf(context, step), timeOf(event, context))),
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
