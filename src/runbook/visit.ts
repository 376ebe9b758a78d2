import type { Check, Command } from './model/values.ts';
import { type Runbook, allSteps } from './model.ts';

/**
 * Every command of a runbook, wherever it stands: in a step, a way back, a probe, a message, a window. Found by its shape,
 * so that a part of the format that comes later cannot be forgotten: what is forgotten here is in no fingerprint.
 */
export function commandsOf(runbook: Runbook): readonly Command[] {
  const found: Command[] = [];
  const seen = new Set<object>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (isCommand(value)) found.push(value);
    else for (const part of Object.values(value)) visit(part);
  };
  visit(runbook);
  return found;
}

const isCommand = (value: object): value is Command =>
  'program' in value && 'where' in value && 'timeoutMs' in value && 'tty' in value;

/** Every check of a runbook: of steps, proofs, ways back, environments, invariants and watches. */
export function checksOf(runbook: Runbook): readonly Check[] {
  const some = (check: Check | null | undefined): readonly Check[] => (check == null ? [] : [check]);
  return [
    ...allSteps(runbook).flatMap((step) => [
      ...(step.kind === 'check' ? [step.check] : []),
      ...(step.kind === 'smoke' ? step.plan.tests.map(({ check }) => check) : []),
      ...(step.kind === 'wait' && step.wait.kind === 'condition' ? [step.wait.check] : []),
      ...step.before,
      ...step.verify,
      ...(step.opens?.before ?? []),
      ...some(step.opens?.proof),
      ...some(step.undo?.verify),
    ]),
    ...runbook.environments.flatMap(({ guard, drill }) => [
      ...some(guard),
      ...some(drill?.token),
      ...(drill?.faults ?? []).map(({ proof }) => proof),
    ]),
    ...runbook.invariants.map(({ check }) => check),
    ...runbook.watch.map(({ check }) => check),
  ];
}
