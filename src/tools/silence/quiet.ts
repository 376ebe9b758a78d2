import { z } from 'zod';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Times } from '../times.ts';
import { askAlertmanager, type AlertmanagerAddress } from './alertmanager.ts';
import { fixedLabels, matches, mayMatch, type Matcher } from './matchers.ts';
import { notificationCounter } from './notified.ts';
import { silenceState, type SilencePlace, type SilenceState } from './silence.ts';

const matchersSchema = z.array(
  z.looseObject({
    name: z.string(),
    value: z.string(),
    isRegex: z.boolean(),
    isEqual: z.boolean().default(true),
  }),
);
const silencesSchema = z.array(
  z.looseObject({
    id: z.string(),
    createdBy: z.string(),
    comment: z.string(),
    endsAt: z.string(),
    matchers: matchersSchema,
    status: z.looseObject({ state: z.enum(['active', 'pending', 'expired']) }),
  }),
);
const labels = z.record(z.string(), z.string());
const alertsSchema = z.array(
  z.looseObject({
    labels,
    status: z.looseObject({ state: z.string(), silencedBy: z.array(z.string()) }),
    receivers: z.array(z.looseObject({ name: z.string() })).default([]),
  }),
);
const rulesSchema = z.looseObject({
  data: z.looseObject({
    groups: z.array(
      z.looseObject({
        rules: z.array(
          z.looseObject({
            name: z.string(),
            health: z.string(),
            lastError: z.string().optional(),
            alerts: z.array(z.looseObject({ labels, state: z.string() })).default([]),
          }),
        ),
      }),
    ),
  }),
});

/** Somebody else's silence over alerts that we mean. */
export interface OtherSilence {
  readonly id: string;
  readonly by: string;
  readonly comment: string;
  readonly until: string;
}

/** What of the alerts of a service is not as it should be. Nothing in any list: they are on, and quiet. */
export interface AlertStanding {
  readonly ours: SilenceState;
  readonly others: readonly OtherSilence[];
  /** Names of alerts that fire, silenced or not. */
  readonly firing: readonly string[];
  /** Names of alerts that are about to; null where nobody asked Prometheus. */
  readonly pending: readonly string[] | null;
  /** Rules that cannot be evaluated, with why. */
  readonly unhealthy: readonly string[] | null;
}

/** The alert that we send ourselves to see that alerts arrive. */
const syntheticName = 'WalkbackSynthetic';

/** Reads everything that keeps alerts from being on and quiet. */
export async function alertStanding(
  place: SilencePlace,
  wanted: readonly Matcher[],
  prometheus: string | null,
): Promise<AlertStanding> {
  const [ours, others, firing, rules] = await Promise.all([
    silenceState(place),
    otherSilences(place, wanted),
    firingAlerts(place, wanted),
    prometheus === null ? null : rulesAt(prometheus, place.headers, wanted),
  ]);
  return { ours, others, firing, pending: rules?.pending ?? null, unhealthy: rules?.unhealthy ?? null };
}

export const isQuiet = ({ ours, others, firing, pending, unhealthy }: AlertStanding): boolean =>
  ours.state !== 'active' &&
  others.length === 0 &&
  firing.length === 0 &&
  (pending ?? []).length === 0 &&
  (unhealthy ?? []).length === 0;

async function otherSilences(
  place: SilencePlace,
  wanted: readonly Matcher[],
): Promise<readonly OtherSilence[]> {
  const known = fixedLabels(wanted);
  return silencesSchema
    .parse(await askAlertmanager(place, 'GET', '/api/v2/silences'))
    .filter(({ createdBy, status, matchers }) => {
      const alive = status.state !== 'expired' && createdBy !== place.owner;
      return alive && mayMatch(matchers, known);
    })
    .map(({ id, createdBy, comment, endsAt }) => ({ id, by: createdBy, comment, until: endsAt }));
}

async function firingAlerts(place: SilencePlace, wanted: readonly Matcher[]): Promise<readonly string[]> {
  const path = '/api/v2/alerts?active=true&silenced=true&inhibited=true';
  const alerts = alertsSchema.parse(await askAlertmanager(place, 'GET', path));
  return names(alerts.filter((alert) => matches(wanted, alert.labels)).map((alert) => alert.labels));
}

const names = (all: readonly Readonly<Record<string, string>>[]): readonly string[] =>
  [...new Set(all.map((one) => one['alertname'] ?? '?'))].filter((name) => name !== syntheticName).toSorted();

async function rulesAt(
  url: string,
  headers: AlertmanagerAddress['headers'],
  wanted: readonly Matcher[],
): Promise<{ readonly pending: readonly string[]; readonly unhealthy: readonly string[] }> {
  const answer = rulesSchema.safeParse(
    await askAlertmanager({ url, headers }, 'GET', '/api/v1/rules?type=alert'),
  );
  if (!answer.success) throw unknown(`${url} gives no rules: ${z.prettifyError(answer.error)}`);
  const rules = answer.data.data.groups.flatMap((group) => group.rules);
  const due = rules.flatMap(({ alerts }) => alerts).filter((alert) => matches(wanted, alert.labels));
  return {
    pending: names(due.map((alert) => alert.labels)),
    unhealthy: rules
      .filter(({ health }) => health !== 'ok')
      .map(({ name, health, lastError }) => `${name}: ${lastError ?? health}`),
  };
}

