import { isoTime } from '../clock.ts';
import { call } from '../http.ts';
import { parseSpan } from '../metrics/promql-lexer.ts';
import {
  argument,
  exits,
  fetchJson,
  settle,
  UsageError,
  type Command,
  type Context,
  type Exit,
} from './context.ts';

interface ShownSilence {
  readonly id: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly matchers: readonly { readonly name: string; readonly value: string }[];
  readonly status: { readonly state: string };
}

const silencesUrl = (context: Context): string => `${context.values.alertmanager}/api/v2/silences`;
const alertName = ({ matchers }: ShownSilence): string =>
  matchers.find(({ name }) => name === 'alertname')?.value ?? '';

async function activeSilences(context: Context): Promise<readonly ShownSilence[]> {
  const all = (await fetchJson(silencesUrl(context))) as readonly ShownSilence[];
  return all.filter(({ status }) => status.state !== 'expired');
}

async function silence(context: Context): Promise<Exit> {
  const name = argument(context, 0, "the alert's name, or all");
  const spanMs = parseSpan(argument(context, 1, 'how long'));
  if (spanMs === null || spanMs === 0)
    throw new UsageError('how long is a duration like 30m, in domain time');
  const now = await context.now();
  const matcher =
    name === 'all'
      ? { name: 'alertname', value: '.+', isRegex: true, isEqual: true }
      : { name: 'alertname', value: name, isRegex: false, isEqual: true };
  const body = {
    matchers: [matcher],
    startsAt: isoTime(now),
    endsAt: isoTime(now + spanMs),
    createdBy: 'shopctl',
    comment: `silenced for ${String(context.args[1])}`,
  };
  const answer = await call(silencesUrl(context), { body });
  const { silenceID } = JSON.parse(answer.status < 300 ? answer.text : '{}') as {
    readonly silenceID?: string;
  };
  return settle(context, answer, String(silenceID));
}

async function expire(context: Context): Promise<Exit> {
  const wanted = argument(context, 0, "the silence's id, or the alert's name");
  const chosen = (await activeSilences(context)).filter(
    (one) => one.id === wanted || alertName(one) === wanted || (wanted === 'all' && alertName(one) === '.+'),
  );
  for (const { id } of chosen)
    await call(`${context.values.alertmanager}/api/v2/silence/${id}`, { method: 'DELETE' });
  context.out(`expired ${chosen.length} silences`);
  return chosen.length > 0 ? exits.yes : exits.no;
}

async function silences(context: Context): Promise<Exit> {
  const list = await activeSilences(context);
  if (context.json) context.out(JSON.stringify(list));
  else
    for (const one of list)
      context.out(`${one.id}  ${alertName(one)}  until ${one.endsAt}  by ${one.createdBy}: ${one.comment}`);
  if (!context.json && list.length === 0) context.out('no silence is active');
  return exits.yes;
}

async function alerts(context: Context): Promise<Exit> {
  const list = (await fetchJson(`${context.values.alertmanager}/api/v2/alerts`)) as readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly status: { readonly state: string };
  }[];
  if (context.json) context.out(JSON.stringify(list));
  else
    for (const { labels, status } of list)
      context.out(`${labels['alertname'] ?? ''}  ${status.state}  ${labels['instance'] ?? ''}`);
  if (!context.json && list.length === 0) context.out('nothing fires');
  return exits.yes;
}

export const alertCommands: Readonly<Record<string, Command>> = {
  silence: {
    usage: 'silence ALERT|all DURATION',
    about: 'silences an alert for some domain time; prints the id',
    run: silence,
  },
  'silence-expire': {
    usage: 'silence-expire ID|ALERT|all',
    about: 'ends a silence; 3 where there is none',
    run: expire,
  },
  silences: { usage: 'silences [--json]', about: 'the silences that are active or pending', run: silences },
  alerts: { usage: 'alerts [--json]', about: 'what fires, silenced or not', run: alerts },
};
