import { allSteps } from '../model.ts';
import { didYouMean } from '../nearest.ts';
import { child } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import type { Book } from './places.ts';

/** What the runbook says it has learned is about steps and versions that are there. */
export function lintLearning({ runbook, root, alone }: Book): readonly Problem[] {
  if (alone) return [];
  const steps = new Set([...allSteps(runbook).map(({ id }) => id), ...Object.keys(runbook.groups)]);
  const ids = new Set<string>();
  const modes = (runbook.failureModes ?? []).flatMap(({ id, step }, index): readonly Problem[] => {
    const at = child(child(root, 'failure_modes'), index);
    const twice = ids.has(id);
    ids.add(id);
    return [
      ...(twice ? [problem('WB301', child(at, 'id').at, `The failure mode \`${id}\` is there twice.`)] : []),
      ...(step === null || steps.has(step)
        ? []
        : [
            problem(
              'WB312',
              child(at, 'step').at,
              `There is no step \`${step}\`.${didYouMean(step, [...steps])}`,
            ),
          ]),
    ];
  });
  const version = runbook.version ?? null;
  const changes = (runbook.changes ?? []).flatMap((change, index): readonly Problem[] => {
    if (version !== null && change.version <= version) return [];
    const at = child(child(child(root, 'changes'), index), 'version').at;
    const has = version === null ? 'has no `version`' : `is of version ${String(version)}`;
    return [
      problem('WB316', at, `This change is of version ${String(change.version)}, and the runbook ${has}.`),
    ];
  });
  return [...modes, ...changes];
}
