/** Exit codes of every command; the same everywhere (see README, "Exit codes"). */
export const exitCode = {
  done: 0,
  internal: 1,
  usage: 2,
  failed: 3,
  stopped: 4,
  openObligations: 5,
  refused: 6,
  investigate: 10,
  rollBack: 20,
  unknown: 30,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** A failure an operator can act on: what happened and where, what to do next, and the exit code it leads to. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly nextSteps: readonly [string, ...string[]];
  readonly exitCode: ExitCode;

  constructor(
    message: string,
    nextSteps: readonly [string, ...string[]],
    options: ErrorOptions & { readonly exitCode?: ExitCode } = {},
  ) {
    super(message, options);
    this.nextSteps = nextSteps;
    this.exitCode = options.exitCode ?? exitCode.usage;
  }
}
