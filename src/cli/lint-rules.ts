import { proofRules } from '../machine/proof/rules.ts';
import type { RuleText } from '../report/sarif.ts';
import { rules } from '../runbook/rules.ts';

/** Every code of lint: what the parser holds a runbook to, and what is proved on its graph. */
export const lintRules: readonly RuleText[] = Object.entries({ ...rules, ...proofRules }).map(
  ([code, rule]) => ({ code, ...rule }),
);

/** What a code means, why the rule exists and what to do; null for a code that does not exist. */
export function explain(code: string): string | null {
  const rule = lintRules.find((known) => known.code === code.toUpperCase());
  if (rule === undefined) return null;
  return `${rule.code} (${rule.severity}): ${rule.title}\n\nWhy: ${rule.why}\n\nWhat to do: ${rule.fix}\n`;
}
