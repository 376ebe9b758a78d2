import { doraOf, interventionsOf, linkSessions } from './dora.ts';
import type { Dora, Linked } from './dora.ts';
import { quantilesOf } from './durations.ts';
import type { Durations } from './durations.ts';
import { shareOf } from './share.ts';
import type { Share } from './share.ts';
import type { SessionFigure, Deployment } from './session-figure.ts';

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
  const fromMs = input.fromMs ?? firstOf(sessions, deployments);
  const linked = linkSessions(live, allDeployments);
  const counted = tallied(linked);
  const interventions = interventionsOf(linked);
  const practised = emptyTally();
  for (const drill of drills) count(practised, drill, lengthsOf(drill), null);
  const inSpan = new Set(deployments);
  const countBy = (key: 'service' | 'environment'): ReadonlyMap<string, number> =>
    new Map([...Map.groupBy(deployments, (one) => one[key])].map(([name, own]) => [name, own.length]));
  const groups = (
    tallies: ReadonlyMap<string, Tally>,
    among: ((name: string) => number) | null,
  ): readonly Group[] =>
    [...tallies]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, tally]) => groupOf(name, tally, among === null ? null : { inSpan, n: among(name) }));
  const [perService, perEnvironment] = [countBy('service'), countBy('environment')];
  const intervenedIn = Map.groupBy(interventions, ({ session }) => session.service);
  const byDeployment = Map.groupBy(deployments, ({ service }) => service);
  const span = { fromMs, toMs };
  return {
    fromMs,
    toMs,
    live: groupOf('live', counted.all, { inSpan, n: deployments.length }),
    drills: groupOf('drills', practised, null),
    by: {
      service: groups(counted.service, (name) => perService.get(name) ?? 0),
      environment: groups(counted.environment, (name) => perEnvironment.get(name) ?? 0),
      runbook: groups(counted.runbook, null),
      cause: groups(counted.cause, () => deployments.length),
    },
    dora: doraOf('all services', interventions, deployments, span),
    doraByService: [...byDeployment]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, own]) => doraOf(name, intervenedIn.get(name) ?? [], own, span)),
    trend: trendOf(live, drills, fromMs, toMs),
  };
}

function firstOf(sessions: readonly SessionFigure[], deployments: readonly Deployment[]): number | null {
  let first = Infinity;
  for (const { startedMs } of sessions) first = Math.min(first, startedMs);
  for (const { finishedMs } of deployments) first = Math.min(first, finishedMs);
  return first === Infinity ? null : first;
}

/** What is counted of a group while its sessions go by: each of them is looked at once. */
interface Tally {
  sessions: number;
  open: number;
  readonly outcomes: Map<string, number>;
  readonly lengths: Readonly<Record<Part, number[]>>;
  readonly deployments: Set<Deployment>;
}

const emptyTally = (): Tally => ({
  sessions: 0,
  open: 0,
  outcomes: new Map(),
  lengths: { detect: [], decide: [], restore: [], giveBack: [] },
  deployments: new Set(),
});

function tallied(linked: readonly Linked[]) {
  const [service, environment, runbook, cause] = [
    new Map<string, Tally>(),
    new Map<string, Tally>(),
    new Map<string, Tally>(),
    new Map<string, Tally>(),
  ];
  const all = emptyTally();
  const tallyOf = (tallies: Map<string, Tally>, name: string): Tally => {
    const known = tallies.get(name);
    if (known !== undefined) return known;
    const made = emptyTally();
    tallies.set(name, made);
    return made;
  };
  for (const { session, deployment, cause: causedBy } of linked) {
    const lengths = lengthsOf(session);
    count(all, session, lengths, deployment);
    count(tallyOf(service, session.service), session, lengths, deployment);
    count(tallyOf(environment, session.environment), session, lengths, deployment);
    count(tallyOf(runbook, session.runbook), session, lengths, deployment);
    count(tallyOf(cause, causedBy), session, lengths, deployment);
  }
  return { all, service, environment, runbook, cause };
}

type Lengths = Readonly<Record<Part, number | null>>;

const lengthsOf = ({ failed, detected, decided, recovered, givenBack }: SessionFigure): Lengths => ({
  detect: between(failed, detected),
  decide: between(detected ?? 0, decided),
  restore: between(decided, recovered),
  giveBack: between(decided, givenBack),
});

/** A span that ends before it begins is none: a clock was set, or the trigger fired after the decision. */
const between = (from: number | null, to: number | null): number | null =>
  from === null || to === null || to < from ? null : to - from;

function count(
  tally: Tally,
  { ended, outcome }: SessionFigure,
  lengths: Lengths,
  deployment: Deployment | null,
): void {
  tally.sessions += 1;
  if (ended === null) tally.open += 1;
  else tally.outcomes.set(outcome ?? 'unknown', (tally.outcomes.get(outcome ?? 'unknown') ?? 0) + 1);
  if (deployment !== null) tally.deployments.add(deployment);
  const { detect, decide, restore, giveBack } = lengths;
  if (detect !== null) tally.lengths.detect.push(detect);
  if (decide !== null) tally.lengths.decide.push(decide);
  if (restore !== null) tally.lengths.restore.push(restore);
  if (giveBack !== null) tally.lengths.giveBack.push(giveBack);
}

function groupOf(
  name: string,
  { sessions, open, outcomes, lengths, deployments }: Tally,
  among: { readonly inSpan: ReadonlySet<Deployment>; readonly n: number } | null,
): Group {
  const met = among === null ? 0 : [...deployments].filter((one) => among.inSpan.has(one)).length;
  return {
    name,
    sessions,
    open,
    outcomes: [...outcomes]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([outcome, k]) => ({ outcome, ...shareOf(k, sessions - open) })),
    perDeployment: among === null ? null : shareOf(met, among.n),
    durations: {
      detect: quantilesOf(lengths.detect),
      decide: quantilesOf(lengths.decide),
      restore: quantilesOf(lengths.restore),
      giveBack: quantilesOf(lengths.giveBack),
    },
  };
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
