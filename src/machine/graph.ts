import type { Outcome, Phase, Route, RouteOn, Step } from '../runbook/model/step.ts';
import type { Runbook } from '../runbook/model.ts';
import { targetsOf } from './graph-targets.ts';
import type { Targets } from './graph-targets.ts';

/**
 * The runbook as a graph of steps: what the proofs walk, what drills count and what is drawn. One edge is one way
 * on that a session can take. Its size is linear in the number of steps, options and routes.
 */
export interface StepGraph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** In reading order of the step they leave. */
  readonly edges: readonly GraphEdge[];
  readonly out: ReadonlyMap<string, readonly GraphEdge[]>;
  readonly into: ReadonlyMap<string, readonly GraphEdge[]>;
  /** Routes whose target cannot be entered; their edges lead to `nowhere`. */
  readonly broken: readonly BrokenRoute[];
}

/**
 * `step` nodes carry their step's id; all others start with `@`, which no step id can. A `parallel` forks at its
 * own node and joins at `@join:<id>`; an `each` is the head of its loop, so that nothing inside it is certain to
 * have happened (it may have no items).
 */
export interface GraphNode {
  readonly id: string;
  readonly kind: 'start' | 'step' | 'join' | 'abort' | 'outcome' | 'nowhere';
  /** The step itself; for a join its `parallel`. */
  readonly step: Step | null;
  readonly outcome: Outcome | null;
  /** Ids of the `parallel` and `each` steps around it, outermost first. */
  readonly inside: readonly string[];
}

export type EdgeEvent = 'pass' | 'skip' | 'fork' | 'gone_on' | RouteOn | `option:${string}`;

export interface GraphEdge {
  /** `from -event-> to`, unique. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly event: EdgeEvent;
  /**
   * `operator`: an override that nobody wrote into the runbook (skipping a step that could run). The proofs speak
   * about the procedure as written and leave these out.
   */
  readonly by: 'author' | 'operator';
  /** `ask`: the step stays where it is and a person chooses; `undo`: through the general way back. */
  readonly route: 'flow' | 'ask' | 'goto' | 'end' | 'undo';
}

interface BrokenRoute {
  readonly step: Step;
  readonly event: EdgeEvent;
  readonly target: string;
  readonly why: 'missing' | 'inside';
}

export const startNode = '@start';
export const abortNode = '@abort';
/** Where a path ends that leads to no named outcome. */
export const nowhereNode = '@nowhere';
const outcomeNode = (outcome: Outcome): string => `@${outcome}`;
export const joinNode = (parallel: string): string => `@join:${parallel}`;

