import type { Context, StepRecord } from '../machine/context.ts';
import type { Fact } from '../machine/facts.ts';

/**
 * Steps that a person told to run and that were not started before a break: what they looked at then may be hours old,
 * so each is shown again, and nothing is changed on a word from before.
 */
export const calledOff = ({ records }: Context): readonly Fact[] =>
  Object.values(records)
    .filter(wasToldToRun)
    .map(({ place, attempt }) => ({
      type: 'attempt.found',
      place,
      attempt,
      verdict: 'not_started',
      doubt: null,
      detail: 'it was told to run, and the break came before it was started: look at it, and say so again',
    }));

const wasToldToRun = ({ status, shown }: StepRecord): boolean =>
  status === 'guarding' && shown !== null && shown.confirm !== 'none';
