import { quantilesOf, type Durations } from './durations.ts';
import { shareOf, type Share } from './share.ts';
import type { Deployment, SessionFigure } from './session-figure.ts';

/** What a session was caused by. */
export type Cause = 'change' | 'external' | 'not told';

/** A session with what caused it. */
export interface Linked {
  readonly session: SessionFigure;
  readonly cause: Cause;
  readonly deployment: Deployment | null;
}

/** From where the time of a failure is counted, best first. */
export const failureStarts = ['breach', 'detection', 'session'] as const;

/** DORA's figures of production, counted from sessions and recorded deployments (E6). */
export interface Dora {
  readonly name: string;
  readonly deployments: number;
  /** Deployments a day; null where none is on record. */
  readonly perDay: number | null;
  /** From the commit to the end of the deployment, where the pipeline tells it; milliseconds. */
  readonly leadTime: Durations;
  readonly changeFailRate: Share;
  /** From the start of the failure to the proof of recovery, once for each failed deployment; milliseconds. */
  readonly recoveryTime: Durations & {
    readonly from: Readonly<Record<(typeof failureStarts)[number], number>>;
    /** Failed deployments without a proof of recovery (yet): they have no time. */
    readonly notRecovered: number;
  };
  readonly reworkRate: Share;
  /** Sessions that intervened in production and are in no figure above, and why. */
  readonly leftOut: {
    /** Nobody told what they were caused by, and their release is no deployment on record. */
    readonly notTold: number;
    /** Caused by a change that is no deployment on record: in the recovery time, not in the change fail rate. */
    readonly notRecorded: number;
    readonly external: number;
  };
}

/** Outcomes that were an immediate intervention, or needed one that was not possible. */
const intervening: ReadonlySet<string> = new Set([
  'rolled_back',
  'mitigated',
  'rolled_forward',
  'not_possible',
]);

const keyOf = ({
  service,
  environment,
}: {
  readonly service: string;
  readonly environment: string;
}): string => `${service}\n${environment}`;

/**
 * Which deployment each session belongs to, and what caused it: as people told; else a change, where the release that
 * was rolled back is on record. A session belongs to the newest deployment of its release before it began, else to the
 * one after: a pipeline may say so late. Told without a release it is the newest before it.
 */
export function linkSessions(
  sessions: readonly SessionFigure[],
  deployments: readonly Deployment[],
): readonly Linked[] {
  const places = Map.groupBy(
    deployments.toSorted((one, other) => one.finishedMs - other.finishedMs),
    keyOf,
  );
  const releases = new Map(
    [...places].map(([key, own]) => [key, Map.groupBy(own, ({ release }) => release)]),
  );
  return sessions.map((session) => {
    const { told, startedMs } = session;
    if (told === 'external') return { session, cause: told, deployment: null };
    const release = session.toldRelease ?? session.release;
    if (told === null && release === null) return { session, cause: 'not told', deployment: null };
    const own = release === null ? places.get(keyOf(session)) : releases.get(keyOf(session))?.get(release);
    const before = own?.findLast(({ finishedMs }) => finishedMs <= startedMs) ?? null;
    const deployment = before ?? (release === null ? null : (own?.[0] ?? null));
    const cause = told === 'change' || deployment !== null ? 'change' : 'not told';
    return { session, cause, deployment };
  });
}

/** The sessions of production that intervened, or would have had to. */
export const interventionsOf = (linked: readonly Linked[]): readonly Linked[] =>
  linked.filter(({ session }) => session.production && intervening.has(session.outcome ?? ''));

/** E6, of production only: deployments of the span, and the sessions of the span that intervened. */
export function doraOf(
  name: string,
  interventions: readonly Linked[],
  deployments: readonly Deployment[],
  { fromMs, toMs }: { readonly fromMs: number | null; readonly toMs: number },
): Dora {
  const production = deployments.filter((deployment) => deployment.production);
  const caused = interventions.filter(({ cause }) => cause === 'change');
  const failed = new Set(caused.map(({ deployment }) => deployment));
  const days = fromMs === null ? 0 : (toMs - fromMs) / 86_400_000;
  const count = (wanted: Cause): number => interventions.filter(({ cause }) => cause === wanted).length;
  return {
    name,
    deployments: production.length,
    perDay: production.length === 0 || days <= 0 ? null : production.length / days,
    leadTime: quantilesOf(
      production.flatMap(({ committedMs, finishedMs }) =>
        committedMs === null || committedMs > finishedMs ? [] : [finishedMs - committedMs],
      ),
    ),
    changeFailRate: shareOf(
      production.filter((deployment) => failed.has(deployment)).length,
      production.length,
    ),
    recoveryTime: recoveryOf(caused),
    reworkRate: shareOf(production.filter(({ unplanned }) => unplanned).length, production.length),
    leftOut: {
      notTold: count('not told'),
      notRecorded: caused.filter(({ deployment }) => deployment === null).length,
      external: count('external'),
    },
  };
}

/** Once for each failed deployment: from its earliest failure to the last proof of recovery of its sessions. */
function recoveryOf(caused: readonly Linked[]): Dora['recoveryTime'] {
  const from = { breach: 0, detection: 0, session: 0 };
  const lengths: number[] = [];
  let notRecovered = 0;
  const failures = Map.groupBy(caused, ({ deployment, session }) => deployment ?? session);
  for (const links of failures.values()) {
    const sessions = links.map(({ session }) => session);
    const starts = sessions.map(startOf).toSorted((one, other) => one.ms - other.ms);
    const [start] = starts;
    const ends = sessions.flatMap(({ startedMs, recovered }) =>
      recovered === null ? [] : [startedMs + recovered],
    );
    const endMs = Math.max(...ends);
    if (start === undefined || ends.length < sessions.length || endMs < start.ms) {
      notRecovered += 1;
      continue;
    }
    from[start.what] += 1;
    lengths.push(endMs - start.ms);
  }
  return { ...quantilesOf(lengths), from, notRecovered };
}

function startOf({ failed, detected, startedMs }: SessionFigure): {
  readonly ms: number;
  readonly what: (typeof failureStarts)[number];
} {
  if (failed !== null) return { ms: startedMs + failed, what: 'breach' };
  if (detected !== null) return { ms: startedMs + detected, what: 'detection' };
  return { ms: startedMs, what: 'session' };
}