/** What became of our own alert. */
export type Arrival =
  { readonly arrived: true; readonly tookMs: number } | { readonly arrived: false; readonly why: string };

/**
 * Sends an alert that the matchers mean, and waits until Alertmanager has notified the receiver of it (null: any); then says
 * that it is over. A silence over it, a route to somebody else, a receiver that refuses it or nobody who gets it within
 * the time is no arrival.
 */
export async function sendSynthetic(
  place: SilencePlace,
  wanted: readonly Matcher[],
  extra: Readonly<Record<string, string>>,
  receiver: string | null,
  withinMs: number,
  times: Times & { readonly sleep: (ms: number) => Promise<void> },
): Promise<Arrival> {
  const own = { ...fixedLabels(wanted), ...extra, alertname: syntheticName, walkback: place.owner };
  const begun = times.now();
  const post = (endsAt: number): Promise<unknown> =>
    askAlertmanager(place, 'POST', '/api/v2/alerts', [
      {
        labels: own,
        annotations: { summary: 'A test of walkback: alerts are on again. Nothing is wrong.' },
        startsAt: times.isoOf(begun),
        endsAt: times.isoOf(endsAt),
      },
    ]);
  const notified = await notificationCounter(place, receiver);
  const before = await notified();
  await post(begun + withinMs + 60_000);
  try {
    for (;;) {
      const [seen, now] = [await syntheticSeen(place), await notified()];
      if (seen !== null && seen.silencedBy.length > 0) {
        const by = await authors(place, seen.silencedBy);
        return { arrived: false, why: `it is silenced by ${by.join(', ')}` };
      }
      if (seen !== null && receiver !== null && !seen.receivers.includes(receiver))
        return { arrived: false, why: `it goes to ${seen.receivers.join(', ')}, not to ${receiver}` };
      if (now.failed > before.failed)
        return { arrived: false, why: 'Alertmanager could not deliver it: look at its log' };
      if (seen !== null && now.sent > before.sent) return { arrived: true, tookMs: times.now() - begun };
      if (times.now() - begun > withinMs)
        return { arrived: false, why: `nobody was notified within ${String(Math.round(withinMs / 1000))} s` };
      await times.sleep(250);
    }
  } finally {
    await post(times.now());
  }

  /** Ids of what silences it, and where it goes; null while Alertmanager does not have it yet. */
  async function syntheticSeen(
    at: SilencePlace,
  ): Promise<{ readonly silencedBy: readonly string[]; readonly receivers: readonly string[] } | null> {
    const filter = encodeURIComponent(`walkback=${JSON.stringify(at.owner)}`);
    const path = `/api/v2/alerts?active=true&silenced=true&inhibited=true&filter=${filter}`;
    const [alert] = alertsSchema.parse(await askAlertmanager(at, 'GET', path));
    if (alert === undefined || alert.status.state === 'unprocessed') return null;
    return { silencedBy: alert.status.silencedBy, receivers: alert.receivers.map(({ name }) => name) };
  }
}

async function authors(place: SilencePlace, ids: readonly string[]): Promise<readonly string[]> {
  const all = silencesSchema.parse(await askAlertmanager(place, 'GET', '/api/v2/silences'));
  return all.filter(({ id }) => ids.includes(id)).map(({ createdBy }) => createdBy);
}

/**
 * Ends one silence of somebody else, by its id.
 * @throws OperatorError (refused) unless its author agreed, or who leads the incident
 */
export async function endWithConsent(
  place: AlertmanagerAddress,
  id: string,
  consent: { readonly of: string; readonly commander: string | null },
): Promise<OtherSilence> {
  const all = silencesSchema.parse(await askAlertmanager(place, 'GET', '/api/v2/silences'));
  const found = all.find((one) => one.id === id && one.status.state !== 'expired');
  if (found === undefined)
    throw new OperatorError(
      `There is no silence ${id} that still holds.`,
      ['List them: walkback silence quiet'],
      {
        exitCode: exitCode.failed,
      },
    );
  const { createdBy, comment, endsAt } = found;
  if (consent.of !== createdBy && consent.of !== consent.commander)
    throw new OperatorError(
      `The silence ${id} is ${createdBy}’s: ${consent.of} cannot agree to its end.`,
      [`Ask ${createdBy}, or whoever leads the incident.`],
      { exitCode: exitCode.failed },
    );
  await askAlertmanager(place, 'DELETE', `/api/v2/silence/${encodeURIComponent(id)}`);
  return { id, by: createdBy, comment, until: endsAt };
}

const unknown = (message: string): OperatorError =>
  new OperatorError(`${message}.`, ['Look at what is there.'], { exitCode: exitCode.unknown });
