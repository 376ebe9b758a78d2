import type { Context } from '../machine/context.ts';
import { rowsLostInAll } from '../machine/data-loss.ts';
import type { Fact } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { PostmortemCause, PostmortemDuty } from '../runbook/model/postmortem.ts';
import type { Runbook } from '../runbook/model.ts';

/** No id of a runbook has a dash, so this debt cannot be taken for one of its own. */
export const postmortemDebt = 'post-mortem';

const dayMs = 86_400_000;

/**
 * The debt of a post-mortem, due later so that it holds no session open: recorded with the close, where the runbook asks
 * for one and the session was of the kind that needs it. Drills owe none.
 */
export function postmortemOwed(runbook: Runbook, context: Context, nowIso: string): readonly Fact[] {
  const duty = runbook.postmortem ?? null;
  const { started } = context;
  if (duty === null || started === null || started.mode === 'DRILL') return [];
  const causes = causesIn(runbook, context).filter((cause) => duty.requiredIf.includes(cause));
  if (causes.length === 0) return [];
  const due = dueOf(duty.due, nowIso);
  const reason = `required: ${causes.map((cause) => cause.replaceAll('_', ' ')).join(', ')}`;
  const title = `Post-mortem of ${runbook.title} on ${started.environment}`;
  const release = ['walkback', 'postmortem', context.session];
  return [
    {
      type: 'obligation.opened',
      by: 'walkback',
      obligation: { key: postmortemDebt, id: postmortemDebt, title, ttlMs: null, release },
      due,
      reason,
    },
    {
      type: 'obligation.discharged',
      by: 'walkback',
      key: postmortemDebt,
      how: 'carried',
      reason,
      owner: duty.owner,
      due,
    },
  ];
}

/** What of a session makes a post-mortem necessary; rows whose loss cannot be told count as lost. */
function causesIn({ objectiveMs, counted = [] }: Runbook, context: Context): readonly PostmortemCause[] {
  const { started, endedAt, outcome, overrides, overrode, data } = context;
  if (started === null) return [];
  const took = (epochMsOf(endedAt ?? started.at) - epochMsOf(started.at)) * started.speed;
  const tables = Object.values(data.tables).map((table) => ({ ...table, rows: table.now }));
  const lost = counted.length > 0 && data.begun && rowsLostInAll(tables) !== 0;
  const causes: Readonly<Record<PostmortemCause, boolean>> = {
    production: started.production,
    override: overrides.length > 0 || overrode || started.review === 'break_glass',
    data_loss: lost || data.accepted.length > 0,
    target_missed: took > objectiveMs,
    rollback_failed: outcome === 'aborted' || outcome === 'not_possible',
  };
  return (Object.keys(causes) as readonly PostmortemCause[]).filter((cause) => causes[cause]);
}

/** Business days are Monday to Friday in UTC; no calendar of holidays is known here. */
function dueOf(due: PostmortemDuty['due'], nowIso: string): string {
  if (due.kind === 'time') return isoOf(epochMsOf(nowIso) + due.ms);
  let ms = epochMsOf(nowIso);
  for (let left = due.days; left > 0;) {
    ms += dayMs;
    // day 0 of the epoch was a Thursday
    const weekday = (Math.floor(ms / dayMs) + 4) % 7;
    if (weekday !== 0 && weekday !== 6) left -= 1;
  }
  return isoOf(ms);
}
