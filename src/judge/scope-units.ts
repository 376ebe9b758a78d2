import type { ScopeGroup, ScopeNeed } from './scope-model.ts';

/** Components that cannot go back alone: a monolith, or parts that need each other in a circle. */
export interface Unit {
  readonly id: string;
  readonly kind: 'monolith' | 'cycle';
  readonly components: readonly string[];
}

/** Units of more than one component; where a circle runs through a monolith, the two are one unit. */
export function unitsOf(
  ids: readonly string[],
  needs: readonly Pick<ScopeNeed, 'from' | 'to'>[],
  groups: readonly ScopeGroup[],
): readonly Unit[] {
  const monoliths = groups.filter(({ kind }) => kind === 'monolith');
  const together = [
    ...monoliths.map(({ components }) => components),
    ...circles(ids, needs).filter((circle) => circle.length > 1),
  ];
  const merged: (readonly string[])[] = [];
  for (const set of together) {
    const touching = merged.filter((other) => other.some((id) => set.includes(id)));
    const whole = new Set([...touching.flat(), ...set]);
    for (const other of touching) merged.splice(merged.indexOf(other), 1);
    merged.push(ids.filter((id) => whole.has(id)));
  }
  return merged
    .filter((components) => components.length > 1)
    .map((components) => {
      const monolith = monoliths.find((group) => group.components.some((id) => components.includes(id)));
      return monolith === undefined
        ? { id: components.join('+'), kind: 'cycle', components }
        : { id: monolith.id, kind: 'monolith', components };
    });
}

/**
 * The order of the way back: the reverse of the deploy order. What others need is deployed before them, in the order
 * of `ids` where nothing else is said; a circle stands at one place.
 */
export function orderBack(
  ids: readonly string[],
  needs: readonly Pick<ScopeNeed, 'from' | 'to'>[],
  units: readonly Unit[],
  going: ReadonlySet<string>,
): readonly (readonly string[])[] {
  const placeOf = (id: string): readonly string[] =>
    units.find(({ components }) => components.includes(id))?.components ?? [id];
  const places = [...new Map(ids.map((id) => [placeOf(id).join('+'), placeOf(id)])).values()];
  const keyOf = (id: string): string => placeOf(id).join('+');
  const wants = (place: readonly string[]): ReadonlySet<string> =>
    new Set(
      needs.filter(({ from, to }) => place.includes(from) && !place.includes(to)).map(({ to }) => keyOf(to)),
    );
  const deployed: (readonly string[])[] = [];
  const left = new Map(places.map((place) => [place.join('+'), place]));
  while (left.size > 0) {
    // merged units can close a circle that no need alone makes: then the order written down decides
    const next = [...left.values()].find((place) => [...wants(place)].every((key) => !left.has(key)));
    const chosen = next ?? [...left.values()][0] ?? [];
    left.delete(chosen.join('+'));
    deployed.push(chosen);
  }
  return deployed
    .toReversed()
    .map((place) => place.filter((id) => going.has(id)))
    .filter((place) => place.length > 0);
}

/** Sets of components that reach each other, by Tarjan's algorithm (SIAM J. Comput. 1972). */
function circles(
  ids: readonly string[],
  needs: readonly Pick<ScopeNeed, 'from' | 'to'>[],
): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: (readonly string[])[] = [];
  const visit = (id: string): void => {
    index.set(id, index.size);
    low.set(id, index.get(id) ?? 0);
    stack.push(id);
    for (const { to } of needs.filter(({ from }) => from === id)) {
      if (!index.has(to)) {
        visit(to);
        low.set(id, Math.min(low.get(id) ?? 0, low.get(to) ?? 0));
      } else if (stack.includes(to)) low.set(id, Math.min(low.get(id) ?? 0, index.get(to) ?? 0));
    }
    if (low.get(id) === index.get(id)) found.push(stack.splice(stack.indexOf(id)));
  };
  for (const id of ids) if (!index.has(id)) visit(id);
  return found;
}
