import type { Route, RouteOn, Step } from '../../runbook/model/step.ts';
import type { Book } from '../book.ts';
import type { Context, StepRecord } from '../context.ts';
import { moreDebts } from '../debts.ts';
import type { FactType } from '../facts.ts';
import type { Place, Result } from '../facts/values.ts';
import { foldOver } from '../fold.ts';
import { setRecord } from '../fold/records.ts';
import { retriesLeft } from '../may-run.ts';
import { recordAt, verifiedBy } from '../places.ts';
import type { Given, Way } from './vocabulary.ts';
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

/** The ways out of a step's states, as facts about this place and attempt take them. */
export type WaysOut = ReturnType<typeof waysOutOf>;

/** Makes the ways out of one step, for every state of it. */
export function waysOutOf(book: Book, shape: StepShape) {
  const fold = foldOver(book);
  const { step } = shape;

  const mine = ({ context, event: fact }: Given): boolean => {
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

  /** Turns ways into XState transitions: all of them only for facts about this place and attempt. */
  const ways = (...all: readonly (Way | null)[]) =>
    all
      .filter((way) => way !== null)
      .map(({ guard, target, change }) => ({
        guard: guard === undefined ? mine : (given: Given) => mine(given) && guard(given),
        ...(target === undefined ? {} : { target }),
        actions: change === undefined ? apply : assign(({ context, event }) => change(fold(context, event))),
      }));

  /** The ways that one type of fact takes. */
  const ends = (type: FactType, ...list: readonly (Way | null)[]) => ({ [type]: ways(...list) });

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
  const triesAgain =
    (on: RouteOn) =>
    ({ context, event }: Given): boolean => {
      const mine = record(fold(context, event));
      return mine !== undefined && retriesLeft(step, mine, on);
    };
  /** Ways out for a step that failed: its own retries first, then the author's route, then the person. */
  const failing = (
    on: RouteOn,
    otherwise: 'failed' | 'unknown',
    guard: NonNullable<Way['guard']>,
  ): readonly Way[] => [
    {
      guard: (given) => guard(given) && triesAgain(on)(given),
      target: otherwise,
      change: (context) => setRecord(context, shape.placeOf(context), { retries: true }),
    },
    route(on, otherwise, guard),
  ];

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

  const verified: readonly Way[] = [
    {
      guard: (given) =>
        resultIs('pass')(given) && moreDebts(book, step, given.context, record(given.context)),
      target: 'idle',
    },
    { guard: resultIs('pass'), target: 'done' },
  ];

  return { record, ways, ends, route, failing, performedWhen, verified };
}

export const resultIs =
  (result: Result) =>
  ({ event }: Given): boolean =>
    'result' in event && event.result === result;
