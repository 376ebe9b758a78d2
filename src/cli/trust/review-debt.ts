import { join } from 'node:path';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { epochMsOf, isoOf } from '../../machine/iso-time.ts';
import type { StartFile } from '../starting/session-folder.ts';

/** No id of a runbook has a dash, so this debt cannot be taken for one of its own. */
export const reviewDebt = 'runbook-review';

/** The same where there is no runbook: somebody else looks at what was typed. */
const adhocReviewDebt = 'adhoc-review';

const dueAfterMs = 24 * 3_600_000;

/** What break-glass leaves behind, recorded with the start: the second person owes the review within a day. */
export function reviewOwed(
  first: FactOf<'session.started'>,
  start: StartFile,
  nowIso: string,
): readonly Fact[] {
  if (first.review !== 'break_glass') return [];
  const { title: about } = first.runbook;
  // nobody can sign for what was typed: the second person looks at the record, and says so
  if (start.adhoc === true)
    return carriedFor(
      {
        key: adhocReviewDebt,
        title: `${about}: look at what was typed`,
        release: ['walkback', 'show', start.session],
      },
      first.reason ?? '',
      { by: first.by, owner: start.reviewOwedBy ?? null, nowIso },
    );
  const title = `${about} ran in ${first.environment} without its review`;
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
  const release = ['walkback', 'approve', file];
  return carriedFor({ key: reviewDebt, title, release }, why, { by, owner, nowIso });
}

/** A debt that is somebody else’s from its beginning, due within a day. */
function carriedFor(
  debt: { readonly key: string; readonly title: string; readonly release: readonly string[] },
  why: string,
  { by, owner, nowIso }: { readonly by: string; readonly owner: string | null; readonly nowIso: string },
): readonly Fact[] {
  const { key, title, release } = debt;
  const due = isoOf(epochMsOf(nowIso) + dueAfterMs);
  const reason = `started by break-glass: ${why}`;
  return [
    {
      type: 'obligation.opened',
      by,
      obligation: { key, id: key, title, ttlMs: null, release: [...release] },
      due,
      reason,
    },
    { type: 'obligation.discharged', by, key, how: 'carried', reason, owner, due },
  ];
}
