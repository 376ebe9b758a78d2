import { type Problem, problem } from '../problem.ts';
import { child, keyAt } from '../node.ts';
import { isProductionEnvironment } from '../production.ts';
import type { Book } from './places.ts';
import { valuesRead } from './reads.ts';

/** Production is guarded and never drilled in; every value that is read is there in every environment. */
export function lintEnvironments({ runbook, root, alone }: Book): {
  readonly always: readonly Problem[];
  readonly byMaturity: readonly Problem[];
} {
  if (alone || runbook.environments.length === 0) return { always: [], byMaturity: [] };
  const always: Problem[] = [];
  const byMaturity: Problem[] = [];
  const read = valuesRead(runbook);
  for (const environment of runbook.environments) {
    const node = child(child(root, 'environments'), environment.id);
    const { id } = environment;
    if (isProductionEnvironment(environment) && environment.guard === null) {
      byMaturity.push(problem('WB509', environment.at, `Nothing guards \`${id}\` against a wrong context.`));
    }
    if (isProductionEnvironment(environment) && environment.drill !== null) {
      always.push(problem('WB511', keyAt(node, 'drill'), 'Drills are never run in production.'));
    }
    for (const [name, at] of read) {
      if (Object.hasOwn(environment.values, name)) continue;
      always.push(
        problem(
          'WB313',
          environment.at,
          `\`env.${name}\` is read (line ${at.line}) and has no value in \`${environment.id}\`.`,
        ),
      );
    }
  }
  return { always, byMaturity };
}
