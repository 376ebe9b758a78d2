/** What the home screen shows; all but the runbooks is read again while it is open. */
export interface HomeData {
  readonly proposals: readonly HomeProposal[];
  readonly sessions: readonly HomeSession[];
  readonly obligations: readonly HomeObligation[];
  readonly runbooks: readonly HomeRunbook[];
}

/** What an alert system proposes; nothing of it has started. */
export interface HomeProposal {
  readonly id: string;
  /** `shop_rollback`, or several. */
  readonly what: string;
  /** Empty where the alert did not say. */
  readonly environment: string;
  /** `HighErrors firing since 18:02 UTC, 3 signals` */
  readonly words: string;
  readonly fires: boolean;
  /** ISO 8601, UTC. */
  readonly openedAt: string;
  readonly expiresAt: string;
  readonly alerts: readonly {
    readonly name: string;
    readonly status: 'firing' | 'resolved';
    readonly startsAt: string;
    readonly summary: string;
  }[];
  /** What can be started of it: `runbook` is the file. */
  readonly starts: readonly {
    readonly runbook: string;
    readonly name: string;
    readonly environment: string;
  }[];
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

/** Of a runbook that nobody ever drilled. */
export const neverPractised = 'never practised';

export type HomeChoice =
  | { readonly kind: 'resume'; readonly session: string }
  | { readonly kind: 'run'; readonly runbook: string }
  | { readonly kind: 'drill'; readonly runbook: string }
  | { readonly kind: 'release'; readonly session: string; readonly key: string }
  | {
      readonly kind: 'start';
      readonly proposal: string;
      readonly runbook: string;
      readonly environment: string;
    }
  | {
      readonly kind: 'dismiss';
      readonly proposal: string;
      readonly reason: string;
      /** Names, with commas; empty for nobody else. */
      readonly present: string;
    }
  | { readonly kind: 'history' }
  | { readonly kind: 'quit' };

export type HomeEntry =
  | { readonly kind: 'proposal'; readonly proposal: HomeProposal }
  | { readonly kind: 'session'; readonly session: HomeSession }
  | { readonly kind: 'obligation'; readonly obligation: HomeObligation }
  | { readonly kind: 'runbook'; readonly runbook: HomeRunbook };

/** The same entry after the lists were read again. */
export function entryKey(entry: HomeEntry): string {
  switch (entry.kind) {
    case 'proposal':
      return `proposal ${entry.proposal.id}`;
    case 'session':
      return `session ${entry.session.id}`;
    case 'obligation':
      return `obligation ${entry.obligation.session} ${entry.obligation.key}`;
    case 'runbook':
      return `runbook ${entry.runbook.id}`;
  }
}

/** In the order of the screen: what is proposed first, then what is open, debts worst and oldest first, then what can be run. */
export function homeEntries({ proposals, sessions, obligations, runbooks }: HomeData): readonly HomeEntry[] {
  const debts = obligations.toSorted(
    (left, right) =>
      Number(right.overdue) - Number(left.overdue) || left.openedAt.localeCompare(right.openedAt),
  );
  return [
    ...proposals.map((proposal): HomeEntry => ({ kind: 'proposal', proposal })),
    ...sessions.map((session): HomeEntry => ({ kind: 'session', session })),
    ...debts.map((obligation): HomeEntry => ({ kind: 'obligation', obligation })),
    ...runbooks.map((runbook): HomeEntry => ({ kind: 'runbook', runbook })),
  ];
}
