import { coupleText, couplesOf, judgeCouple } from './scope-pairs.ts';
import type {
  MixedState,
  ScopeDecision,
  ScopeEdge,
  ScopeFinding,
  ScopeInput,
  ScopePart,
  ScopeRow,
  ScopeState,
  ScopeWhy,
  Verdict,
} from './scope-model.ts';
import { type Unit, orderBack, unitsOf } from './scope-units.ts';
import { sameVersion, versionText } from './scope-version.ts';

/** Where a component stands while the set is still growing. */
interface Standing {
  readonly state: ScopeState;
  readonly why: ScopeWhy;
  readonly reason: string;
  readonly by: string | null;
}

/**
 * Works out what goes back together: what the release changed, and everything that could not work with it otherwise.
 * A rule that fails in the state about to be created pulls the other side in; one that nobody can judge asks. What a
 * person said stands, and a rule that does not hold because of it is a red edge.
 */
export function decideScope(input: ScopeInput): ScopeDecision {
  const { parts, needs, groups } = input;
  const ids = parts.map(({ id }) => id);
  const units = unitsOf(ids, needs, groups);
  const overrides = overridesOf(input, units);
  const standing = grow(input, units, overrides);
  const goingBack = new Set(ids.filter((id) => standing.get(id)?.state === 'in'));
  const state = mixedState(parts, goingBack);
  const edges = edgesOf(input, units, goingBack, state).map((edge): ScopeEdge => ({
    ...edge,
    red: edge.result !== 'pass' && (overrides.has(edge.from) || overrides.has(edge.to)),
  }));
  for (const edge of edges) unsettle(edge, parts, standing, goingBack, overrides);
  const rows = parts.map((part) => rowOf(part, standing, units, edges));
  return {
    rows,
    order: orderBack(
      ids,
      needs,
      units,
      new Set(rows.flatMap((row) => (row.state === 'in' ? row.component : []))),
    ),
    edges,
    findings: findingsOf(input, state, goingBack, edges),
  };
}

/** The newest word of a person about each component; one about a unit is about all of it. */
function overridesOf(
  { overrides, parts }: ScopeInput,
  units: readonly Unit[],
): ReadonlyMap<string, Standing> {
  const said = new Map<string, Standing>();
  for (const { component, as, reason, by } of overrides) {
    const ids = units.find(({ id }) => id === component)?.components ?? [component];
    for (const id of ids)
      if (parts.some((part) => part.id === id)) said.set(id, { state: as, why: 'override', reason, by });
  }
  return said;
}

function grow(
  input: ScopeInput,
  units: readonly Unit[],
  overrides: ReadonlyMap<string, Standing>,
): Map<string, Standing> {
  const { parts } = input;
  const standing = new Map(
    parts.map((part) => [part.id, overrides.get(part.id) ?? firstStanding(part, input)]),
  );
  const stateOf = (id: string): ScopeState => standing.get(id)?.state ?? 'out';
  const put = (id: string, state: 'in' | 'ask', why: ScopeWhy, reason: string): boolean => {
    const before = stateOf(id);
    if (overrides.has(id) || before === 'in' || before === state) return false;
    standing.set(id, { state, why, reason, by: null });
    return true;
  };
  /** Pulls the rest of a unit in, then the other side of the first rule that does not hold: one change at a time. */
  const step = (): boolean => {
    for (const { id: unit, kind, components } of units) {
      const first = components.find((id) => stateOf(id) === 'in');
      if (first === undefined) continue;
      const why =
        kind === 'monolith'
          ? `one unit with ${first}: ${unit} is a monolith`
          : `${first} and it need each other`;
      if (components.some((id) => put(id, 'in', 'unit', why))) return true;
    }
    const going = new Set(parts.flatMap(({ id }) => (stateOf(id) === 'in' ? id : [])));
    return edgesOf(input, units, going, mixedState(parts, going)).some((edge) => {
      if (edge.result === 'pass' || (going.has(edge.from) && going.has(edge.to))) return false;
      const [here, other] = going.has(edge.from) ? [edge.from, edge.to] : [edge.to, edge.from];
      const part = parts.find(({ id }) => id === other);
      if (part === undefined) return false;
      const reason = reasonOf(edge, here);
      if (edge.result === 'fail') return put(other, 'in', edge.kind, reason);
      const somewhere = edge.kind === 'pair' && part.live.ok && moves(part);
      return put(other, somewhere ? 'in' : 'ask', edge.kind, reason);
    });
  };
  while (step());
  return standing;
}

/** Whether going back changes anything about it: a target that runs already leaves the state as mixed as it was. */
const moves = ({ changed, live, to }: ScopePart): boolean =>
  versionText(to) !== null && (changed || !live.ok || !sameVersion(live.value, to));

const reasonOf = ({ kind, from, text, detail, result }: Omit<ScopeEdge, 'red'>, here: string): string => {
  if (kind === 'pair') return `${text}: ${detail}`;
  const why = result === 'unknown' ? ` (not known: ${detail})` : ` (${detail})`;
  return here === from ? `${from} needs ${text}${why}` : `${from} stays, and needs ${text}${why}`;
};

function firstStanding(part: ScopePart, { source }: ScopeInput): Standing {
  const { live, changed } = part;
  const moves = `${versionText(part.from) ?? '?'} → ${versionText(part.to) ?? '?'}`;
  if (!live.ok) {
    const said = changed ? `changed (${source}: ${moves}), but ` : '';
    return {
      state: 'ask',
      why: 'unreadable',
      reason: `${said}what runs cannot be read: ${live.detail} (${live.code})`,
      by: null,
    };
  }
  return changed
    ? { state: 'in', why: 'changed', reason: `changed (${source}: ${moves})`, by: null }
    : { state: 'out', why: 'unchanged', reason: `not changed (${source})`, by: null };
}

