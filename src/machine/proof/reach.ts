import type { Step } from '../../runbook/model/step.ts';
import type { Problem } from '../../runbook/problem.ts';
import type { GraphEdge, StepGraph } from '../graph.ts';
import { nowhereNode, startNode } from '../graph.ts';
import { reachable, reaching, written } from './flow.ts';
import { nodeName, printPath, shortestPath } from './path.ts';

/**
 * Every step can be reached, every path ends in a named outcome, and every route leads somewhere. An abort is left
 * out where the question is whether a path ends: giving up is always possible and is no way through.
 */
export function proveReach(graph: StepGraph): readonly Problem[] {
  return [
    ...unreached(graph),
    ...brokenRoutes(graph),
    ...fallsOff(graph),
    ...noWayOut(graph),
    ...unattended(graph),
  ];
}

/** WB701: reported once for each stretch that hangs together. */
function unreached(graph: StepGraph): readonly Problem[] {
  const seen = reachable(graph, written);
  const lost = stepsOf(graph).filter((step) => !seen.has(step.id));
  const lostIds = new Set(lost.map(({ id }) => id));
  const heads = lost.filter(({ id }) =>
    (graph.into.get(id) ?? []).every((edge) => !written(edge) || edge.from === id || !lostIds.has(edge.from)),
  );
  const covered = new Set<string>();
  const problems: Problem[] = [];
  for (const head of [...heads, ...lost]) {
    if (covered.has(head.id)) continue;
    const stretch = [...reachable(graph, (edge) => written(edge) && !covered.has(edge.to), [head.id])].filter(
      (id) => lostIds.has(id),
    );
    for (const id of stretch) covered.add(id);
    const more = stretch.length - 1;
    problems.push({
      code: 'WB701',
      severity: 'error',
      message: `no path leads to step ${head.id}${more === 0 ? '' : ` (nor to ${more} more that only it leads to)`}`,
      at: head.at,
      fix: `let a step, an option or a route go to ${head.id} or its phase, or take it out`,
    });
  }
  return problems;
}

/** WB704. */
function brokenRoutes(graph: StepGraph): readonly Problem[] {
  return graph.broken.map(({ step, event, target, why }) => ({
    code: 'WB704',
    severity: 'error',
    message:
      why === 'missing'
        ? `${step.id} →(${event}) ${target}: there is no step, phase or use with that id`
        : `${step.id} →(${event}) ${target}: it lies inside a parallel, an each or a fragment, which only its own steps may enter`,
    at: step.at,
    fix:
      why === 'missing'
        ? 'name a step, a phase or a use that exists'
        : 'go to the step that holds it instead',
  }));
}

/** WB702: one problem for each step whose path falls off the end of its phase. */
function fallsOff(graph: StepGraph): readonly Problem[] {
  const seen = reachable(graph, written);
  const broken = new Set(graph.broken.map(({ step, event }) => `${step.id} ${event}`));
  const falls = (graph.into.get(nowhereNode) ?? []).filter(
    (edge) => written(edge) && seen.has(edge.from) && !broken.has(`${edge.from} ${edge.event}`),
  );
  return [...Map.groupBy(falls, ({ from }) => from).values()].flatMap(([edge]) => {
    if (edge === undefined) return [];
    const live = (other: GraphEdge): boolean => written(other) && seen.has(other.to);
    const path = [...(shortestPath(graph, startNode, (id) => id === edge.from, live) ?? []), edge];
    const step = graph.nodes.get(edge.from)?.step ?? stepsOf(graph)[0];
    return [
      {
        code: 'WB702',
        severity: 'error' as const,
        message: `this path ends in no named outcome: ${printPath(path)}`,
        at: step?.at ?? unknownPlace,
        fix: 'finish it with an `end` step, or with an option or a route that goes on',
      },
    ];
  });
}

/** WB703: a circle that can only be gone round, or a step from which nothing leads on. */
function noWayOut(graph: StepGraph): readonly Problem[] {
  const onward = (edge: GraphEdge): boolean => written(edge) && edge.event !== 'abort';
  const seen = reachable(graph, written);
  const live = (edge: GraphEdge): boolean => written(edge) && seen.has(edge.to);
  const ends = [...graph.nodes.values()].filter(({ kind }) => kind === 'outcome' || kind === 'nowhere');
  const out = reaching(
    graph,
    onward,
    ends.map(({ id }) => id),
    seen,
  );
  const covered = new Set<string>();
  const problems: Problem[] = [];
  for (const step of stepsOf(graph)) {
    if (!seen.has(step.id) || out.has(step.id) || covered.has(step.id)) continue;
    for (const id of reachable(graph, onward, [step.id])) covered.add(id);
    const trapped = (edge: GraphEdge): boolean => onward(edge) && !out.has(edge.to);
    const circle = circleThrough(graph, step.id, trapped);
    const path = [...(shortestPath(graph, startNode, (id) => id === step.id, live) ?? []), ...(circle ?? [])];
    problems.push({
      code: 'WB703',
      severity: 'error',
      message: `nothing leads from here to an outcome: ${printPath(path)}`,
      at: step.at,
      fix: `give ${nodeName(circle?.at(-1)?.from ?? step.id)} an option or a route that ends, or leads to an end`,
    });
  }
  return problems;
}

