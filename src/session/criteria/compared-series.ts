import type { Sample } from '../../judge/trigger.ts';
import type { ComparedMetric, ComparisonPlan } from '../../runbook/model/comparison.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Job } from '../kit.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { releaseWindow } from './release-window.ts';
import type { NumberSource } from './trigger-reading.ts';

/** From and until, epoch milliseconds of the domain clock. */
export type TimeSpan = readonly [number, number];

/** The wall time of a fact as domain time. */
export function domainTimeOf(job: Job, iso: string): number {
  const { domainNow, ports } = job.options;
  const speed = job.context().started?.speed ?? 1;
  return domainNow() - (ports.clock.now().ms - epochMsOf(iso)) * speed;
}

export const realSpan = (job: Job, domainMs: number): number =>
  domainMs / (job.context().started?.speed ?? 1);

/** Where the baseline lies, and what of the failed release is shown beside it; null where nobody knows. */
export function spansBefore(
  job: Job,
  { baseline }: ComparisonPlan,
): { readonly baseline: TimeSpan; readonly failed: TimeSpan | null } | null {
  if (baseline === null) return null;
  const startMs = domainTimeOf(job, job.context().started?.at ?? '');
  const { openedMs } = releaseWindow(job);
  const anchorMs = baseline.from.from === 'start' ? startMs : openedMs;
  if (anchorMs === null || Number.isNaN(anchorMs)) return null;
  const span: TimeSpan = [anchorMs - baseline.from.beforeMs, anchorMs - baseline.to.beforeMs];
  const failedFrom = openedMs === null ? null : Math.max(openedMs, startMs - (span[1] - span[0]));
  const failed: TimeSpan | null = failedFrom === null || failedFrom >= startMs ? null : [failedFrom, startMs];
  return { baseline: span, failed };
}

/** One series of a comparison, or why there is none. */
export type Series =
  | { readonly ok: true; readonly samples: readonly Sample[] }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/**
 * The points of a probe over a span, masked by `up`: what was sampled while the target was down does not count, and
 * where the metric says so no value is 0 while it was up.
 */
export async function seriesOf(
  source: NumberSource,
  probes: Runbook['probes'],
  id: string,
  { up, gapsAreZero }: Pick<ComparedMetric, 'up' | 'gapsAreZero'>,
  [fromMs, toMs]: TimeSpan,
  stepMs: number,
): Promise<Series> {
  const probe = probes[id];
  if (probe === undefined) return { ok: false, code: 'unknown_probe', detail: `${id} is not a probe` };
  const span = { fromMs, toMs, stepMs };
  const standing = up === null ? undefined : probes[up];
  const [values, ups] = await Promise.all([
    source.series(probe, span),
    standing === undefined ? null : source.series(standing, span),
  ]);
  if (values === null) return { ok: false, code: 'no_history', detail: `${id} has no history` };
  const none = 'code' in values;
  if (none && values.code !== 'no_data') return { ok: false, code: values.code, detail: values.detail };
  const samples = none ? emptySpan(span) : values;
  if (up === null) return { ok: true, samples };
  const isUp = new Set(
    ups === null || 'code' in ups ? [] : ups.filter(([, value]) => value === 1).map(([at]) => at),
  );
  return {
    ok: true,
    samples: samples.map(([at, value]): Sample => {
      if (!isUp.has(at)) return [at, null];
      const missing = value === null || !Number.isFinite(value);
      return [at, missing ? (gapsAreZero ? 0 : null) : value];
    }),
  };
}

const emptySpan = ({ fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number }) =>
  Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, at): Sample => [
    fromMs + at * stepMs,
    null,
  ]);
