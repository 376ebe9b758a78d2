import type { Opens, Step } from '../runbook/model/step.ts';
import type { Json } from '../runbook/model/values.ts';
import type { Runbook } from '../runbook/model.ts';
import { allSteps } from '../runbook/model.ts';

/** A runbook with its steps by id; made once. */
export interface Book {
  readonly runbook: Runbook;
  readonly steps: ReadonlyMap<string, Step>;
  /** By phase id, those inside `parallel` and `each` included. */
  readonly inPhase: ReadonlyMap<string, readonly Step[]>;
  /** Definitions of debts by their ids. */
  readonly opens: ReadonlyMap<string, Opens>;
  /** Steps that read `scope.included`: they wait until it is settled. */
  readonly readScope: ReadonlySet<string>;
  /** What titles may say from the start: the inputs and the values of the environment, secrets masked. */
  readonly known: Known;
}

export type Known = Readonly<Record<'inputs' | 'env', Readonly<Record<string, Json>>>>;

export function bookOf(runbook: Runbook, known: Known): Book {
  const steps = allSteps(runbook);
  return {
    runbook,
    steps: new Map(steps.map((step) => [step.id, step])),
    inPhase: new Map(runbook.phases.map((phase) => [phase.id, allSteps({ phases: [phase] })])),
    opens: new Map(steps.flatMap(({ opens }) => (opens === null ? [] : [[opens.id, opens] as const]))),
    known,
    readScope: new Set(
      (runbook.components ?? []).length === 0
        ? []
        : steps.filter((step) => JSON.stringify(step).includes('scope.included')).map(({ id }) => id),
    ),
  };
}
