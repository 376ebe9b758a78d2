import type { GraphEdge, StepGraph } from '../graph.ts';
import { abortNode, nowhereNode, startNode } from '../graph.ts';

/** The shortest path between two nodes over the edges allowed; null where there is none. */
export function shortestPath(
  graph: StepGraph,
  from: string,
  isGoal: (id: string) => boolean,
  edges: (edge: GraphEdge) => boolean,
): readonly GraphEdge[] | null {
  const cameBy = new Map<string, GraphEdge | null>([[from, null]]);
  for (const [id] of cameBy) {
    if (isGoal(id) && id !== from) return backFrom(cameBy, id);
    for (const edge of graph.out.get(id) ?? []) {
      if (edges(edge) && !cameBy.has(edge.to)) cameBy.set(edge.to, edge);
    }
  }
  return isGoal(from) ? [] : null;
}

function backFrom(cameBy: ReadonlyMap<string, GraphEdge | null>, goal: string): readonly GraphEdge[] {
  const path: GraphEdge[] = [];
  for (let edge = cameBy.get(goal); edge !== null && edge !== undefined; edge = cameBy.get(edge.from))
    path.unshift(edge);
  return path;
}

/** The longest run of plain steps printed whole; a longer one shows its ends. */
const longestRun = 4;

/**
 * A path as people read it: `decide →(option:rollback) hold_pipeline →(fail) … → rolled_back`. Every edge that is
 * not a plain pass is printed; long runs of passes are shortened to `…`.
 */
export function printPath(path: readonly GraphEdge[]): string {
  const words: string[] = [];
  let run: string[] = [];
  const flush = (): void => {
    words.push(...(run.length > longestRun ? [...run.slice(0, 1), ' → …', ...run.slice(-2)] : run));
    run = [];
  };
  const [first] = path;
  if (first !== undefined && first.from !== startNode) words.push(nodeName(first.from));
  for (const edge of path) {
    if (edge.from === startNode) words.push(nodeName(edge.to));
    else if (edge.event === 'pass') run.push(` → ${nodeName(edge.to)}`);
    else {
      flush();
      words.push(` →(${edge.event}) ${nodeName(edge.to)}`);
    }
  }
  flush();
  return words.join('');
}

/** A node in words: a step's id, an outcome's name. */
export function nodeName(id: string): string {
  if (id === nowhereNode) return 'nowhere';
  if (id === abortNode) return 'abort';
  return id.startsWith('@join:') ? `${id.slice('@join:'.length)} (joined)` : id.replace(/^@/, '');
}
