import { join } from 'node:path';
import type { Fact, FactOf } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { StartFile } from './session-folder.ts';

/** No id of a runbook has a dash, so this debt cannot be taken for one of its own. */
export const reviewDebt = 'runbook-review';

const dueAfterMs = 24 * 3_600_000;

/** What break-glass leaves behind, recorded with the start: the second person owes the review within a day. */
export function reviewOwed(
  first: FactOf<'session.started'>,
  start: StartFile,
  nowIso: string,
): readonly Fact[] {
  if (first.review !== 'break_glass') return [];
  const due = isoOf(epochMsOf(nowIso) + dueAfterMs);
  const reason = `started by break-glass: ${first.reason ?? ''}`;
  const release = ['walkback', 'approve', join(start.root, start.runbook)];
  const title = `${first.runbook.title} ran in ${first.environment} without its review`;
  return [
    {
      type: 'obligation.opened',
      by: first.by,
      obligation: { key: reviewDebt, id: reviewDebt, title, ttlMs: null, release },
      due,
      reason,
    },
    {
      type: 'obligation.discharged',
      by: first.by,
      key: reviewDebt,
      how: 'carried',
      reason,
      owner: start.reviewOwedBy ?? null,
      due,
    },
  ];
}
