import type { Alert, Candidate } from '../machine/facts/outside.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import type { AlertGroup, KnownRunbook, Proposal } from './proposals.ts';
import { isOpen, proposedOf } from './proposals.ts';

/** Alerts of one group that propose the same. */
export interface Match {
  readonly candidates: readonly Candidate[];
  readonly environment: string;
  /** `service shop` or `walkback shop_rollback`. */
  readonly matched: string;
  readonly alerts: readonly Alert[];
}

export interface Matched {
  readonly matches: readonly Match[];
  /** Alerts that no runbook knows, each with why. */
  readonly strangers: readonly { readonly alert: Alert; readonly why: string }[];
}

/**
 * Finds the runbook of every alert. The label `walkback` names one by its id; else the label `service` is held against
 * the runbooks' `service`. The label `environment` (or `env`) says where: a runbook that has no such environment is
 * not meant. Without it `environment` counts, then a runbook's only environment; else it is asked for at the start.
 */
export function matchAlerts(
  { alerts }: Pick<AlertGroup, 'alerts'>,
  runbooks: readonly KnownRunbook[],
  environment: string | null,
): Matched {
  const found = alerts.map((alert) => ({ alert, ...matchOf(alert, runbooks, environment) }));
  const matches = Map.groupBy(
    found.filter(({ candidates }) => candidates.length > 0),
    (one) => keyOf(one),
  );
  return {
    matches: [...matches.values()].flatMap((same) => {
      const [first] = same;
      if (first === undefined) return [];
      const { candidates, matched } = first;
      return [
        { candidates, environment: first.environment, matched, alerts: same.map(({ alert }) => alert) },
      ];
    }),
    strangers: found
      .filter(({ candidates }) => candidates.length === 0)
      .map(({ alert, matched }) => ({ alert, why: matched })),
  };
}

function matchOf(
  { labels }: Alert,
  runbooks: readonly KnownRunbook[],
  fallback: string | null,
): Omit<Match, 'alerts'> {
  const { walkback, service } = labels;
  const said = labels['environment'] ?? labels['env'] ?? null;
  const named =
    walkback === undefined
      ? runbooks.filter((one) => service !== undefined && one.service === service)
      : runbooks.filter(({ id }) => id === walkback);
  const by = walkback === undefined ? `service ${service ?? '(no such label)'}` : `walkback ${walkback}`;
  if (named.length === 0) return { candidates: [], environment: '', matched: `no runbook here is for ${by}` };
  const candidates = named.flatMap(({ environments, ...runbook }): readonly Candidate[] => {
    if (said !== null) return environments.includes(said) ? [{ ...runbook, environment: said }] : [];
    if (fallback !== null && environments.includes(fallback)) return [{ ...runbook, environment: fallback }];
    return [{ ...runbook, environment: environments.length === 1 ? (environments[0] ?? '') : '' }];
  });
  if (candidates.length === 0) {
    const ids = named.map(({ id }) => id).join(' and ');
    return { candidates, environment: '', matched: `${ids} has no environment ${said ?? ''}` };
  }
  const places = new Set(candidates.map((one) => one.environment));
  return { candidates, environment: places.size === 1 ? ([...places][0] ?? '') : '', matched: by };
}

/** Proposals with the same key are the same proposal. */
export const keyOf = (one: Pick<Proposal, 'candidates' | 'environment'>): string =>
  `${proposedOf(one)} on ${one.environment}`;

/**
 * Which of the known proposals (newest first) a match belongs to: the one that is open; else the newest, where it was
 * decided about these very alerts, or where they are all over. Null opens a new one, or none where nothing fires.
 */
export function belongsTo(match: Match, proposals: readonly Proposal[], nowMs: number): Proposal | null {
  const same = proposals.filter((proposal) => keyOf(proposal) === keyOf(match));
  const open = same.find((proposal) => isOpen(proposal, nowMs));
  const [newest] = same;
  if (open !== undefined || newest === undefined) return open ?? null;
  const firing = match.alerts.filter(({ status }) => status === 'firing');
  if (firing.length === 0) return newest;
  const settled = newest.decided !== null && newest.decided.decision !== 'expired';
  return settled && firing.every((alert) => knows(newest, alert)) ? newest : null;
}

/** The same alert, firing since the same moment. */
const knows = ({ alerts }: Proposal, alert: Alert): boolean =>
  alerts.some(
    ({ fingerprint, startsAt }) =>
      fingerprint === alert.fingerprint && epochMsOf(startsAt) === epochMsOf(alert.startsAt),
  );

/** Whether a proposal has heard all of this before. */
export const isRepeat = ({ alerts }: Match, proposal: Proposal): boolean =>
  alerts.every((alert) =>
    proposal.alerts.some(
      ({ fingerprint, status, startsAt }) =>
        fingerprint === alert.fingerprint && status === alert.status && startsAt === alert.startsAt,
    ),
  );
