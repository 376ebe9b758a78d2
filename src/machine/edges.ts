import { createHash } from 'node:crypto';
import type { Runbook } from '../runbook/model.ts';
import { contentHash } from './content.ts';
import type { EdgeEvent, GraphEdge, StepGraph } from './graph.ts';
import { abortNode, nowhereNode, stepGraph } from './graph.ts';

/** One way on that can be practised. */
export interface Edge {
  /** `from -event-> to`. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly event: EdgeEvent;
  /** Changes exactly when the source or the target changes: an edit voids the practice of its own edges only. */
  readonly hash: string;
  /**
   * D4: 1 for the way it should go; 2 where something failed, is unknown, timed out or was denied; 3 out of a point
   * of no return, into an abort and through the way back. 0 for an operator's override: it is recorded where it was
   * walked, and nobody is asked to practise it.
   */
  readonly weight: 0 | 1 | 2 | 3;
}

/** Every edge of the compiled runbook in reading order, those that lead nowhere left out. */
export function edgesOf(runbook: Runbook): readonly Edge[] {
  return edgesOfGraph(stepGraph(runbook));
}

/** The edges of a graph that lead somewhere, each with the hashes of its ends. */
export function edgesOfGraph(graph: StepGraph): readonly Edge[] {
  const hashes = new Map([...graph.nodes.values()].map((node) => [node.id, contentHash(node)]));
  return graph.edges
    .filter(({ to }) => to !== nowhereNode)
    .map((edge) => ({
      id: edge.id,
      from: edge.from,
      to: edge.to,
      event: edge.event,
      hash: createHash('sha256')
        .update(`${hashes.get(edge.from) ?? ''} ${edge.event} ${hashes.get(edge.to) ?? ''}`)
        .digest('hex'),
      weight: weightOf(graph, edge),
    }));
}

function weightOf(graph: StepGraph, { from, event, by }: GraphEdge): Edge['weight'] {
  if (by === 'operator') return 0;
  const node = graph.nodes.get(from);
  if (event === 'abort' || from === abortNode || (node?.kind === 'step' && node.step?.ponr)) return 3;
  return event === 'fail' || event === 'unknown' || event === 'timeout' || event === 'denied' ? 2 : 1;
}
