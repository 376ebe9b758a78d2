import type { Edge } from './edges.ts';

/** What one person walked in one session or drill. */
export interface Walk {
  readonly person: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** The hash each edge had then. */
  readonly edges: readonly Pick<Edge, 'id' | 'hash'>[];
}

interface EdgeCoverage {
  readonly edge: Edge;
  /** By person, 0 to 1; people who never walked it are not named. */
  readonly freshness: Readonly<Record<string, number>>;
  /** The best of them; 0 where nobody has. */
  readonly best: number;
  /** How many people have it at 0.5 or more (D4: the bus factor). */
  readonly people: number;
}

export interface Coverage {
  /** Shares of the weight, 0 to 1; 1 for a runbook without edges. */
  readonly team: number;
  readonly byPerson: Readonly<Record<string, number>>;
  readonly edges: readonly EdgeCoverage[];
  readonly never: readonly Edge[];
  /** One person alone can still walk these. */
  readonly onlyOne: readonly Edge[];
  /** Practised once, and nobody’s practice is fresh any more. */
  readonly stale: readonly Edge[];
}

const dayMs = 86_400_000;
const halfLifeMs = 45 * dayMs;
const forgottenMs = 180 * dayMs;
const freshEnough = 0.5;

/** D4: `2^(−age/45 d)`, and 0 once more than 180 days old. Practice in the future counts as today's. */
export const freshness = (ageMs: number): number =>
  ageMs > forgottenMs ? 0 : 2 ** (-Math.max(0, ageMs) / halfLifeMs);

/**
 * D4: how much of the runbook a person, or the team, has practised: `Σ weight · freshness / Σ weight`, the team's
 * freshness of an edge being its best person's. A walk counts for an edge only where its hash is still the same.
 */
export function coverage(edges: readonly Edge[], walks: readonly Walk[], nowMs: number): Coverage {
  const weighty = edges.filter(({ weight }) => weight > 0);
  const people = [...new Set(walks.map(({ person }) => person))].toSorted();
  const practised = freshnessByEdge(walks, nowMs);
  const rows = weighty.map((edge): EdgeCoverage => {
    const byPerson = practised.get(`${edge.id} ${edge.hash}`) ?? new Map<string, number>();
    const values = [...byPerson.values()];
    return {
      edge,
      freshness: Object.fromEntries(byPerson),
      best: Math.max(0, ...values),
      people: values.filter((value) => value >= freshEnough).length,
    };
  });
  const edgesWhere = (test: (row: EdgeCoverage) => boolean): readonly Edge[] =>
    rows.filter(test).map(({ edge }) => edge);
  const wasWalked = ({ freshness: byPerson }: EdgeCoverage): boolean => Object.keys(byPerson).length > 0;
  return {
    team: share(rows, ({ best }) => best),
    byPerson: Object.fromEntries(
      people.map((person) => [person, share(rows, (row) => row.freshness[person] ?? 0)]),
    ),
    edges: rows,
    never: edgesWhere((row) => !wasWalked(row)),
    onlyOne: edgesWhere((row) => row.people === 1),
    stale: edgesWhere((row) => wasWalked(row) && row.people === 0),
  };
}

function freshnessByEdge(
  walks: readonly Walk[],
  nowMs: number,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const walk of walks) {
    const value = freshness(nowMs - walk.atMs);
    for (const { id, hash } of walk.edges) {
      const key = `${id} ${hash}`;
      const byPerson = found.get(key) ?? new Map<string, number>();
      byPerson.set(walk.person, Math.max(value, byPerson.get(walk.person) ?? 0));
      found.set(key, byPerson);
    }
  }
  return found;
}

function share(rows: readonly EdgeCoverage[], value: (row: EdgeCoverage) => number): number {
  const whole = rows.reduce((sum, { edge }) => sum + edge.weight, 0);
  return whole === 0 ? 1 : rows.reduce((sum, row) => sum + row.edge.weight * value(row), 0) / whole;
}

/** The weight that a person would newly practise by walking these edges: what `drill next` draws by. */
export function uncoveredWeight(known: Coverage, person: string, ids: Iterable<string>): number {
  const wanted = new Set(ids);
  return known.edges
    .filter(({ edge }) => wanted.has(edge.id))
    .reduce((sum, row) => sum + row.edge.weight * (1 - (row.freshness[person] ?? 0)), 0);
}