/** Builds the graph; linear in the size of the runbook. */
export function stepGraph(runbook: Runbook): StepGraph {
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  const out = new Map<string, GraphEdge[]>();
  const into = new Map<string, GraphEdge[]>();
  const broken: BrokenRoute[] = [];
  const targets = targetsOf(runbook);

  const node = (id: string, kind: GraphNode['kind'], more: Partial<GraphNode> = {}): string => {
    if (!nodes.has(id)) {
      nodes.set(id, { id, kind, step: null, outcome: null, inside: [], ...more });
      out.set(id, []);
      into.set(id, []);
    }
    return id;
  };
  const outcome = (value: Outcome): string => node(outcomeNode(value), 'outcome', { outcome: value });
  const edge = (
    from: string,
    event: EdgeEvent,
    to: string,
    route: GraphEdge['route'] = 'flow',
    by: GraphEdge['by'] = 'author',
  ): void => {
    const made = { id: edgeId(from, event, to), from, to, event, by, route };
    edges.push(made);
    out.get(from)?.push(made);
    into.get(to)?.push(made);
  };

  node(startNode, 'start');
  node(abortNode, 'abort');
  outcome('aborted');
  node(nowhereNode, 'nowhere');
  const place = (steps: readonly Step[], inside: readonly string[]): void => {
    for (const step of steps) {
      node(step.id, 'step', { step, inside });
      if (step.kind === 'parallel') node(joinNode(step.id), 'join', { step, inside });
      if (step.kind === 'parallel' || step.kind === 'each') place(step.steps, [...inside, step.id]);
    }
  };
  for (const phase of runbook.phases) place(phase.steps, []);

  /** Adds the edge of one route; `asked` is where a step stays while a person chooses. */
  const lead = (step: Step, event: EdgeEvent, route: Route, asked: string): void => {
    if (route.kind === 'ask') return edge(step.id, event, asked, 'ask');
    if (route.kind === 'end') return edge(step.id, event, outcome(route.outcome), 'end');
    const found = targets.find(route.target, step.id);
    if (!found.ok) broken.push({ step, event, target: route.target, why: found.why });
    edge(step.id, event, found.ok ? (found.step ?? nowhereNode) : nowhereNode, 'goto');
  };

  const connect = (step: Step, next: string): void => {
    if (step.when !== null) edge(step.id, 'skip', next);
    switch (step.kind) {
      case 'end':
        return edge(step.id, 'pass', outcome(step.outcome), 'end');
      case 'parallel':
        connectParallel(step, next);
        break;
      case 'each':
        if (step.endless !== true) edge(step.id, 'pass', next);
        if (step.steps[0] !== undefined) edge(step.id, 'gone_on', step.steps[0].id);
        connectAll(step.steps, step.id);
        break;
      case 'decide':
        for (const option of step.options) {
          const event = `option:${option.id}` as const;
          if (option.again) edge(step.id, event, step.id, 'ask');
          else if (option.route === null || option.route.kind === 'ask') edge(step.id, event, next);
          else lead(step, event, option.route, next);
        }
        break;
      default:
        edge(step.id, 'pass', next);
    }
    for (const event of troublesOf(step)) lead(step, event, step.on[event], step.id);
    if (step.when === null && !step.required) edge(step.id, 'skip', next, 'flow', 'operator');
    if (step.kind === 'parallel' || step.kind === 'each') return; // an abort leaves from the steps inside
    if (step.on.abort.kind === 'ask') edge(step.id, 'abort', abortNode, 'undo');
    else lead(step, 'abort', step.on.abort, abortNode);
  };

  const connectParallel = (step: Extract<Step, { kind: 'parallel' }>, next: string): void => {
    const join = joinNode(step.id);
    for (const region of step.steps) {
      edge(step.id, 'fork', region.id);
      connect(region, join);
    }
    if (step.steps.length === 0) edge(step.id, 'pass', join);
    edge(join, 'pass', next);
  };

  const connectAll = (steps: readonly Step[], next: string): void => {
    steps.forEach((step, index) =>
      connect(step, (step.nextItem === true ? undefined : steps[index + 1]?.id) ?? next),
    );
  };

  edge(startNode, 'pass', firstOnPath(runbook.phases, targets) ?? nowhereNode);
  runbook.phases.forEach((phase, index) => {
    connectAll(phase.steps, targets.afterPhase(index) ?? nowhereNode);
  });
  edge(abortNode, 'pass', outcomeNode('aborted'), 'undo');
  return { nodes, edges, out, into, broken };
}

const edgeId = (from: string, event: EdgeEvent, to: string): string => `${from} -${event}-> ${to}`;

/** What can go wrong in a step of this kind, besides what its author gave a route for. */
function troublesOf(step: Step): readonly Exclude<RouteOn, 'abort'>[] {
  const judged = step.before.length > 0 || step.verify.length > 0;
  const own = troubles[step.kind](step);
  return (['fail', 'unknown', 'timeout', 'denied'] as const).filter(
    (event) => own.includes(event) || (judged && event !== 'denied') || step.on[event].kind !== 'ask',
  );
}

type Trouble = Exclude<RouteOn, 'abort'>;
const measured: readonly Trouble[] = ['fail', 'unknown', 'timeout'];

/** One row a kind, so that a new kind cannot be forgotten. */
const troubles: Readonly<Record<Step['kind'], (step: Step) => readonly Trouble[]>> = {
  run: () => measured,
  check: () => measured,
  compare: () => measured,
  smoke: () => measured,
  barrier: () => measured,
  release: () => measured,
  wait: (step) => (step.kind === 'wait' && step.wait.kind === 'condition' ? measured : []),
  notify: () => ['fail', 'unknown'],
  manual: () => ['fail', 'unknown'],
  approve: () => ['timeout', 'denied'],
  confirm: () => ['fail'],
  decide: () => [],
  parallel: () => [],
  each: () => ['unknown'], // what it counts over may not be known
  end: () => [],
};

function firstOnPath(phases: readonly Phase[], targets: Targets): string | null {
  const index = phases.findIndex((phase) => !phase.offPath);
  return index === -1 ? null : (phases[index]?.steps[0]?.id ?? targets.afterPhase(index));
}
