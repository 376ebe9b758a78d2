import type { Runbook } from '../../runbook/model.ts';
import type { Step } from '../../runbook/model/step.ts';
import type { Problem } from '../../runbook/problem.ts';
import type { GraphEdge, StepGraph } from '../graph.ts';
import { startNode } from '../graph.ts';
import type { Bits } from './bits.ts';
import { allBits, hasBit, intersection, noBits, setBit, union } from './bits.ts';
import { solve, written } from './flow.ts';
import { printPath, shortestPath } from './path.ts';
import { circles, stepsOf } from './reach.ts';

/**
 * Nothing mutates before the gates that guard it. A gate is an `approve`, a `confirm` or a `decide`; it is passed
 * when it says yes (or a decision is taken), and when its author's `when` says that it is not needed here. Being
 * refused, expiring or failing passes nothing. Three rules:
 *
 * - WB707: no mutating step is reached before any gate at all. Where the runbook has no gate this is a warning.
 * - WB708: what guards the door of a phase guards all of it. A gate that every path to the phase's first step has
 *   passed must have been passed on every path to each mutating step of that phase; and so must an `approve` or
 *   a `confirm` of the phase itself for the mutating steps written after it. A `goto` may not land behind a gate.
 * - WB709, WB710: a point of no return has a guard, and is not come to a second time without a gate in between.
 *
 * Giving a debt back, telling people and reading are not mutations here: they must stay possible on every path.
 */
export function proveGates(runbook: Runbook, graph: StepGraph): readonly Problem[] {
  const gates = stepsOf(graph).filter(isGate);
  const passed = passedGates(graph, gates);
  return [
    ...beforeAnyGate(graph, gates, passed),
    ...behindGate(runbook, graph, gates, passed),
    ...unguardedLine(graph),
    ...crossedTwice(graph),
  ];
}

const isGate = ({ kind }: Step): boolean => kind === 'approve' || kind === 'confirm' || kind === 'decide';

/** True where a step may change something outside that no debt gives back by being here. */
const changesThings = (step: Step): boolean =>
  !step.readOnly && (step.kind === 'run' || (step.kind === 'manual' && step.changes !== null));

/** True for an edge on which a gate was passed. */
function passes(graph: StepGraph, edge: GraphEdge): Step | null {
  const node = graph.nodes.get(edge.from);
  const step = node?.kind === 'step' ? node.step : null;
  if (step === null || step === undefined || !isGate(step)) return null;
  return edge.event === 'pass' || edge.event === 'skip' || edge.event.startsWith('option:') ? step : null;
}

/** The gates that every path to a node has passed: bit 0 is "any gate", bit n is the n-th gate. */
function passedGates(graph: StepGraph, gates: readonly Step[]): ReadonlyMap<string, Bits> {
  const size = gates.length + 1;
  const bitOf = new Map(gates.map(({ id }, index) => [id, index + 1]));
  return solve({
    graph,
    edges: written,
    start: noBits(size),
    bottom: allBits(size),
    meet: intersection,
    along: (edge, state) => {
      const gate = passes(graph, edge);
      if (gate === null) return state;
      const after = state.slice();
      setBit(after, 0);
      setBit(after, bitOf.get(gate.id) ?? 0);
      return after;
    },
    join: (_node, regions) => regions.reduce(union, noBits(size)),
  });
}

/** WB707. */
function beforeAnyGate(
  graph: StepGraph,
  gates: readonly Step[],
  passed: ReadonlyMap<string, Bits>,
): readonly Problem[] {
  const lacks = (id: string): boolean => {
    const state = passed.get(id);
    return state !== undefined && !hasBit(state, 0);
  };
  const first = stepsOf(graph).filter((step) => changesThings(step) && lacks(step.id));
  if (gates.length === 0) {
    return first.slice(0, 1).map((step) => ({
      code: 'WB707',
      severity: 'warning',
      message: `nobody decides before ${step.id} changes something: the runbook has no decide, approve or confirm step`,
      at: step.at,
      fix: 'start with a `decide` step that says why to roll back, and offers the cheaper ways first',
    }));
  }
  return first.map((step) => ({
    code: 'WB707',
    severity: 'error',
    message: `${step.id} changes something before anything was decided: ${printPath(pathWithout(graph, step.id, lacks, (edge) => passes(graph, edge) === null))}`,
    at: step.at,
    fix: `let every path to ${step.id} pass a decide, approve or confirm step, or mark it read_only`,
  }));
}

