/** What the home screen shows; it is read once, before the screen opens. */
export interface HomeData {
  readonly sessions: readonly HomeSession[];
  readonly obligations: readonly HomeObligation[];
  readonly runbooks: readonly HomeRunbook[];
}

export interface HomeSession {
  readonly id: string;
  readonly service: string;
  readonly title: string;
  readonly environment: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly status: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly owed: number;
}

export interface HomeObligation {
  readonly session: string;
  readonly key: string;
  readonly title: string;
  readonly openedAt: string;
  readonly owner: string | null;
  readonly due: string | null;
  readonly overdue: boolean;
  readonly release: readonly string[];
}

export interface HomeRunbook {
  /** What the choice answers: the id or the path that runs it. */
  readonly id: string;
  readonly title: string;
  readonly maturity: string;
  /** ISO 8601 time of the last drill, or null where it was never practised. */
  readonly lastDrill: string | null;
  readonly readiness: string | null;
}

export type HomeChoice =
  | { readonly kind: 'resume'; readonly session: string }
  | { readonly kind: 'run'; readonly runbook: string }
  | { readonly kind: 'drill'; readonly runbook: string }
  | { readonly kind: 'release'; readonly session: string; readonly key: string }
  | { readonly kind: 'quit' };

export type HomeEntry =
  | { readonly kind: 'session'; readonly session: HomeSession }
  | { readonly kind: 'obligation'; readonly obligation: HomeObligation }
  | { readonly kind: 'runbook'; readonly runbook: HomeRunbook };

/** In the order of the screen: what is open first, debts worst and oldest first, then what can be run. */
export function homeEntries({ sessions, obligations, runbooks }: HomeData): readonly HomeEntry[] {
  const debts = obligations.toSorted(
    (left, right) =>
      Number(right.overdue) - Number(left.overdue) || left.openedAt.localeCompare(right.openedAt),
  );
  return [
    ...sessions.map((session): HomeEntry => ({ kind: 'session', session })),
    ...debts.map((obligation): HomeEntry => ({ kind: 'obligation', obligation })),
    ...runbooks.map((runbook): HomeEntry => ({ kind: 'runbook', runbook })),
  ];
}
