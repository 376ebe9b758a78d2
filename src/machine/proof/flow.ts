import type { GraphEdge, GraphNode, StepGraph } from '../graph.ts';
import { abortNode, joinNode, startNode } from '../graph.ts';
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
function regionOf(graph: StepGraph, join: GraphNode, id: string): string {
  const around = graph.nodes.get(id)?.inside ?? [];
  return around[join.inside.length + 1] ?? graph.nodes.get(id)?.step?.id ?? id;
}

/**
 * Every node that a session can come to, in breadth-first order. A `parallel` is joined only where each of its regions
 * can settle there: one that always leaves by a route never lets it go on.
 */
export function reachable(
  graph: StepGraph,
  edges: (edge: GraphEdge) => boolean,
  from: readonly string[] = [startNode],
): ReadonlySet<string> {
  const seen = new Set(from);
  const settled = new Map<string, Set<string>>();
  const isJoined = (node: GraphNode, by: string): boolean => {
    const regions = settled.get(node.id) ?? new Set();
    settled.set(node.id, regions.add(regionOf(graph, node, by)));
    return node.step?.kind !== 'parallel' || regions.size >= Math.max(1, node.step.steps.length);
  };
  for (const id of seen) {
    for (const edge of graph.out.get(id) ?? []) {
      if (!edges(edge)) continue;
      const node = graph.nodes.get(edge.to);
      if (node?.kind !== 'join' || isJoined(node, id)) seen.add(edge.to);
    }
  }
  return seen;
}

/**
 * Every node from which a session can come to one of the goals, the goals included. A region that settles waits for
 * the others, and then goes where any of them leads.
 */
export function reaching(
  graph: StepGraph,
  edges: (edge: GraphEdge) => boolean,
  goals: readonly string[],
  seen: ReadonlySet<string>,
): ReadonlySet<string> {
  const into = new Map<string, Set<string>>();
  const lead = (from: string, to: string): void => {
    into.set(to, (into.get(to) ?? new Set()).add(from));
  };
  for (const edge of graph.edges) {
    if (!edges(edge) || !seen.has(edge.from)) continue;
    let at = edge.from;
    for (const parallel of leftParallels(graph, edge)) {
      lead(at, joinNode(parallel));
      at = joinNode(parallel);
    }
    lead(at, edge.to);
  }
  const found = new Set(goals);
  for (const id of found) for (const from of into.get(id) ?? []) found.add(from);
  return found;
}

/** The `parallel` steps that an edge leaves by a route, innermost first: their other regions settle before it is taken. */
export function leftParallels(graph: StepGraph, edge: GraphEdge): readonly string[] {
  const from = graph.nodes.get(edge.from);
  const to = graph.nodes.get(edge.to);
  if (from === undefined || to === undefined || edge.to === abortNode) return [];
  return from.inside
    .filter(
      (id) =>
        graph.nodes.get(id)?.step?.kind === 'parallel' &&
        !to.inside.includes(id) &&
        !(to.kind === 'join' && to.step?.id === id),
    )
    .toReversed();
}

/** True for what the author wrote: the proofs leave an operator's overrides out. */
export const written = (edge: GraphEdge): boolean => edge.by === 'author';
