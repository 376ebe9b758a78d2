import type { Step } from '../../runbook/model/step.ts';
import type { Context } from '../context.ts';
import { setRecord } from '../fold/records.ts';
import { placeKey } from '../place-key.ts';
import { placeOf } from '../places.ts';
import { timeOf } from './attempts.ts';
import type { Compiling } from './holder.ts';
import { holderNode, mineTo } from './holder.ts';
import type { Surroundings } from './leaving.ts';
import { hash, stepState } from './state-names.ts';
import type { StateNode } from './vocabulary.ts';
import { assign } from './vocabulary.ts';

/** A step that walks its inside once for each item: a counter in the context, one turn after the other. */
export function eachNode(
  { book, steps }: Compiling,
  step: Extract<Step, { kind: 'each' }>,
  around: Surroundings,
): StateNode {
  const to = mineTo(book, step);
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
  return holderNode(
    book,
    step,
    around,
    {
      'each.started': [
        to('done', ({ event }) => event.type === 'each.started' && event.items.length === 0),
        to('items'),
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
        on: { 'wait.over': to('items', undefined, advance) },
      },
    },
  );
}
