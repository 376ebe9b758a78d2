import { commsRules } from './rules/comms.ts';
import { comparisonRules } from './rules/comparison.ts';
import { criteriaRules } from './rules/criteria.ts';
import { dataRules } from './rules/data.ts';
import { driftRules } from './rules/drift.ts';
import { fileRules } from './rules/file.ts';
import { namesRules } from './rules/names.ts';
import { safetyRules } from './rules/safety.ts';
import { smokeRules } from './rules/smoke.ts';
import { templateRules } from './rules/template.ts';
import type { Rule } from './rules/rule.ts';

/** Every rule that a runbook is held to. Codes are never given to another rule. */
export const rules = {
  ...fileRules,
  ...namesRules,
  ...safetyRules,
  ...criteriaRules,
  ...comparisonRules,
  ...smokeRules,
  ...dataRules,
  ...driftRules,
  ...commsRules,
  ...templateRules,
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof rules;
