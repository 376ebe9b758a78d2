import { parse } from 'yaml';
import { z } from 'zod';
import { OperatorError, exitCode } from '../../errors.ts';
import { askAlertmanager, textOf, type AlertmanagerAddress } from './alertmanager.ts';

const statusSchema = z.looseObject({ config: z.looseObject({ original: z.string() }) });
const configSchema = z.looseObject({
  receivers: z.array(z.looseObject({ name: z.string() })).default([]),
});

/** Notifications since Alertmanager started. */
export interface Notified {
  readonly sent: number;
  readonly failed: number;
}

/**
 * Counts the notifications of one receiver, or of all where none is named.
 * @throws OperatorError (failed) for a receiver that is not there or notifies nobody; (unknown) where Alertmanager
 * counts it together with others: one of theirs would look like ours
 */
export async function notificationCounter(
  place: AlertmanagerAddress,
  receiver: string | null,
): Promise<() => Promise<Notified>> {
  const integrations = receiver === null ? null : await integrationsOf(place, receiver);
  return async () => {
    const counts = countsIn(place, await textOf(place, 'GET', '/metrics'));
    if (receiver === null || integrations === null) return sumOf(counts);
    const named = counts.filter(({ labels }) => labels['receiver_name'] !== undefined);
    if (named.length > 0) return sumOf(named.filter(({ labels }) => labels['receiver_name'] === receiver));
    // without the names of receivers only an integration that nobody else has can be told apart
    const { own, shared } = integrations;
    if (own.length > 0)
      return sumOf(counts.filter(({ labels }) => own.includes(labels['integration'] ?? '')));
    throw cannotTell(
      `${place.url} counts the notifications of “${receiver}” and other receivers as one (${shared.join(', ')})`,
      'Start it with --enable-feature=receiver-name-in-metrics, or route the test to a receiver of another kind.',
    );
  };
}

/** The kinds of notification that a receiver sends: those that it alone sends, and those that others send too. */
async function integrationsOf(
  place: AlertmanagerAddress,
  receiver: string,
): Promise<{ readonly own: readonly string[]; readonly shared: readonly string[] }> {
  const status = statusSchema.safeParse(await askAlertmanager(place, 'GET', '/api/v2/status'));
  const config = status.success ? configSchema.safeParse(parse(status.data.config.original)) : status;
  if (!config.success)
    throw cannotTell(`${place.url} does not tell its receivers`, 'Look at its page of status.');
  const kinds = new Map(config.data.receivers.map((one) => [one.name, kindsOf(one)]));
  const mine = kinds.get(receiver);
  if (mine === undefined || mine.length === 0)
    throw new OperatorError(
      mine === undefined
        ? `Alertmanager has no receiver “${receiver}”.`
        : `The receiver “${receiver}” notifies nobody: no alert can arrive there.`,
      [`Its receivers: ${[...kinds.keys()].join(', ')}`],
      { exitCode: exitCode.failed },
    );
  const theirs = new Set([...kinds].flatMap(([name, list]) => (name === receiver ? [] : list)));
  return { own: mine.filter((kind) => !theirs.has(kind)), shared: mine.filter((kind) => theirs.has(kind)) };
}

/** `webhook` of `webhook_configs`, as the metrics call it. */
const kindsOf = (receiver: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(receiver).flatMap(([key, list]) =>
    key.endsWith('_configs') && Array.isArray(list) && list.length > 0
      ? [key.slice(0, -'_configs'.length)]
      : [],
  );

interface Count {
  readonly metric: 'sent' | 'failed';
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^alertmanager_notifications_(failed_)?total(?:\{([^}]*)\})? ([0-9.e+]+)$/gm;

function countsIn({ url }: AlertmanagerAddress, text: string): readonly Count[] {
  const counts = [...text.matchAll(line)].map(([, failed, labels = '', value]): Count => ({
    metric: failed === undefined ? 'sent' : 'failed',
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, one]) => [name, one])),
    value: Number(value),
  }));
  if (!counts.some(({ metric }) => metric === 'sent'))
    throw cannotTell(`${url}/metrics does not count notifications`, 'Look at what is there.');
  return counts;
}

const sumOf = (counts: readonly Count[]): Notified => {
  const sum = (metric: Count['metric']): number =>
    counts.reduce((total, one) => total + (one.metric === metric ? one.value : 0), 0);
  return { sent: sum('sent'), failed: sum('failed') };
};

const cannotTell = (message: string, next: string): OperatorError =>
  new OperatorError(`${message}.`, [next], { exitCode: exitCode.unknown });
