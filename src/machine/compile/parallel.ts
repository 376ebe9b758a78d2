import type { Route, Step } from '../../runbook/model/step.ts';
import type { Context } from '../context.ts';
import { setRecord } from '../fold/records.ts';
import { placeOf } from '../places.ts';
import { timeOf } from './attempts.ts';
import type { Compiling } from './holder.ts';
import { holderNode, mineTo } from './holder.ts';
import type { Region, Surroundings } from './leaving.ts';
import { entryOf, outOf, theEnd } from './leaving.ts';
import { hash, stepState } from './state-names.ts';
import type { StateNode } from './vocabulary.ts';
import { assign } from './vocabulary.ts';

/** A step whose inside is walked side by side; a route that leads out of a region is taken once all have settled. */
export function parallelNode(
  { book, targets, steps }: Compiling,
  step: Extract<Step, { kind: 'parallel' }>,
  around: Surroundings,
): StateNode {
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
        route.kind === 'goto' ? (entryOf(targets, route.target, from) ?? theEnd) : theEnd,
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
  return holderNode(
    book,
    step,
    around,
    { 'step.readied': mineTo(book, step)('regions') },
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
