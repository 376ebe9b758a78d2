import { formatDuration } from '../duration.ts';
import { type Problem, problem } from '../problem.ts';
import type { Book } from './places.ts';

/** A debt called `standby` keeps a release up; it has to be owed for as long as the window may be open. */
export function lintStandbys({ runbook, steps }: Book): readonly Problem[] {
  const { window } = runbook;
  if (window === null) return [];
  return steps.flatMap(({ opens }) => {
    const keptMs = opens?.later?.withinMs;
    if (opens === null || keptMs === undefined || !/(^|_)standby$/.test(opens.id)) return [];
    if (keptMs >= window.extendedMs) return [];
    const text = `The standby is kept for ${formatDuration(keptMs)}, and the window is open for ${formatDuration(window.extendedMs)}.`;
    return [problem('WB863', opens.at, text)];
  });
}
