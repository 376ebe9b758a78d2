import { exitCode, type ExitCode } from '../errors.ts';
import type { SessionView } from '../machine/view.ts';
import { owed } from './waiting.ts';

/** What a session that stands like this means to a calling program. */
export function exitCodeOf(view: SessionView): ExitCode {
  if (view.status !== 'ended' && view.status !== 'closed') return exitCode.stopped;
  if (owed(view).length > 0) return exitCode.openObligations;
  return view.outcome === null || view.outcome === 'aborted' || view.outcome === 'not_possible'
    ? exitCode.failed
    : exitCode.done;
}
