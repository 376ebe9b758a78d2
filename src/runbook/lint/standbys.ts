import { formatDuration } from '../duration.ts';
import { type Problem, problem } from '../problem.ts';
import type { Book } from './places.ts';

/** A standby has to stay for as long as the window may be open: that of the block, and a debt called `standby`. */
export function lintStandbys({ runbook, steps }: Book): readonly Problem[] {
  const { window } = runbook;
  if (window === null) return [];
  const owed = steps.flatMap(({ opens }) =>
    opens?.later == null || !/(^|_)standby$/.test(opens.id)
      ? []
      : [{ keepForMs: opens.later.withinMs, at: opens.at }],
  );
  return [...(runbook.standby == null ? [] : [runbook.standby]), ...owed]
    .filter(({ keepForMs }) => keepForMs < window.extendedMs)
    .map(({ keepForMs, at }) =>
      problem(
        'WB863',
        at,
        `The standby is kept for ${formatDuration(keepForMs)}, and the window is open for ${formatDuration(window.extendedMs)}.`,
      ),
    );
}
