import { allSteps, type Runbook } from './model.ts';
import type { Position, Template } from './model/values.ts';
import { type Problem, problem } from './problem.ts';

/** A flag that an earlier session turned, and what became of the debt that remembers it. */
export interface TurnedFlag {
  readonly flag: string;
  readonly session: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Null where no debt was opened for it. */
  readonly debt: 'open' | 'proved' | 'waived' | 'carried' | null;
}

/** The name where it can be known before the run, or once the values are there. */
export type NameOf = (template: Template) => string | null;

const literalName: NameOf = ({ parts }) =>
  parts.every((part) => typeof part === 'string') ? parts.join('') : null;

/**
 * Flags of a runbook whose name has a past: given up in an earlier session, so that the name stands for something else
 * now, or still owed from there. A flag that was turned back is as it was, and may be turned again.
 */
export function reusedFlags(
  runbook: Pick<Runbook, 'phases'>,
  history: readonly TurnedFlag[],
  nameOf: NameOf = literalName,
): readonly { readonly at: Position; readonly text: string }[] {
  return allSteps(runbook).flatMap(({ flag }) => {
    if (flag === undefined || flag === null) return [];
    const name = nameOf(flag.name);
    const past = history.findLast((one) => one.flag === name && one.debt !== null && one.debt !== 'proved');
    if (name === null || past === undefined) return [];
    const became =
      past.debt === 'waived'
        ? 'was given up there: the name stands for something else now'
        : 'is still owed from there';
    const text = `The flag \`${name}\` was turned in session ${past.session} on ${past.at.slice(0, 10)} and ${became}.`;
    return [{ at: flag.name.at, text }];
  });
}

export const reusedFlagProblems = (
  runbook: Pick<Runbook, 'phases'>,
  history: readonly TurnedFlag[],
): readonly Problem[] => reusedFlags(runbook, history).map(({ at, text }) => problem('WB861', at, text));
