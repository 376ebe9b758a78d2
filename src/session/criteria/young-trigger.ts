import { shortWindows, youngPair } from '../../judge/burn.ts';
import type { Trigger } from '../../runbook/model/criteria.ts';
import type { Runbook } from '../../runbook/model.ts';
import { lowerBurnProbe } from '../../runbook/service-level.ts';

/** A trigger as it counts for a release of some age, with the probes that it reads. */
export interface AgedTrigger {
  readonly trigger: Trigger;
  readonly probes: Runbook['probes'];
}

/**
 * A trigger that comes from an objective watches windows that end with the release, and fires at the rate that spends its
 * share within them (E2): of a younger release the long window is its age, the short one a twelfth, and the limit is
 * `share · period / window`. Every other trigger stays as it is, and so does one where nobody knows the age.
 */
export function triggerAtAge(
  { probes, slo = [] }: Pick<Runbook, 'probes' | 'slo'>,
  trigger: Trigger,
  ageMs: number | null,
): AgedTrigger {
  const { burn = null, breach, clear } = trigger;
  const level = slo.find(({ id }) => id === burn?.slo);
  if (burn === null || level === undefined || ageMs === null || ageMs >= burn.longMs)
    return { trigger, probes };
  const pair = youngPair(ageMs, burn.share, level.periodMs, burn.longMs);
  const [shortMs = pair.shortMs, ...longer] = shortWindows(pair);
  const probe = lowerBurnProbe(level, pair.longMs, [shortMs, ...longer]);
  if (probe?.id == null) return { trigger, probes };
  const limit = Number(pair.threshold.toPrecision(6));
  return {
    trigger: {
      ...trigger,
      probe: probe.id,
      breach: { op: breach.op, value: limit },
      clear: { op: clear.op, value: Number(((clear.value / breach.value) * limit).toPrecision(6)) },
      burn: { ...burn, longMs: pair.longMs, shortMs },
    },
    probes: { ...probes, [probe.id]: probe },
  };
}
