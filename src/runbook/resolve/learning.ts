import { parseDuration } from '../duration.ts';
import type { FailureMode, PostmortemDuty, RunbookChange } from '../model/postmortem.ts';
import type { RunbookDoc } from '../schema.ts';
import { parseBusinessDays } from '../schema/learning.ts';

const usualDue = '5 business days';

/** The duty of a post-mortem; null where the runbook asks for none. Without an owner of its own it is the runbook's. */
export function postmortemOf({ postmortem, owner }: RunbookDoc): PostmortemDuty | null {
  if (postmortem === undefined) return null;
  const due = postmortem.due ?? usualDue;
  const days = parseBusinessDays(due);
  return {
    requiredIf: postmortem.required_if,
    due: days === null ? { kind: 'time', ms: parseDuration(due) ?? 0 } : { kind: 'business_days', days },
    owner: postmortem.owner ?? owner ?? null,
  };
}

export const failureModesOf = ({ failure_modes: modes = [] }: RunbookDoc): readonly FailureMode[] =>
  modes.map((mode) => ({
    id: mode.id,
    title: mode.title ?? null,
    step: mode.step ?? null,
    seenIn: mode.seen_in,
  }));

export const changesOf = ({ changes = [] }: RunbookDoc): readonly RunbookChange[] =>
  changes.map(({ version, what, session, resolves = [] }) => ({
    version,
    what,
    session: session ?? null,
    resolves: typeof resolves === 'string' ? [resolves] : resolves,
  }));
