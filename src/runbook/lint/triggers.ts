import { child } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import type { Book } from './places.ts';

/** Limits that can be reached, in the unit of the probe. */
export function lintTriggers({ runbook, root }: Book): readonly Problem[] {
  return runbook.triggers.flatMap((trigger, index) => {
    const unit = runbook.probes[trigger.probe]?.unit;
    if (unit !== 'ratio' || (trigger.breach.value >= 0 && trigger.breach.value <= 1)) return [];
    const at = child(child(child(root, 'triggers'), index), 'breach').at;
    return [
      problem('WB602', at, `\`${trigger.probe}\` is a ratio, and the limit is ${trigger.breach.value}.`),
    ];
  });
}
