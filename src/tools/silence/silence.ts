import { z } from 'zod';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Times } from '../times.ts';

/** A silence is ours by its author: the one thing that can be said of it before Alertmanager gives it a number. */
export interface SilencePlace {
  /** Alertmanager's address, such as http://127.0.0.1:9093. */
  readonly url: string;
  /** Who made it: unique to one session and one use. */
  readonly owner: string;
  /** Headers that a proxy in front of it wants. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SilenceWanted {
  readonly matchers: readonly string[];
  readonly forMs: number;
  readonly comment: string;
}

const silenceSchema = z.looseObject({
  id: z.string(),
  createdBy: z.string(),
  endsAt: z.string(),
  status: z.looseObject({ state: z.enum(['active', 'pending', 'expired']) }),
});
type Silence = z.infer<typeof silenceSchema>;

const alertSchema = z.array(z.looseObject({ status: z.looseObject({ silencedBy: z.array(z.string()) }) }));

export interface SilenceState {
  readonly state: 'active' | 'expired' | 'none';
  /** Ours that still silence. */
  readonly ids: readonly string[];
  /** Until when, ISO; null where none is active. */
  readonly until: string | null;
  /** How many alerts that fire now are kept quiet by them. */
  readonly alerts: number;
}

/** Makes one silence, unless one of this owner is active: asked again after a crash there is still one. */
export async function addSilence(
  place: SilencePlace,
  wanted: SilenceWanted,
  times: Times,
): Promise<SilenceState> {
  const matchers = wanted.matchers.map(matcherOf);
  if (matchers.length === 0 || !matchers.some(narrows))
    throw new OperatorError('This would silence every alert.', [
      'Name what it is about: --match service=shop',
    ]);
  const before = await silenceState(place);
  if (before.state === 'active') return before;
  const now = times.now();
  await ask(place, 'POST', '/api/v2/silences', {
    matchers,
    startsAt: times.isoOf(now),
    endsAt: times.isoOf(now + wanted.forMs),
    createdBy: place.owner,
    comment: wanted.comment,
  });
  return silenceState(place);
}

/** Ends the silences of this owner, and no other. */
export async function expireSilence(place: SilencePlace): Promise<SilenceState> {
  const { ids } = await silenceState(place);
  for (const id of ids) await ask(place, 'DELETE', `/api/v2/silence/${encodeURIComponent(id)}`);
  return silenceState(place);
}

export async function silenceState(place: SilencePlace): Promise<SilenceState> {
  const all = z.array(silenceSchema).parse(await ask(place, 'GET', '/api/v2/silences'));
  const ours = all.filter(({ createdBy }) => createdBy === place.owner);
  const active = ours.filter(({ status }) => status.state !== 'expired');
  if (active.length === 0)
    return { state: ours.length === 0 ? 'none' : 'expired', ids: [], until: null, alerts: 0 };
  const ids = active.map(({ id }) => id);
  const alerts = alertSchema.parse(await ask(place, 'GET', '/api/v2/alerts?active=true&silenced=true'));
  return {
    state: 'active',
    ids,
    until: latest(active),
    alerts: alerts.filter(({ status }) => status.silencedBy.some((id) => ids.includes(id))).length,
  };
}

const latest = (silences: readonly Silence[]): string =>
  silences.map(({ endsAt }) => endsAt).reduce((one, other) => (one > other ? one : other));

interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** `service=shop`, `severity!=info`, `alertname=~"High.*"`, `team!~"a|b"`, as amtool has them. */
function matcherOf(text: string): Matcher {
  const [, name, sign, quoted, bare] =
    /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|(.*?))\s*$/s.exec(text) ?? [];
  if (name === undefined || sign === undefined)
    throw new OperatorError(`“${text}” is no matcher.`, [
      'Write label=value, label!=value, label=~pattern or label!~pattern.',
    ]);
  return {
    name,
    value: quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(.)/g, '$1'),
    isRegex: sign.endsWith('~'),
    isEqual: sign.startsWith('='),
  };
}

/** Whether a matcher leaves any alert out: an equality with something, or a pattern that does not match everything. */
const narrows = ({ value, isRegex, isEqual }: Matcher): boolean =>
  isEqual && value !== '' && !(isRegex && /^[.*+()?^$]*$/.test(value));

async function ask(
  { url, headers }: SilencePlace,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const address = `${url.replace(/\/+$/, '')}${path}`;
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw cannotTell(`Alertmanager at ${url} does not answer`, cause);
  }
  const text = await response.text();
  if (!response.ok)
    throw cannotTell(
      `Alertmanager at ${url} answered ${response.status} to ${method} ${path}: ${text.slice(0, 200)}`,
    );
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw cannotTell(`${address} is no Alertmanager: its answer is not JSON`, cause);
  }
}

const cannotTell = (message: string, cause?: unknown): OperatorError =>
  new OperatorError(`${message}.`, ['Look at its page of silences.'], { cause, exitCode: exitCode.unknown });
