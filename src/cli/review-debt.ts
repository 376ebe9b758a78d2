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
  const title = `${first.runbook.title} ran in ${first.environment} without its review`;
  return reviewOwedFor(title, first.reason ?? '', {
    by: first.by,
    owner: start.reviewOwedBy ?? null,
    file: join(start.root, start.runbook),
    nowIso,
  });
}

/** The review of a runbook that is owed within a day, by the second person of the break-glass. */
export function reviewOwedFor(
  title: string,
  why: string,
  {
    by,
    owner,
    file,
    nowIso,
  }: { readonly by: string; readonly owner: string | null; readonly file: string; readonly nowIso: string },
): readonly Fact[] {
  const due = isoOf(epochMsOf(nowIso) + dueAfterMs);
  const reason = `started by break-glass: ${why}`;
  const release = ['walkback', 'approve', file];
  return [
    {
      type: 'obligation.opened',
      by,
      obligation: { key: reviewDebt, id: reviewDebt, title, ttlMs: null, release },
      due,
      reason,
    },
    {
      type: 'obligation.discharged',
      by,
      key: reviewDebt,
      how: 'carried',
      reason,
      owner,
      due,
    },
  ];
}
