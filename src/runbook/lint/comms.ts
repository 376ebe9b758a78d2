import { child } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import type { Book } from './places.ts';

/** An acknowledgement that is waited for can come. */
export function lintComms({ runbook, root }: Book): readonly Problem[] {
  return runbook.comms.flatMap(({ ack, to }, index) => {
    if (!ack || runbook.channels[to]?.kind !== 'file') return [];
    const at = child(child(child(root, 'comms'), index), 'ack').at;
    return [problem('WB803', at, `\`${to}\` writes to a file, and a file acknowledges nothing.`)];
  });
}
