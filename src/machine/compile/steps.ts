import type { Phase, Step } from '../../runbook/model/step.ts';
import type { Book } from '../book.ts';
import type { Context } from '../context.ts';
import type { Place } from '../facts/values.ts';
import { setRecord } from '../fold/records.ts';
import type { Targets } from '../graph-targets.ts';
import { placeOf } from '../places.ts';
import { enter, leftBehind, timeOf } from './attempts.ts';
import { eachNode } from './each.ts';
import type { Compiling } from './holder.ts';
import type { Region, Surroundings } from './leaving.ts';
import { leaveFrom } from './leaving.ts';
import { parallelNode } from './parallel.ts';
import { hash, stepState } from './state-names.ts';
import { stepNode } from './step-node.ts';
import type { StateNode } from './vocabulary.ts';
import { assign } from './vocabulary.ts';

/** Compiles phases: each is a compound state of its steps, and goes on to `after` when they are over. */
export function phaseCompiler(book: Book, targets: Targets): (phase: Phase, after: string) => StateNode {
  const compiling: Compiling = { book, targets, steps };

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
    if (step.kind === 'parallel') return parallelNode(compiling, step, around);
    if (step.kind === 'each') return eachNode(compiling, step, around);
    if (step.kind === 'end') return endNode(targets, step, around);
    return stepNode(book, stepState(step.id), {
      placeOf: (context) => placeOf(context, step),
      step,
      next: around.next,
      leave: leaveFrom(targets, step.id, around.regions),
    });
  }

  return (phase, after) => ({
    initial: stepState(phase.steps[0]?.id ?? ''),
    states: steps(phase.steps, after, []),
  });
}

/** A step that ends the session: done as soon as it is entered. */
function endNode(targets: Targets, step: Extract<Step, { kind: 'end' }>, around: Surroundings): StateNode {
  const way = leaveFrom(targets, step.id, around.regions)({ kind: 'end', outcome: step.outcome });
  return {
    id: stepState(step.id),
    entry: assign(({ context, event }) => finished(context, placeOf(context, step), timeOf(event, context))),
    always: {
      target: way?.target ?? '#ending',
      actions: assign(({ context }) => way?.change?.(context) ?? context),
    },
  };
}

const finished = (context: Context, place: Place, at: string): Context =>
  leftBehind(setRecord(enter(context, place, at), place, { status: 'done', endedAt: at }), place);
