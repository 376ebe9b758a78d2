import type { Problem } from '../problem.ts';

/** Ends the putting together of a runbook; `expand` answers with its problems. */
export class Refused extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super('The runbook cannot be put together');
    this.problems = problems;
  }
}

export const refuse = (...problems: readonly Problem[]): never => {
  throw new Refused(problems);
};
