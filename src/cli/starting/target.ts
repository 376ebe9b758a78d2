import { OperatorError, exitCode } from '../../errors.ts';
import type { Verdict } from '../../judge/measured.ts';
import { judge } from '../../judge/tolerance.ts';
import type { Check, Probe } from '../../runbook/model/values.ts';
import type { Fill, Measurer } from '../../session/ports.ts';

type Reading = Pick<Measurer, 'measure'>;

/** The wrong target is refused before anything is recorded or started. */
export async function refuseWrongTarget(
  environment: string,
  check: Check,
  fill: Fill,
  measurer: Reading,
  what: 'guard' | 'drill token',
): Promise<void> {
  if (!('source' in check.subject)) return;
  const { verdict } = await readTarget(check, check.subject, fill, measurer, what);
  if (verdict.result === 'pass') return;
  const unknown = verdict.result === 'unknown' ? ' could not be read' : ' says no';
  throw new OperatorError(
    `This is not ${environment}: its ${what}${unknown} (${verdict.detail}; expected ${verdict.expected}).`,
    ['Check where you are (context, host, credentials) and what the environment names; nothing was started.'],
    { exitCode: exitCode.refused },
  );
}

/** What the guard or the token of an environment says of the system that is there. */
export async function readTarget(
  check: Check,
  probe: Probe,
  fill: Fill,
  measurer: Reading,
  what: 'guard' | 'drill token',
): Promise<{ readonly verdict: Verdict; readonly value: string | null }> {
  const measured = await measurer.measure(
    probe,
    fill,
    AbortSignal.timeout(probe.timeoutMs * probe.times + 1000),
  );
  const conditions = check.expect.conditions.map((condition) => {
    if (condition.kind === 'equals' || condition.kind === 'not') {
      const { value } = condition;
      return {
        kind: condition.kind,
        value: typeof value === 'object' && value !== null ? fill(value) : value,
      };
    }
    if (condition.kind === 'exit' || condition.kind === 'status' || condition.kind === 'matches')
      return condition;
    throw new OperatorError(`The ${what} uses \`${condition.kind}\`.`, [
      'A guard of an environment uses equals, not, matches, exit or status.',
    ]);
  });
  const value = measured.ok ? JSON.stringify(measured.value) : null;
  return { verdict: judge(measured, conditions), value };
}
