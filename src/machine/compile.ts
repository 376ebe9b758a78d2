import type { Runbook } from '../runbook/model.ts';
import type { Book, Known } from './book.ts';
import { initialContext } from './context.ts';
import { bookOf } from './book.ts';
import { foldOver } from './fold.ts';
import { targetsOf } from './graph-targets.ts';
import { commandRuns } from './may-run.ts';
import type { StateNode } from './compile/vocabulary.ts';
import { assign, vocabulary } from './compile/vocabulary.ts';
import { stateOrEnd } from './compile/state-names.ts';
import { abortingState, endedState } from './compile/walk-back.ts';
import { phaseCompiler } from './compile/steps.ts';
import { takenEverywhere } from './compile/taken-everywhere.ts';

export interface SessionMachine {
  readonly book: Book;
  readonly machine: ReturnType<typeof vocabulary.createMachine>;
}

/**
 * Compiles a runbook to one statechart: phases are compound states, every step has the same children, only
 * `parallel` has regions, `each` is a counter in the context.
 */
export function compileRunbook(runbook: Runbook, known: Known = { inputs: {}, env: {} }): SessionMachine {
  const book = bookOf(runbook, known);
  const targets = targetsOf(runbook);
  const phaseNode = phaseCompiler(book, targets);
  const phases = Object.fromEntries(
    runbook.phases.flatMap((phase, index) =>
      phase.steps.length === 0
        ? []
        : [[`phase_${phase.id}`, phaseNode(phase, stateOrEnd(targets.afterPhase(index)))]],
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
      aborting: abortingState(book),
      ending: {
        id: 'ending',
        on: { 'session.ended': { target: 'ended', actions: apply } },
      },
      ended: endedState(book),
      // not final: what is told or edited after the close is recorded too
      closed: {},
    },
  });
  return { book, machine };
}

/** Facts that are taken wherever the session stands. */
const everywhere = (apply: ReturnType<typeof assign>): NonNullable<StateNode['on']> =>
  Object.fromEntries([...takenEverywhere].map((type) => [type, { actions: apply }]));
