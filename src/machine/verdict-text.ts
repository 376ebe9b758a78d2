import type { Reading } from './facts/values.ts';

/** How a comparison ended, as a command of the runbook's own may word it. */
export type VerdictWord = 'RECOVERED' | 'WORSE' | 'INCONCLUSIVE';

const verdicts = /\b(RECOVERED|WORSE|INCONCLUSIVE)\b/;

/** The verdict that a reading words, in its value, its code or its detail; null where it has none. */
export function verdictIn({
  value,
  code,
  detail,
}: Pick<Reading, 'value' | 'code' | 'detail'>): VerdictWord | null {
  for (const text of [value, code, detail]) {
    const found = verdicts.exec(text ?? '')?.[1];
    if (found !== undefined) return found as VerdictWord;
  }
  return null;
}
