import { z } from 'zod';
import { OperatorError } from '../../errors.ts';
import type { Times } from '../times.ts';
import { askAlertmanager, type AlertmanagerAddress } from './alertmanager.ts';
import { matcherOf, narrows } from './matchers.ts';

/** A silence is ours by its author: the one thing that can be said of it before Alertmanager gives it a number. */
export interface SilencePlace extends AlertmanagerAddress {
  /** Who made it: unique to one session and one use. */
  readonly owner: string;
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
  await askAlertmanager(place, 'POST', '/api/v2/silences', {
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
  for (const id of ids) await askAlertmanager(place, 'DELETE', `/api/v2/silence/${encodeURIComponent(id)}`);
  return silenceState(place);
}

export async function silenceState(place: SilencePlace): Promise<SilenceState> {
  const all = z.array(silenceSchema).parse(await askAlertmanager(place, 'GET', '/api/v2/silences'));
  const ours = all.filter(({ createdBy }) => createdBy === place.owner);
  const active = ours.filter(({ status }) => status.state !== 'expired');
  if (active.length === 0)
    return { state: ours.length === 0 ? 'none' : 'expired', ids: [], until: null, alerts: 0 };
  const ids = active.map(({ id }) => id);
  const alerts = alertSchema.parse(
    await askAlertmanager(place, 'GET', '/api/v2/alerts?active=true&silenced=true'),
  );
  return {
    state: 'active',
    ids,
    until: latest(active),
    alerts: alerts.filter(({ status }) => status.silencedBy.some((id) => ids.includes(id))).length,
  };
}

const latest = (silences: readonly Silence[]): string =>
  silences.map(({ endsAt }) => endsAt).reduce((one, other) => (one > other ? one : other));
