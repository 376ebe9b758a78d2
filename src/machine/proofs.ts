import type { Runbook } from '../runbook/model.ts';
import type { Problem } from '../runbook/problem.ts';
import { stepGraph } from './graph.ts';
import { proveCaptures } from './proof/captures.ts';
import { proveDebts } from './proof/debts.ts';
import { proveGates } from './proof/gates.ts';
import { proveReach } from './proof/reach.ts';

/**
 * Proves the procedure on its graph, over failure, unknown, timeout, denied and abort edges too; each refusal prints
 * the path that breaks. Linear in the graph for each 32 obligations or gates; no path is ever enumerated.
 */
export function prove(runbook: Runbook): readonly Problem[] {
  const graph = stepGraph(runbook);
  return [
    ...proveReach(graph),
    ...proveDebts(runbook, graph),
    ...proveGates(runbook, graph),
    ...proveCaptures(runbook),
  ].toSorted(
    (left, right) =>
      left.at.file.localeCompare(right.at.file) ||
      left.at.line - right.at.line ||
      left.code.localeCompare(right.code),
  );
}
