import type { Check } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Step } from '../../runbook/model/step.ts';
import { allSteps } from '../../runbook/model.ts';
import type { Problem } from '../../runbook/problem.ts';
import type { GraphEdge, StepGraph } from '../graph.ts';
import { abortNode, startNode } from '../graph.ts';
import type { Bits } from './bits.ts';
import { clearBit, hasBit, intersection, noBits, setBit, union } from './bits.ts';
import { leftParallels, reachable, solve, written } from './flow.ts';
import { nodeName, printPath, shortestPath } from './path.ts';

/**
 * Every obligation opened on a path is given back on it, and nothing is given back that cannot be open.
 *
 * A debt counts as open from the step that opens it on, however that step ends (it is recorded with the intent),
 * and as paid once a `release` that names it has passed. Passing a release over because its `when` is false pays
 * nothing, unless the step that opens the debt has word for word the same `when`. The general way back of an abort
 * pays by construction; an author's own `on.abort` does not. A debt opened in one region of a `parallel` and
 * released in another may be opened after it was released, so it counts as open where they join.
 */
export function proveDebts(runbook: Runbook, graph: StepGraph): readonly Problem[] {
  const debts = debtsOf(runbook);
  const states = openDebts(graph, debts);
  return [...leftOpen(graph, debts, states), ...neverOpen(graph, debts, states)];
}

interface Debts {
  readonly ids: readonly string[];
  readonly openers: ReadonlyMap<string, readonly Step[]>;
  /** The bits that a name stands for: a debt, or a `use` with every debt opened inside it. */
  readonly named: (name: string) => readonly number[];
}

function debtsOf(runbook: Runbook): Debts {
  const opening = allSteps(runbook).filter((step) => step.opens !== null);
  const openers = Map.groupBy(opening, (step) => step.opens?.id ?? '');
  const ids = [...openers.keys()];
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const debtOfStep = new Map(opening.map((step) => [step.id, indexOf.get(step.opens?.id ?? '') ?? 0]));
  return {
    ids,
    openers,
    named: (name) => {
      const own = indexOf.get(name);
      if (own !== undefined) return [own];
      const group = Object.hasOwn(runbook.groups, name) ? (runbook.groups[name] ?? []) : [];
      return [...new Set(group.flatMap((id) => debtOfStep.get(id) ?? []))];
    },
  };
}

/** What may be open before each node that can be reached. */
function openDebts(graph: StepGraph, debts: Debts): ReadonlyMap<string, Bits> {
  const { ids } = debts;
  const opensInside = debtsOpenedInside(graph, debts);
  return solve({
    graph,
    edges: written,
    start: noBits(ids.length),
    bottom: noBits(ids.length),
    meet: union,
    along: (edge, state) => {
      const after = alongStep(graph, debts, edge, state);
      return leftParallels(graph, edge)
        .map((parallel) => opensInside.get(parallel) ?? noBits(ids.length))
        .reduce(union, after);
    },
    join: (node, regions) => {
      const every = regions.reduce(intersection, regions[0] ?? noBits(ids.length));
      const some = regions.reduce(union, noBits(ids.length));
      return union(every, intersection(some, opensInside.get(node.step?.id ?? '') ?? noBits(ids.length)));
    },
  });
}

function alongStep(graph: StepGraph, debts: Debts, edge: GraphEdge, state: Bits): Bits {
  const step = graph.nodes.get(edge.from)?.step ?? null;
  if (step === null || graph.nodes.get(edge.from)?.kind !== 'step') return state;
  if (edge.to === abortNode) return noBits(debts.ids.length);
  const after = state.slice();
  if (step.opens !== null && edge.event !== 'skip')
    for (const bit of debts.named(step.opens.id)) setBit(after, bit);
  if (step.kind === 'release') for (const bit of paidBy(debts, step, edge)) clearBit(after, bit);
  return after;
}

function paidBy(debts: Debts, step: Extract<Step, { kind: 'release' }>, edge: GraphEdge): readonly number[] {
  const bits = step.obligations.flatMap(debts.named);
  if (edge.event === 'pass') return bits;
  if (edge.event !== 'skip' || step.when === null) return [];
  const when = step.when.source;
  return bits.filter((bit) =>
    (debts.openers.get(debts.ids[bit] ?? '') ?? []).every((opener) => opener.when?.source === when),
  );
}

function debtsOpenedInside(graph: StepGraph, debts: Debts): ReadonlyMap<string, Bits> {
  const inside = new Map<string, Bits>();
  for (const { kind, step, inside: around } of graph.nodes.values()) {
    if (kind !== 'step' || step?.opens === null || step?.opens === undefined) continue;
    for (const container of around) {
      const bits = inside.get(container) ?? noBits(debts.ids.length);
      for (const bit of debts.named(step.opens.id)) setBit(bits, bit);
      inside.set(container, bits);
    }
  }
  return inside;
}

