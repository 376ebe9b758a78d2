import { doraOf, linkSessions, type Dora } from './dora.ts';
import { quantilesOf, type Durations } from './durations.ts';
import { shareOf, type Share } from './share.ts';

/** What statistics need of one session. Times are epoch milliseconds, null where there is no such moment (yet). */
export interface SessionFigure {
  readonly session: string;
  readonly mode: 'LIVE' | 'DRILL';
  readonly production: boolean;
  readonly service: string;
  readonly environment: string;
  readonly runbook: string;
  /** The release that was rolled back, where the runbook asks for it. */
  readonly release: string | null;
  readonly startedMs: number;
  /** First breaching sample of the trigger that fired first. */
  readonly failedMs: number | null;
  readonly detectedMs: number | null;
  readonly decidedMs: number | null;
  readonly recoveredMs: number | null;
  /** The last debt that was given back or carried before the close. */
  readonly givenBackMs: number | null;
  readonly endedMs: number | null;
  readonly outcome: string | null;
  /** What people said it was caused by, and by which release. */
  readonly told: 'change' | 'external' | null;
  readonly toldRelease: string | null;
}

export interface Deployment {
  readonly service: string;
  readonly environment: string;
  readonly production: boolean;
  readonly release: string;
  readonly finishedMs: number;
  readonly committedMs: number | null;
  readonly unplanned: boolean;
}

const parts = ['detect', 'decide', 'restore', 'giveBack'] as const;
export type Part = (typeof parts)[number];

export interface Group {
  readonly name: string;
  readonly sessions: number;
  /** Of them, those that have not ended. */
  readonly open: number;
  /** Of those that have ended, by how they did. */
  readonly outcomes: readonly (Share & { readonly outcome: string })[];
  /** Of the deployments on record, those that a session of this group belongs to; null where that is no question. */
  readonly perDeployment: Share | null;
  readonly durations: Readonly<Record<Part, Durations>>;
}

export interface Statistics {
  readonly fromMs: number | null;
  readonly toMs: number;
  readonly live: Group;
  readonly drills: Group;
  readonly by: Readonly<Record<'service' | 'environment' | 'runbook' | 'cause', readonly Group[]>>;
  readonly dora: Dora;
  readonly doraByService: readonly Dora[];
  /** How many sessions began in each stretch of the same length, oldest first. */
  readonly trend: {
    readonly everyMs: number;
    readonly live: readonly number[];
    readonly drills: readonly number[];
  };
}

/**
 * Counts and durations of the sessions and deployments of a span, by names in alphabetical order: nobody is ranked.
 * Drills are counted apart. Shares have Wilson's interval, quantiles that of order statistics, both 95 %.
 * `allDeployments` are those up to the end of the span, since a session may belong to an earlier one.
 */