/** What would run: components that go back at their target, all others as they are. */
function mixedState(parts: readonly ScopePart[], goingBack: ReadonlySet<string>): MixedState {
  return Object.fromEntries(
    parts.flatMap(({ id, live, to }): readonly (readonly [string, string | number | boolean])[] => {
      if (!goingBack.has(id)) return live.ok ? [[id, live.value]] : [];
      return typeof to === 'string' || typeof to === 'number' || typeof to === 'boolean' ? [[id, to]] : [];
    }),
  );
}

/** The rules about components of which at least one goes back, held against the state about to be created. */
function edgesOf(
  { needs, parts, groups, pairs, nowMs }: ScopeInput,
  units: readonly Unit[],
  goingBack: ReadonlySet<string>,
  state: MixedState,
): readonly Omit<ScopeEdge, 'red'>[] {
  const touches = ({ from, to }: { readonly from: string; readonly to: string }): boolean =>
    goingBack.has(from) || goingBack.has(to);
  const goesBack = (id: string): boolean =>
    goingBack.has(id) && parts.some((part) => part.id === id && moves(part));
  const inOneUnit = ({ from, to }: { readonly from: string; readonly to: string }): boolean =>
    units.some(({ components }) => components.includes(from) && components.includes(to));
  return [
    ...needs.filter(touches).map(({ from, to, text, holds }) => ({
      kind: 'need' as const,
      from,
      to,
      text,
      ...holds(state),
    })),
    ...couplesOf({ parts, groups, pairs })
      .filter((couple) => touches(couple) && !inOneUnit(couple))
      .map((couple) => ({
        kind: 'pair' as const,
        ...couple,
        text: coupleText(couple, state),
        ...judgeCouple(couple, state, [couple.from, couple.to].every(goesBack), pairs, nowMs),
      })),
  ];
}

/** A rule that does not hold although both sides go back: pulling in does not settle it, a person has to. */
function unsettle(
  edge: ScopeEdge,
  parts: readonly ScopePart[],
  standing: Map<string, Standing>,
  goingBack: ReadonlySet<string>,
  overrides: ReadonlyMap<string, Standing>,
): void {
  const { from, to, text, detail, result } = edge;
  if (result === 'pass' || !goingBack.has(from) || !goingBack.has(to)) return;
  if (overrides.has(from) || overrides.has(to)) return;
  if (result === 'unknown' && lacksTarget(edge, parts) !== null) return;
  const reason = `even when both go back, ${from} needs ${text}: ${result === 'fail' ? 'it fails' : 'not known'} (${detail})`;
  standing.set(to, { state: 'ask', why: 'unsettled', reason, by: null });
}

/** The component of a rule that goes back to nobody says where; null where both are said. */
const lacksTarget = ({ from, to }: ScopeEdge, parts: readonly ScopePart[]): string | null =>
  parts.find((part) => (part.id === from || part.id === to) && versionText(part.to) === null)?.id ?? null;

function rowOf(
  part: ScopePart,
  standing: ReadonlyMap<string, Standing>,
  units: readonly Unit[],
  edges: readonly ScopeEdge[],
): ScopeRow {
  const about = edges.filter(({ from, to }) => from === part.id || to === part.id);
  const { state, why, reason, by } = standing.get(part.id) ?? {
    state: 'ask' as const,
    why: 'unsettled' as const,
    reason: '',
    by: null,
  };
  return {
    component: part.id,
    type: part.type,
    state,
    why,
    reason,
    live: part.live.ok ? versionText(part.live.value) : null,
    from: versionText(part.from),
    to: versionText(part.to),
    unit: units.find(({ components }) => components.includes(part.id))?.id ?? null,
    verdict: about.length === 0 ? null : worstOf(about.map(({ result }) => result)),
    by,
  };
}

const worstOf = (results: readonly Verdict[]): Verdict =>
  results.includes('fail') ? 'fail' : results.includes('unknown') ? 'unknown' : 'pass';

function findingsOf(
  { parts, needs, source }: ScopeInput,
  state: MixedState,
  goingBack: ReadonlySet<string>,
  edges: readonly ScopeEdge[],
): readonly ScopeFinding[] {
  const drift = parts.flatMap(({ id, changed, live, from, to }): readonly ScopeFinding[] => {
    if (!changed || !live.ok || versionText(from) === null || sameVersion(live.value, from)) return [];
    const already = sameVersion(live.value, to) ? ', which it is to go back to' : '';
    const detail = `${id} runs ${String(live.value)}${already}; ${source} says ${versionText(from) ?? ''}`;
    return [{ component: id, code: 'drift', detail }];
  });
  const nowhere = edges.flatMap((edge): readonly ScopeFinding[] => {
    const id = edge.result === 'unknown' ? lacksTarget(edge, parts) : null;
    if (id === null || !goingBack.has(id)) return [];
    return [{ component: id, code: 'no_target', detail: `nobody says which version ${id} goes back to` }];
  });
  const broken = needs.flatMap(({ from, to, text, holds }): readonly ScopeFinding[] => {
    if (goingBack.has(from) || goingBack.has(to)) return [];
    const { result, detail } = holds(state);
    if (result !== 'fail') return [];
    return [
      { component: from, code: 'broken_now', detail: `${from} needs ${text} already, as it runs: ${detail}` },
    ];
  });
  const seen = new Set<string>();
  return [...drift, ...nowhere, ...broken].filter(({ detail }) => !seen.has(detail) && seen.add(detail));
}
