import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AlertGroup } from '../session/proposals.ts';
import { sanitiseLabel } from './sanitise-label.ts';

/** Longest of a text that is kept; what people read at 3 a.m. is shorter. */
const longest = 400;
const mostAlerts = 1000;
const mostLabels = 64;

const labels = z
  .record(z.string().max(longest), z.string().max(10_000))
  .refine((all) => Object.keys(all).length <= mostLabels, `more than ${mostLabels} labels`);

/** The webhook of Alertmanager, version 4; fields that it may add later are left out. */
const webhookSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1).max(10_000),
  truncatedAlerts: z.number().int().nonnegative().default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().max(1000),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels.default({}),
        startsAt: z.iso.datetime({ offset: true }),
        fingerprint: z.string().min(1).max(200),
      }),
    )
    .min(1)
    .max(mostAlerts),
});

export type ReadWebhook =
  { readonly ok: true; readonly group: AlertGroup } | { readonly ok: false; readonly why: string };

/** Reads a body as Alertmanager sends it. Text from outside is made harmless here, times become UTC. */
export function readWebhook(body: string, toUtc: (iso: string) => string): ReadWebhook {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return { ok: false, why: 'the body is not JSON' };
  }
  const parsed = webhookSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return {
      ok: false,
      why: `not an Alertmanager webhook of version 4: ${issue?.path.join('.') ?? ''} ${sanitiseLabel(issue?.message ?? '', longest)}`,
    };
  }
  const { groupKey, receiver, truncatedAlerts, alerts } = parsed.data;
  const inert = (text: string): string => sanitiseLabel(text, longest);
  return {
    ok: true,
    group: {
      groupKey: inert(groupKey),
      receiver: inert(receiver),
      truncated: truncatedAlerts,
      alerts: alerts.map(({ status, labels: own, annotations, startsAt, fingerprint }) => ({
        fingerprint: inert(fingerprint),
        name: inert(own['alertname'] ?? 'an alert without a name'),
        status,
        startsAt: toUtc(startsAt),
        summary: inert(annotations['summary'] ?? annotations['description'] ?? ''),
        labels: Object.fromEntries(Object.entries(own).map(([name, value]) => [inert(name), inert(value)])),
      })),
    },
  };
}

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** The same for every repetition of a group: its key, and which of its alerts stand how since when. */
export const dedupeKeyOf = ({ groupKey, alerts }: AlertGroup): string =>
  sha256Of(
    JSON.stringify([
      groupKey,
      alerts
        .map(({ fingerprint, status, startsAt }) => `${fingerprint} ${status} ${startsAt}`)
        .toSorted((one, other) => one.localeCompare(other)),
    ]),
  );
