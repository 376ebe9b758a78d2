import type { GraphEdge, GraphNode, StepGraph } from '../graph.ts';
import { startNode } from '../graph.ts';
import type { Bits } from './bits.ts';
import { sameBits } from './bits.ts';

/** What a proof carries along the edges, and how it meets itself where paths come together. */
export interface Flow {
  readonly graph: StepGraph;
  readonly edges: (edge: GraphEdge) => boolean;
  /** At the start, and at every node before anything is known. */
  readonly start: Bits;
  readonly bottom: Bits;
  readonly meet: (left: Bits, right: Bits) => Bits;
  readonly along: (edge: GraphEdge, state: Bits) => Bits;
  /** Where the regions of a `parallel` come together: one state for each region that can settle. */
  readonly join: (node: GraphNode, regions: readonly Bits[]) => Bits;
}

/**
 * The least (or greatest) solution on every node that can be reached, by a work list in breadth-first order. Each
 * bit of a node changes once at most, so the work is linear in the graph for each word of bits.
 */
export function solve(flow: Flow): ReadonlyMap<string, Bits> {
  const { graph } = flow;
  const order = reachable(graph, flow.edges);
  const states = new Map<string, Bits>();
  const waiting = new Set<string>(order);
  for (const id of waiting) {
    waiting.delete(id);
    const next = id === startNode ? flow.start : stateBefore(flow, states, order, id);
    const before = states.get(id);
    if (before !== undefined && sameBits(before, next)) continue;
    states.set(id, next);
    for (const edge of graph.out.get(id) ?? [])
      if (flow.edges(edge) && order.has(edge.to)) waiting.add(edge.to);
  }
  return states;
}

function stateBefore(
  flow: Flow,
  states: ReadonlyMap<string, Bits>,
  order: ReadonlySet<string>,
  id: string,
): Bits {
  const node = flow.graph.nodes.get(id);
  const incoming = (flow.graph.into.get(id) ?? []).filter((edge) => flow.edges(edge) && order.has(edge.from));
  const meetAll = (edges: readonly GraphEdge[]): Bits =>
    edges
      .map((edge) => flow.along(edge, states.get(edge.from) ?? flow.bottom))
      .reduce((left, right) => flow.meet(left, right), flow.bottom);
  if (node?.kind !== 'join') return meetAll(incoming);
  const regions = Map.groupBy(incoming, (edge) => regionOf(flow.graph, node, edge.from));
  return flow.join(node, [...regions.values()].map(meetAll));
}

/** The step of a `parallel` that holds (or is) the given node: its own id, or the outermost step around it. */
export function regionOf(graph: StepGraph, join: GraphNode, id: string): string {
  const around = graph.nodes.get(id)?.inside ?? [];
  return around[join.inside.length + 1] ?? graph.nodes.get(id)?.step?.id ?? id;
}

/** Every node that a path from the start comes to, in breadth-first order. */
export function reachable(
  graph: StepGraph,
  edges: (edge: GraphEdge) => boolean,
  from: readonly string[] = [startNode],
): ReadonlySet<string> {
  const seen = new Set(from);
  for (const id of seen) {
    for (const edge of graph.out.get(id) ?? []) if (edges(edge)) seen.add(edge.to);
  }
  return seen;
}

/** Every node from which one of the goals can be reached, the goals included. */
export function reaching(
  graph: StepGraph,
  edges: (edge: GraphEdge) => boolean,
  goals: readonly string[],
): ReadonlySet<string> {
  const seen = new Set(goals);
  for (const id of seen) {
    for (const edge of graph.into.get(id) ?? []) if (edges(edge)) seen.add(edge.from);
  }
  return seen;
}

/** True for what the author wrote: the proofs leave an operator's overrides out. */
export const written = (edge: GraphEdge): boolean => edge.by === 'author';
