import type { Runbook } from '../model.ts';
import { type Problem, problem } from '../problem.ts';
import { nextStart, slotsOf } from '../recurrence.ts';

/** Rules of the calendar that have no event ahead any more, and none that is on: they forbid nothing from now on. */
export function calendarsOver(runbook: Pick<Runbook, 'calendar'>, nowMs: number): readonly Problem[] {
  return (runbook.calendar ?? []).flatMap((rule) => {
    const longest = Math.max(...slotsOf(rule).map(({ lengthMs }) => lengthMs));
    return nextStart(rule, nowMs - longest) === null
      ? [problem('WB633', rule.at, `No event of \`${rule.id}\` lies ahead.`)]
      : [];
  });
}
