import { allSteps } from '../model.ts';
import { child } from '../node.ts';
import { didYouMean } from '../nearest.ts';
import { type Problem, problem } from '../problem.ts';
import { starts } from '../resolve/stateful.ts';
import type { Book } from './places.ts';

/**
 * What is stored has to be guarded by a step that is there, and a format has to be read one release before it is written:
 * that is the release that took the way back away.
 */
export function lintStateful({ runbook, root }: Book): readonly Problem[] {
  const steps = allSteps(runbook);
  const groups = Object.keys(runbook.groups);
  const names = [...steps.map(({ id }) => id), ...groups];
  return (runbook.stateful ?? []).flatMap((row, index): readonly Problem[] => {
    const node = child(child(root, 'stateful'), index);
    const inside = (guard: string) =>
      steps.filter(
        (step) =>
          step.id === guard ||
          step.enclosing.includes(guard) ||
          step.parallel === guard ||
          runbook.groups[guard]?.includes(step.id) === true,
      );
    const guards = row.guards.flatMap((guard, number): readonly Problem[] => {
      const at = child(child(node, 'guards'), number).at;
      if (!names.includes(guard))
        return [problem('WB871', at, `There is no step \`${guard}\`.${didYouMean(guard, names)}`)];
      return inside(guard).some(starts)
        ? []
        : [problem('WB871', at, `\`${guard}\` changes nothing, so it starts nothing either.`)];
    });
    const broken = row.releases.flatMap((release, number): readonly Problem[] => {
      const before = row.releases[number - 1];
      if (before === undefined || before.reads.includes(release.writes)) return [];
      return [
        problem(
          'WB872',
          release.at,
          `${release.version} writes format ${release.writes} of \`${row.id}\`, which ${before.version} cannot read.`,
          `Going back from ${release.version} needs: ${row.otherwise}. Next time, read it one release before it is written.`,
        ),
      ];
    });
    return [...guards, ...broken];
  });
}
