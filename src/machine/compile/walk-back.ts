import type { Book } from '../book.ts';
import type { Context } from '../context.ts';
import { wayBackStep } from '../context.ts';
import type { Place } from '../facts/values.ts';
import { foldOver } from '../fold.ts';
import { wayBackOf } from '../way-back.ts';
import { stepNode } from './step-node.ts';
import type { StateNode } from './vocabulary.ts';
import { assign } from './vocabulary.ts';
import type { StepShape } from './ways-out.ts';

/** After an abort: everything that can be taken back is, newest first. */
export const abortingState = (book: Book): StateNode => ({
  id: 'aborting',
  initial: 'next',
  entry: assign(({ context }) => ({
    ...context,
    status: 'aborting' as const,
    queue: wayBackOf(book, context),
    queueAt: -1,
  })),
  states: walkBack(book, '#ending', (context) => ({ ...context, outcome: 'aborted' })),
});

/** After the end: debts are given back one at a time, and the session is closed. */
export function endedState(book: Book): StateNode {
  const fold = foldOver(book);
  return {
    initial: 'resting',
    entry: assign(({ context }) => ({
      ...context,
      status: 'ended' as const,
      queue: [],
      queueAt: -1,
      held: null,
    })),
    on: {
      'session.closed': { target: 'closed', actions: assign(({ context, event }) => fold(context, event)) },
    },
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
  };
}

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
