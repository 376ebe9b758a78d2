import { OperatorError, exitCode } from '../errors.ts';

/** The one place that prints an error: what happened, what to do; bugs keep their stack. Answers the exit code. */
export function printError(error: unknown, warn: (text: string) => void): number {
  if (error instanceof OperatorError) {
    warn(`walkback: ${error.message}\n`);
    for (const step of error.nextSteps) warn(`  → ${step}\n`);
    return error.exitCode;
  }
  warn(
    `walkback: this is a bug in walkback.\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  warn('  → Nothing recorded is lost. Run `walkback doctor`, and report this with the lines above.\n');
  return exitCode.internal;
}
