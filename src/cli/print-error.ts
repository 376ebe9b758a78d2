import { OperatorError, exitCode } from '../errors.ts';
import { inertLines } from './inert-line.ts';

/**
 * The one place that prints an error: what happened, what to do; bugs keep their stack. A message may quote what others
 * wrote, and nothing in that can act on the terminal. Answers the exit code.
 */
export function printError(error: unknown, warn: (text: string) => void): number {
  if (error instanceof OperatorError) {
    warn(`walkback: ${inertLines(error.message)}\n`);
    for (const step of error.nextSteps) warn(`  → ${inertLines(step)}\n`);
    return error.exitCode;
  }
  warn(
    `walkback: this is a bug in walkback.\n${inertLines(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`,
  );
  warn('  → Nothing recorded is lost. Run `walkback doctor`, and report this with the lines above.\n');
  return exitCode.internal;
}