/** WB708. */
function behindGate(
  runbook: Runbook,
  graph: StepGraph,
  gates: readonly Step[],
  passed: ReadonlyMap<string, Bits>,
): readonly Problem[] {
  const size = gates.length + 1;
  const bitOf = new Map(gates.map(({ id }, index) => [id, index + 1]));
  const inReadingOrder = Map.groupBy(stepsOf(graph), ({ phase }) => phase);
  return runbook.phases.flatMap((phase) => {
    const door = passed.get(phase.steps[0]?.id ?? '');
    let wanted: Bits = door?.slice() ?? noBits(size);
    const problems: Problem[] = [];
    for (const step of inReadingOrder.get(phase.id) ?? []) {
      const state = passed.get(step.id);
      if (state !== undefined && changesThings(step)) {
        const missing = gates.find((_gate, index) => hasBit(wanted, index + 1) && !hasBit(state, index + 1));
        if (missing !== undefined)
          problems.push(wayAround(graph, passed, step, missing, bitOf.get(missing.id) ?? 0));
      }
      if (step.kind === 'approve' || step.kind === 'confirm') {
        wanted = wanted.slice();
        setBit(wanted, bitOf.get(step.id) ?? 0);
      }
    }
    return problems;
  });
}

function wayAround(
  graph: StepGraph,
  passed: ReadonlyMap<string, Bits>,
  step: Step,
  gate: Step,
  bit: number,
): Problem {
  const lacks = (id: string): boolean => {
    const state = passed.get(id);
    return state !== undefined && !hasBit(state, bit);
  };
  const path = pathWithout(graph, step.id, lacks, (edge) => passes(graph, edge)?.id !== gate.id);
  return {
    code: 'WB708',
    severity: 'error',
    message: `${step.id} can be reached without passing ${gate.id}, which guards it: ${printPath(path)}`,
    at: step.at,
    fix: `lead that path through ${gate.id}, or to the first step of the phase that it guards`,
  };
}

const pathWithout = (
  graph: StepGraph,
  to: string,
  lacks: (id: string) => boolean,
  edges: (edge: GraphEdge) => boolean,
): readonly GraphEdge[] =>
  shortestPath(
    graph,
    startNode,
    (id) => id === to,
    (edge) => written(edge) && lacks(edge.to) && edges(edge),
  ) ?? [];

/** WB709: what cannot be taken back is guarded at the last moment, and looked at afterwards. */
function unguardedLine(graph: StepGraph): readonly Problem[] {
  return stepsOf(graph).flatMap((step): readonly Problem[] => {
    if (step.ponr === null || step.before.length > 0) return [];
    const blind = step.verify.length === 0;
    return [
      {
        code: 'WB709',
        severity: blind ? 'error' : 'warning',
        message: blind
          ? `${step.id} is a point of no return that nothing guards and nothing verifies`
          : `${step.id} is a point of no return, and nothing is read again right before it`,
        at: step.at,
        fix: 'add a `before` guard: a probe that says the world is still as it was when this was decided',
      },
    ];
  });
}

/** WB710: a circle through a point of no return in which no gate is passed; the items of an `each` are no circle. */
function crossedTwice(graph: StepGraph): readonly Problem[] {
  const lines = stepsOf(graph).filter(({ ponr }) => ponr !== null);
  if (lines.length === 0) return [];
  const unrolled = withoutNextItems(graph);
  const edges = (edge: GraphEdge): boolean =>
    written(edge) && edge.route !== 'ask' && passes(graph, edge) === null;
  const found = circles(unrolled, edges);
  return lines.flatMap((step): readonly Problem[] => {
    const circle = found.find((part) => part.has(step.id));
    if (circle === undefined) return [];
    const within = (edge: GraphEdge): boolean => edges(edge) && circle.has(edge.to);
    const round = (unrolled.out.get(step.id) ?? []).filter(within).flatMap((first) => {
      const rest =
        first.to === step.id ? [] : shortestPath(unrolled, first.to, (id) => id === step.id, within);
      return rest === null ? [] : [[first, ...rest]];
    });
    const path = round.toSorted((left, right) => left.length - right.length)[0] ?? [];
    return [
      {
        code: 'WB710',
        severity: 'error',
        message: `the point of no return ${step.id} is come to again without a gate in between: ${printPath(path)}`,
        at: step.at,
        fix: 'put a `decide`, `approve` or `confirm` step on the way back to it',
      },
    ];
  });
}

/** The graph with every `each` gone through once: what led back to its head leads to what follows it. */
function withoutNextItems(graph: StepGraph): StepGraph {
  const edges = graph.edges.flatMap((edge): readonly GraphEdge[] => {
    const head = graph.nodes.get(edge.to);
    const next = head?.step?.kind === 'each' && edge.route === 'flow' ? head.id : null;
    if (next === null || graph.nodes.get(edge.from)?.inside.includes(next) !== true) return [edge];
    return exitsOf(graph, next).map((exit) => ({ ...edge, to: exit }));
  });
  return {
    ...graph,
    edges,
    out: Map.groupBy(edges, ({ from }) => from),
    into: Map.groupBy(edges, ({ to }) => to),
  };
}

/** Where a loop leads when it is over; an `each` that ends an outer one leads on to where that leads. */
function exitsOf(graph: StepGraph, each: string): readonly string[] {
  return (graph.out.get(each) ?? [])
    .filter(({ event }) => event === 'pass')
    .flatMap(({ to }) => (graph.nodes.get(each)?.inside.includes(to) === true ? exitsOf(graph, to) : [to]));
}
