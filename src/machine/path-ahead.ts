import type { DecideOption, Step } from '../runbook/model/step.ts';
import type { Book } from './book.ts';
import { targetsOf } from './graph-targets.ts';

/** Where the likeliest way begins: after a step, or with the option that is taken at it. */
export interface Start {
  readonly step: string;
  readonly option: DecideOption | null;
}

/**
 * The steps of the likeliest way from a place to the end (E7): everything passes; a decision ahead takes its first
 * option that leads on. Steps inside `parallel` and `each` stand for themselves in the outer one. A way that comes
 * round again is counted once.
 */
export function pathAhead(book: Book, start: Start, includeFirst: boolean): readonly Step[] {
  const { phases } = book.runbook;
  const targets = targetsOf(book.runbook);
  const outer = phases.flatMap((phase, index) =>
    phase.steps.map((step, at) => ({
      step,
      next: phase.steps[at + 1]?.id ?? targets.afterPhase(index),
    })),
  );
  const places = new Map(outer.map((place) => [place.step.id, place]));
  const enclosing = (id: string): string => {
    const step = book.steps.get(id);
    return step?.enclosing[0] ?? step?.parallel ?? id;
  };
  const led = ({ route, again }: DecideOption, from: string): string | null | undefined => {
    if (again) return undefined;
    if (route === null) return places.get(from)?.next ?? null;
    if (route.kind !== 'goto') return null;
    const found = targets.find(route.target, from);
    return found.ok ? found.step : undefined;
  };
  const way: Step[] = [];
  const seen = new Set<string>();
  const first = enclosing(start.step);
  let at: string | null | undefined =
    start.option === null ? (includeFirst ? first : places.get(first)?.next) : led(start.option, start.step);
  while (at !== null && at !== undefined && !seen.has(at)) {
    const id = enclosing(at);
    const place = places.get(id);
    if (place === undefined || seen.has(id)) break;
    seen.add(id);
    way.push(place.step);
    const { step } = place;
    if (step.kind === 'end') break;
    const options = step.kind === 'decide' ? step.options.map((option) => led(option, id)) : [];
    at = options.find((target) => typeof target === 'string') ?? place.next;
  }
  return way;
}
