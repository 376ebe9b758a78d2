import type { Route } from '../../runbook/model/step.ts';
import type { Context } from '../context.ts';
import type { Targets } from '../graph-targets.ts';
import { hash, stateOrEnd, stepState } from './state-names.ts';
import type { Way } from './vocabulary.ts';

/** Where a step stands: what comes after it, and which `parallel` regions surround it. */
export interface Surroundings {
  readonly next: string;
  /** Innermost first: the parallel's id, the steps inside it, and the final state of the region around here. */
  readonly regions: readonly Region[];
}

export interface Region {
  readonly parallel: string;
  readonly inside: ReadonlySet<string>;
  readonly leave: string;
}

/** Where a parallel leads that is left for the end of the session; no step's id. */
export const theEnd = '@end';

/** Where a parallel leads once its regions have settled. What is still to be done goes before an end. */
function leavingFor(context: Context, parallel: string, goal: string): Context {
  const known = context.leaving[parallel];
  if (goal === theEnd && known !== undefined && known !== theEnd) return context;
  return { ...context, leaving: { ...context.leaving, [parallel]: goal } };
}

/** The id of the step that a route from here enters; null where that is the end. */
export const entryOf = (targets: Targets, target: string, from: string): string | null => {
  const found = targets.find(target, from);
  return found.ok ? found.step : null;
};

/** What an author's route from a step means, seen from the regions around it: null where the person is asked. */
export const leaveFrom =
  (targets: Targets, from: string, regions: readonly Region[]) =>
  (route: Route): Way | null => {
    if (route.kind === 'ask') return null;
    const ends = route.kind === 'end';
    const entry = ends ? null : entryOf(targets, route.target, from);
    const outcome = (context: Context): Context => (ends ? { ...context, outcome: route.outcome } : context);
    const [innermost] = regions;
    if (innermost === undefined || (entry !== null && innermost.inside.has(entry))) {
      return { target: stateOrEnd(entry), change: outcome };
    }
    return {
      target: innermost.leave,
      change: (context) => leavingFor(outcome(context), innermost.parallel, entry ?? theEnd),
    };
  };

/** Out of a parallel that has settled, and out of those around it: the outcome was set when the region left. */
export function outOf(around: Surroundings, goal: string): Way {
  const [outer] = around.regions;
  if (outer === undefined || outer.inside.has(goal))
    return { target: goal === theEnd ? '#ending' : hash(stepState(goal)) };
  return { target: outer.leave, change: (context) => leavingFor(context, outer.parallel, goal) };
}
