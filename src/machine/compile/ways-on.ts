import type { Step } from '../../runbook/model/step.ts';
import type { Context } from '../context.ts';
import type { Book } from '../book.ts';
import { recordAt } from '../places.ts';
import { mayGoPastGuard } from '../debts.ts';
import { commandRuns, mayRun, maySkip } from '../may-run.ts';
import { pastGuard } from '../place-key.ts';
import { gatesOf } from '../gates.ts';
import type { StateNode, Way } from './vocabulary.ts';
import { assign } from './vocabulary.ts';
import type { StepShape, WaysOut } from './ways-out.ts';

/** Passing a step over, where that is allowed. */
export const skipping = (step: Step | null): Way => ({
  guard: ({ event }) => event.type === 'operator.skipped' && maySkip(step, event.override),
  target: 'skipped',
});

/** What a person may do with a step that did not pass: again, past it, or elsewhere. */
export const asked = (book: Book, shape: StepShape, { ends }: WaysOut) => ({
  ...ends('operator.retried', { target: 'idle' }),
  ...ends('operator.skipped', skipping(shape.step)),
  ...ends(
    'operator.routed',
    ...gateWays(book, shape),
    ...routedWays(shape),
    ...(shape.step === null || shape.step.kind === 'release' ? [pastGuardWay(book, shape)] : []),
  ),
});

/** Back to an approval that does not hold any more, to ask for it anew. */
const gateWays = (book: Book, shape: StepShape): readonly Way[] =>
  gatesOf(book, shape.step).flatMap((gate): readonly Way[] => {
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
function routedWays({ step, leave }: StepShape): readonly Way[] {
  if (step === null) return [];
  return Object.values(step.on).flatMap((route): readonly Way[] => {
    const way = leave(route);
    if (way === null || route.kind === 'ask') return [];
    const name = route.kind === 'goto' ? route.target : `end:${route.outcome}`;
    return [{ ...way, guard: ({ event }) => event.type === 'operator.routed' && event.to === name }];
  });
}

/**
 * `on.abort` of the step at hand, where the author gave one: taken instead of the general way back, and like it only
 * once nothing runs and nothing is in doubt any more.
 */
export function abortRoute(book: Book, { step, leave }: StepShape): Pick<StateNode, 'always'> {
  const way = step === null ? null : leave(step.on.abort);
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
