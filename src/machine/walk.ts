import type { Runbook } from '../runbook/model.ts';
import type { Step } from '../runbook/model/step.ts';
import type { Edge } from './edges.ts';
import { edgesOfGraph } from './edges.ts';
import type { TimedFact } from './facts.ts';
import type { EdgeEvent, GraphEdge, StepGraph } from './graph.ts';
import { abortNode, joinNode, startNode, stepGraph } from './graph.ts';
import { saysOf } from './facts/walk.ts';

export interface WalkedEdge {
  readonly edge: Edge;
  /** When the fact was recorded that showed it; ISO 8601. */
  readonly at: string;
}

/**
 * The edges that a session walked, in order, from its facts alone. How a step ended is known from its own facts; that
 * it was left that way is known when the next step begins or the session ends, because a verify, a retry or a person
 * may still have the last word. A step in which a person was asked shows both the trouble and the way on. The way
 * back after an abort is one edge from the step where it began.
 */
export function walkedEdges(runbook: Runbook, facts: readonly TimedFact[]): readonly WalkedEdge[] {
  const graph = stepGraph(runbook);
  const known = new Map(edgesOfGraph(graph).map((edge) => [edge.id, edge]));
  const walked: WalkedEdge[] = [];
  const walk = walkOver(graph, (edge, at) => {
    const found = known.get(edge.id);
    if (found !== undefined) walked.push({ edge: found, at });
  });
  for (const fact of facts) walk(fact);
  return walked;
}

/** Where a session is: a step that has begun, the item it is at, and how it will be left as far as is known. */
interface Token {
  readonly node: string;
  readonly item: string;
  readonly attempt: string;
  /** Set while its outcome cannot be known. */
  readonly doubt: string | null;
  readonly trouble: EdgeEvent | null;
  readonly exit: GraphEdge | null;
}

function walkOver(graph: StepGraph, emit: (edge: GraphEdge, at: string) => void): (fact: TimedFact) => void {
  const tokens = new Map<string, Token>();
  let aborted = false;
  const out = (node: string): readonly GraphEdge[] => graph.out.get(node) ?? [];
  const edgeBy = (node: string, event: EdgeEvent): GraphEdge | null =>
    out(node).find((edge) => edge.event === event) ?? null;
  const begin = (node: string, item: string, attempt: string): Token => {
    const token = { node, item, attempt, doubt: null, trouble: null, exit: null };
    tokens.set(node, token);
    return token;
  };
  tokens.set(startNode, { ...begin(startNode, '', ''), exit: edgeBy(startNode, 'pass') });

  const byRank = (): readonly Token[] =>
    [...tokens.values()].toSorted((left, right) => rank(left) - rank(right));

  /** The edges from where a token stands to a goal, through what is gone through without a fact of its own. */
  function chain(token: Token, isGoal: (id: string) => boolean): readonly GraphEdge[] | null {
    const forks = out(token.node).filter(({ event }) => event === 'fork' || event === 'gone_on');
    const first = token.exit === null ? forks : [token.exit];
    const queue: (readonly GraphEdge[])[] = first.map((edge) => [edge]);
    const seen = new Set<string>();
    for (const path of queue) {
      const at = path.at(-1)?.to ?? '';
      if (isGoal(at)) return path;
      if (seen.has(at)) continue;
      seen.add(at);
      for (const edge of out(at)) if (isSilent(graph, at, edge)) queue.push([...path, edge]);
    }
    return null;
  }

  /** Leaves everything that the way to `to` leaves, then walks it. */
  function follow(token: Token, path: readonly GraphEdge[], at: string): void {
    const goal = path.at(-1)?.to ?? '';
    const goalInside = graph.nodes.get(goal)?.inside ?? [];
    const from = graph.nodes.get(token.node)?.inside ?? [];
    const left = path.some(({ event }) => event === 'fork')
      ? []
      : from.filter((container) => !goalInside.includes(container) && container !== goal);
    for (const other of byRank()) {
      const inside = graph.nodes.get(other.node)?.inside ?? [];
      const parallel = left.findLast((id) => inside.includes(id) && graph.nodes.has(joinNode(id)));
      if (other.node === token.node || parallel === undefined) continue;
      tokens.delete(other.node);
      const rest = other.exit === null ? null : chain(other, (id) => id === joinNode(parallel));
      for (const edge of rest ?? []) emit(edge, at);
    }
    for (const edge of path) emit(edge, at);
    for (const container of left) tokens.delete(container);
    if (token.exit !== null) tokens.delete(token.node);
  }

  /** The step that a fact speaks about begins: some token leads there. */
  function arrive(step: Step, item: string, attempt: string, at: string): Token {
    for (const token of byRank()) {
      const path = chain(token, (id) => id === step.id);
      if (path === null) continue;
      follow(token, path, at);
      break;
    }
    return begin(step.id, item, attempt);
  }

  function settle(at: string): void {
    if (aborted) {
      const end = edgeBy(abortNode, 'pass');
      if (end !== null) emit(end, at);
      return;
    }
    for (const token of byRank()) {
      if (!tokens.has(token.node) || token.exit === null) continue;
      const path = chain(token, (id) => graph.nodes.get(id)?.kind === 'outcome');
      if (path !== null) follow(token, path, at);
    }
  }

  function abort(at: string): void {
    for (const token of byRank()) {
      const edge = edgeBy(token.node, 'abort');
      if (edge === null) continue;
      if (edge.route === 'undo') {
        aborted = true;
        emit(edge, at);
      } else tokens.set(token.node, { ...token, exit: edge });
    }
  }

  return (fact) => {
    if (fact.type === 'abort.requested') return abort(fact.at);
    if (fact.type === 'session.ended') return settle(fact.at);
    if (aborted || !('place' in fact)) return;
    const step = graph.nodes.get(fact.place.step)?.step ?? null;
    if (step === null) return;
    const standing = tokens.get(step.id);
    const loopsBack =
      standing?.exit?.route === 'goto' && standing.exit.to === step.id && standing.attempt !== fact.attempt;
    const here = standing?.item === fact.place.item && !loopsBack;
    const token = here ? standing : arrive(step, fact.place.item, fact.attempt, fact.at);
    const says = saysOf(step, fact, { doubt: token.doubt, trouble: token.trouble, out: out(step.id) });
    if (says === null) return;
    if (says.kind === 'begun')
      tokens.set(step.id, { ...token, attempt: fact.attempt, exit: null, doubt: null });
    if (says.kind === 'in_doubt') tokens.set(step.id, { ...token, doubt: says.doubt, exit: null });
    if (says.kind === 'leaves') tokens.set(step.id, { ...token, trouble: says.trouble, exit: says.edge });
    if (says.kind === 'asks') {
      emit(says.edge, fact.at);
      tokens.set(step.id, { ...token, trouble: says.edge.event, exit: null, doubt: null });
    }
  };
}

/** A route that was taken explains a step before a plain pass does, and that before the inside of a container. */
const rank = ({ exit }: Token): number => (exit === null ? 2 : exit.route === 'flow' ? 1 : 0);

/** Nodes that a session goes through without a fact: joins, the head of a loop, and the end. */
function isSilent(graph: StepGraph, id: string, edge: GraphEdge): boolean {
  const node = graph.nodes.get(id);
  if (node?.kind === 'join') return true;
  if (node?.step?.kind === 'each') return edge.event === 'pass' || edge.event === 'gone_on';
  return node?.step?.kind === 'end' && edge.event === 'pass';
}