/** A way round that starts and ends at the same node, or leads into one. */
function circleThrough(
  graph: StepGraph,
  from: string,
  edges: (edge: GraphEdge) => boolean,
): readonly GraphEdge[] | null {
  for (const first of graph.out.get(from) ?? []) {
    if (!edges(first)) continue;
    const rest = first.to === from ? [] : shortestPath(graph, first.to, (id) => id === from, edges);
    if (rest !== null) return [first, ...rest];
  }
  const first = (graph.out.get(from) ?? []).find(edges);
  return first === undefined ? null : [first];
}

/**
 * WB712: a circle of routes in which no step waits for a person or for time. It is not without a way out, but while
 * the trouble lasts the session would go round it as fast as it can.
 */
function unattended(graph: StepGraph): readonly Problem[] {
  const quick = (id: string): boolean => {
    const step = graph.nodes.get(id)?.step;
    if (step === null || step === undefined) return id.startsWith('@join:');
    if (step.kind === 'check') return step.check.withinMs === null && !asksPerson(step);
    if (step.kind === 'smoke') return step.plan.withinMs === null && step.readOnly;
    return step.kind === 'compare' || (step.kind === 'run' && step.readOnly);
  };
  const edges = (edge: GraphEdge): boolean =>
    written(edge) && edge.route !== 'ask' && quick(edge.from) && quick(edge.to);
  return circles(graph, edges).flatMap((circle) => {
    const step = stepsOf(graph).find(({ id }) => circle.has(id));
    if (step === undefined) return [];
    const path = circleThrough(graph, step.id, (edge) => edges(edge) && circle.has(edge.to)) ?? [];
    return [
      {
        code: 'WB712',
        severity: 'warning' as const,
        message: `while the trouble lasts this goes round without asking anybody: ${printPath(path)}`,
        at: step.at,
        fix: 'poll with `every` and `within`, or put a `wait` or a `decide` into the circle',
      },
    ];
  });
}

const asksPerson = (step: Extract<Step, { kind: 'check' }>): boolean =>
  'source' in step.check.subject && step.check.subject.source.kind === 'ask';

/**
 * The strongly connected parts of the graph that hold a circle, over the edges allowed (Tarjan 1972, without
 * recursion: a runbook may be a thousand steps deep).
 */
export function circles(
  graph: StepGraph,
  edges: (edge: GraphEdge) => boolean,
): readonly ReadonlySet<string>[] {
  const number = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: ReadonlySet<string>[] = [];
  const lower = (id: string, value: number): void => {
    low.set(id, Math.min(low.get(id) ?? value, value));
  };
  const open = (id: string) => {
    number.set(id, number.size);
    low.set(id, number.size - 1);
    stack.push(id);
    onStack.add(id);
    return { id, ways: (graph.out.get(id) ?? []).filter(edges).values() };
  };
  const close = (id: string): void => {
    if (low.get(id) !== number.get(id)) return;
    const part = new Set(stack.splice(stack.lastIndexOf(id)));
    for (const member of part) onStack.delete(member);
    const loops = part.size > 1 || (graph.out.get(id) ?? []).some((edge) => edges(edge) && edge.to === id);
    if (loops) found.push(part);
  };
  for (const root of graph.nodes.keys()) {
    if (number.has(root)) continue;
    const frames = [open(root)];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const way = frame.ways.next();
      if (way.done === true) {
        frames.pop();
        const parent = frames.at(-1);
        if (parent !== undefined) lower(parent.id, low.get(frame.id) ?? 0);
        close(frame.id);
      } else if (!number.has(way.value.to)) frames.push(open(way.value.to));
      else if (onStack.has(way.value.to)) lower(frame.id, number.get(way.value.to) ?? 0);
    }
  }
  return found;
}

/** Every step of the graph in reading order. */
export const stepsOf = (graph: StepGraph): readonly Step[] =>
  [...graph.nodes.values()].flatMap(({ kind, step }) => (kind === 'step' && step !== null ? [step] : []));

const unknownPlace = { file: '', line: 1, column: 1 } as const;
