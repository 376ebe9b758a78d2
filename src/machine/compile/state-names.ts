/** The id of a step's state; the machine resolves it from anywhere with `#` before it. */
export const stepState = (id: string): string => `step_${id}`;

export const hash = (id: string): string => `#${id}`;

/** Where a step's state is entered, or the end of the session where there is none. */
export const stateOrEnd = (step: string | null): string =>
  step === null ? '#ending' : hash(stepState(step));
