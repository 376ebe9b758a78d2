import { OperatorError } from '../../src/errors.ts';

/** Whether a failure is one for people, about this, with at least one next step. */
export const isOperatorError = (error: unknown, about: RegExp): boolean =>
  error instanceof OperatorError && about.test(error.message) && error.nextSteps.length > 0;
