import { error, type Rule } from './rule.ts';

/** Changes by hand. */
export const driftRules = {
  // ---- drift ----
  WB881: error(
    'Changed by a step that changes nothing',
    'Name the steps of this runbook that change it, or remove `changed_by`.',
    'What a step does to it would be taken for a change by hand, or the other way round.',
  ),
  WB882: error(
    'One path for two captures',
    'Give each capture a `path` of its own.',
    'Two changes of one file in one patch do not fit each other: `git apply` would refuse it.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