/** WB705: one problem for each debt, with the shortest path on which it stays open. */
function leftOpen(graph: StepGraph, debts: Debts, states: ReadonlyMap<string, Bits>): readonly Problem[] {
  const outcomes = [...graph.nodes.values()].filter(({ kind }) => kind === 'outcome').map(({ id }) => id);
  // what is due later outlives the session by its own word
  const dueLater = (id: string): boolean =>
    (debts.openers.get(id) ?? []).every(({ opens }) => (opens?.later ?? null) !== null);
  return debts.ids.flatMap((id, bit) => {
    if (dueLater(id)) return [];
    const openAt = (node: string): boolean => hasBit(states.get(node) ?? noBits(debts.ids.length), bit);
    const ends = outcomes.filter(openAt);
    if (ends.length === 0) return [];
    const broken = openPath(graph, debts, id, openAt);
    if (broken === null) return [];
    const { opener, path } = broken;
    const rest = ends.length - 1;
    return [
      {
        code: 'WB705',
        severity: 'error' as const,
        message:
          `obligation ${id} is still open at the end of this path: ${printPath(path)}` +
          (rest === 0 ? '' : ` (and of paths to ${rest} more outcome${rest === 1 ? '' : 's'})`),
        at: opener.opens?.at ?? opener.at,
        fix: `put a step with \`release: [${id}]\` on the path before ${nodeName(path.at(-1)?.to ?? '')}, or let the failure route lead to one`,
      },
    ];
  });
}

interface BrokenPath {
  readonly opener: Step;
  readonly path: readonly GraphEdge[];
}

/** The shortest path that opens the debt and comes to an outcome with it still open. */
function openPath(
  graph: StepGraph,
  debts: Debts,
  id: string,
  openAt: (node: string) => boolean,
): BrokenPath | null {
  const bit = debts.named(id)[0] ?? 0;
  const only = noBits(debts.ids.length);
  setBit(only, bit);
  const stays = (edge: GraphEdge): boolean =>
    written(edge) && openAt(edge.to) && hasBit(alongStep(graph, debts, edge, only), bit);
  const isOutcome = (node: string): boolean => graph.nodes.get(node)?.kind === 'outcome';
  const seen = reachable(graph, written);
  const live = (edge: GraphEdge): boolean => written(edge) && seen.has(edge.to);
  const openers = (debts.openers.get(id) ?? []).filter((opener) => seen.has(opener.id));
  const through = (node: string, edges: (edge: GraphEdge) => boolean): readonly GraphEdge[] | null => {
    const on = shortestPath(graph, node, isOutcome, edges);
    return on === null
      ? null
      : [...(shortestPath(graph, startNode, (other) => other === node, live) ?? []), ...on];
  };
  const paths = openers.flatMap((opener): readonly BrokenPath[] => {
    const path = through(
      opener.id,
      (edge) => stays(edge) && !(edge.from === opener.id && edge.event === 'skip'),
    );
    return path === null ? [] : [{ opener, path }];
  });
  const [opener] = openers;
  if (paths.length > 0 || opener === undefined) return shortest(paths);
  // It is opened in one region of a parallel while another region leaves: the path of the one that leaves is shown.
  return shortest(
    graph.edges.flatMap((edge): readonly BrokenPath[] => {
      const around = graph.nodes.get(opener.id)?.inside ?? [];
      if (!stays(edge) || !leftParallels(graph, edge).some((parallel) => around.includes(parallel)))
        return [];
      const path = through(
        edge.from,
        (other) => stays(other) && (other.from !== edge.from || other.id === edge.id),
      );
      return path === null ? [] : [{ opener, path }];
    }),
  );
}

const shortest = (paths: readonly BrokenPath[]): BrokenPath | null =>
  paths.reduce<BrokenPath | null>(
    (best, next) => (best === null || next.path.length < best.path.length ? next : best),
    null,
  );

/** WB706: a release, or a guard that wants a debt open, where no path leaves that debt open. */
function neverOpen(graph: StepGraph, debts: Debts, states: ReadonlyMap<string, Bits>): readonly Problem[] {
  const opensInside = debtsOpenedInside(graph, debts);
  return [...graph.nodes.values()].flatMap(({ kind, step, inside }) => {
    const before = kind === 'step' && step !== null ? states.get(step.id) : undefined;
    if (before === undefined || step === null) return [];
    // another region of the same parallel may have opened it by then
    const state = inside
      .filter((id) => graph.nodes.get(id)?.step?.kind === 'parallel')
      .map((id) => opensInside.get(id) ?? before)
      .reduce(union, before);
    const closed = (name: string): boolean => !debts.named(name).some((bit) => hasBit(state, bit));
    const released = step.kind === 'release' ? step.obligations : [];
    return [
      ...released.filter(closed).map((name): Problem => ({
        code: 'WB706',
        severity: 'error',
        message: `${step.id} releases ${name}, which no path to it leaves open`,
        at: step.at,
        fix:
          debts.named(name).length === 0
            ? 'name a debt that a step `opens`'
            : 'move it behind the step that opens it',
      })),
      ...wantedOpen(step)
        .filter(closed)
        .map((name): Problem => ({
          code: 'WB706',
          severity: 'error',
          message: `${step.id} can never start: it wants ${name} open, and no path to it leaves that open`,
          at: step.at,
          fix: `open ${name} on every path to ${step.id}, or drop the guard`,
        })),
    ];
  });
}

function wantedOpen(step: Step): readonly string[] {
  const checks: readonly Check[] = step.kind === 'check' ? [...step.before, step.check] : step.before;
  return checks.flatMap(({ subject }) =>
    'obligation' in subject && subject.state === 'open' ? [subject.obligation] : [],
  );
}
