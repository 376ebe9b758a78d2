import type { Runbook } from '../model.ts';
import type { Node } from '../node.ts';
import type { Problem } from '../problem.ts';

export interface Linted {
  readonly problems: readonly Problem[];
  readonly barsProduction: readonly Problem[];
}

/** Every rule that needs the whole runbook. */
export function lint(
  _runbook: Runbook,
  _root: Node,
  _debts: ReadonlyMap<string, readonly string[]>,
  _alone: boolean,
): Linted {
  return { problems: [], barsProduction: [] };
}