export function statisticsOf(input: {
  readonly sessions: readonly SessionFigure[];
  readonly allDeployments: readonly Deployment[];
  /** Where the span begins; null counts from the first session or deployment. */
  readonly fromMs: number | null;
  readonly toMs: number;
}): Statistics {
  const { sessions, allDeployments, toMs } = input;
  const live = sessions.filter(({ mode }) => mode === 'LIVE');
  const drills = sessions.filter(({ mode }) => mode === 'DRILL');
  const deployments = allDeployments.filter(({ finishedMs }) => finishedMs >= (input.fromMs ?? -Infinity));
  const begun = [sessions[0]?.startedMs, deployments[0]?.finishedMs].filter((ms) => ms !== undefined);
  const fromMs = input.fromMs ?? (begun.length === 0 ? null : Math.min(...begun));
  const linked = linkSessions(live, allDeployments);
  const share = (own: readonly SessionFigure[], among: readonly Deployment[]): Share => {
    const met = new Set(own.map((session) => linked.get(session)?.deployment));
    return shareOf(among.filter((deployment) => met.has(deployment)).length, among.length);
  };
  const by = (
    key: (session: SessionFigure) => string,
    among: ((name: string) => readonly Deployment[]) | null,
  ): readonly Group[] =>
    [...Map.groupBy(live, key)]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, own]) => groupOf(name, own, among === null ? null : share(own, among(name))));
  const services = [...new Set(deployments.map(({ service }) => service))].toSorted();
  const span = { fromMs, toMs };
  return {
    fromMs,
    toMs,
    live: groupOf('live', live, share(live, deployments)),
    drills: groupOf('drills', drills, null),
    by: {
      service: by(
        ({ service }) => service,
        (name) => deployments.filter(({ service }) => service === name),
      ),
      environment: by(
        ({ environment }) => environment,
        (name) => deployments.filter(({ environment }) => environment === name),
      ),
      runbook: by(({ runbook }) => runbook, null),
      cause: by(
        (session) => linked.get(session)?.cause ?? 'not told',
        () => deployments,
      ),
    },
    dora: doraOf('all services', live, deployments, linked, span),
    doraByService: services.map((name) =>
      doraOf(
        name,
        live.filter(({ service }) => service === name),
        deployments.filter(({ service }) => service === name),
        linked,
        span,
      ),
    ),
    trend: trendOf(live, drills, fromMs, toMs),
  };
}

function groupOf(name: string, sessions: readonly SessionFigure[], perDeployment: Share | null): Group {
  const ended = sessions.flatMap(({ endedMs, outcome }) => (endedMs === null ? [] : [outcome ?? 'unknown']));
  const counts = [...Map.groupBy(ended, (outcome) => outcome)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return {
    name,
    sessions: sessions.length,
    open: sessions.length - ended.length,
    outcomes: counts.map(([outcome, own]) => ({ outcome, ...shareOf(own.length, ended.length) })),
    perDeployment,
    durations: {
      detect: durationsOf(sessions, ({ failedMs, detectedMs }) => between(failedMs, detectedMs)),
      decide: durationsOf(sessions, ({ detectedMs, startedMs, decidedMs }) =>
        between(detectedMs ?? startedMs, decidedMs),
      ),
      restore: durationsOf(sessions, ({ decidedMs, recoveredMs }) => between(decidedMs, recoveredMs)),
      giveBack: durationsOf(sessions, ({ decidedMs, givenBackMs }) => between(decidedMs, givenBackMs)),
    },
  };
}

/** A span that ends before it begins is none: a clock was set, or the trigger fired after the decision. */
const between = (from: number | null, to: number | null): number | null =>
  from === null || to === null || to < from ? null : to - from;

function durationsOf(
  sessions: readonly SessionFigure[],
  length: (session: SessionFigure) => number | null,
): Durations {
  const known = sessions.flatMap((session) => length(session) ?? []);
  return quantilesOf(known);
}

const dayMs = 86_400_000;
/** How many stretches a picture of the trend has at most. */
const mostStretches = 60;

function trendOf(
  live: readonly SessionFigure[],
  drills: readonly SessionFigure[],
  fromMs: number | null,
  toMs: number,
): Statistics['trend'] {
  const spanMs = Math.max(0, toMs - (fromMs ?? toMs));
  const everyMs =
    [dayMs, 7 * dayMs, 30 * dayMs].find((ms) => spanMs / ms <= mostStretches) ??
    Math.ceil(spanMs / mostStretches / dayMs) * dayMs;
  const count = fromMs === null ? 0 : Math.max(1, Math.ceil(spanMs / everyMs));
  const counted = (own: readonly SessionFigure[]): readonly number[] => {
    const counts = Array.from({ length: count }, () => 0);
    for (const { startedMs } of own) {
      const at = Math.min(count - 1, Math.floor((startedMs - (fromMs ?? 0)) / everyMs));
      counts[at] = (counts[at] ?? 0) + 1;
    }
    return counts;
  };
  return { everyMs, live: counted(live), drills: counted(drills) };
}
