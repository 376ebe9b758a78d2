import { setup } from 'xstate';
import type { Context } from '../context.ts';
import type { TimedFact } from '../facts.ts';

/** XState with our context and our facts: the only place where the two meet. */
export const vocabulary = setup({
  types: { context: {} as Context, events: {} as TimedFact, input: {} as { readonly session: string } },
});

export const { assign } = vocabulary;

type MachineConfig = Parameters<typeof vocabulary.createMachine>[0];
export type StateNode = NonNullable<MachineConfig['states']>[string];

/** What guards and reducers are given. */
export interface Given {
  readonly context: Context;
  readonly event: TimedFact;
}

/** One way out of a state: taken when `guard` holds, applying `change` on top of the fact's own fold. */
export interface Way {
  readonly guard?: (given: Given) => boolean;
  readonly target?: string;
  readonly change?: (context: Context) => Context;
}
