import type { Json } from '../runbook/model/values.ts';
import { judgeCondition } from './condition.ts';
import { allOf } from './kleene.ts';
import type { MeasuredValue, FilledCondition, Verdict } from './measured.ts';

/**
 * Holds one measurement against a tolerance: every condition must hold. A failed condition decides; otherwise one
 * that is unknown does. `baseline` is what `same` compares with. A tolerance without conditions says nothing about
 * what good looks like and is unknown. `unit` is that of the value: numbers are told with it.
 */
export function judge(
  measured: MeasuredValue,
  conditions: readonly FilledCondition[],
  baseline?: Json,
  unit: string | null = null,
): Verdict {
  const verdicts = conditions.map((condition) =>
    judgeCondition(measured, condition, conditions, baseline, unit),
  );
  const expected = verdicts.map((verdict) => verdict.expected).join(' and ');
  if (verdicts.length === 0) {
    return { result: 'unknown', code: 'no_tolerance', detail: 'nothing says what good looks like', expected };
  }
  const result = allOf(verdicts.map((verdict) => verdict.result));
  const deciding = verdicts.filter((verdict) => verdict.result === result);
  return {
    result,
    code: result === 'pass' ? null : (deciding[0]?.code ?? 'not_as_expected'),
    detail: [...new Set(deciding.map(({ detail }) => detail))].join('; '),
    expected,
  };
}
