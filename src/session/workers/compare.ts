import {
  compareSeries,
  leastBefore,
  leastBeside,
  seriesFigures,
  type Comparison,
  type Verdict,
} from '../../judge/comparison.ts';
import { scoreOf } from '../../judge/comparison-score.ts';
import { figureText } from '../../judge/figure-text.ts';
import type { Sample } from '../../judge/trigger.ts';
import { recordAt } from '../../machine/places.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { Reading, Result } from '../../machine/facts/values.ts';
import { isoOf } from '../../machine/iso-time.ts';
import type { ComparedMetric, ComparisonPlan } from '../../runbook/model/comparison.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import {
  domainTimeOf,
  realSpan,
  seriesOf,
  spansBefore,
  type Series,
  type TimeSpan,
} from '../criteria/compared-series.ts';
import { firedWithin } from '../criteria/fired-within.ts';
import { numbersFor } from '../criteria/number-source.ts';
import type { Job } from '../kit.ts';
import { pause, placeOfWork } from '../kit.ts';
import { unknownCheck } from './others.ts';

type Made = FactOf<'comparison.made'>;
type Metric = Made['metrics'][number];

/** Looks made while it is inconclusive, at most. */
const mostLooks = 12;
const resultOf: Readonly<Record<Verdict, Result>> = {
  RECOVERED: 'pass',
  WORSE: 'fail',
  INCONCLUSIVE: 'unknown',
};

/**
 * Carries a comparison out (E3): settles, lets the points come in, judges; looks on while it is inconclusive and time
 * is left, then a person is asked. After a break it goes on from when it began. A baseline in which a trigger fired is
 * refused before anybody waits for it.
 */
export async function compare(job: Job, step: StepOf<'compare'>): Promise<readonly Fact[]> {
  const { comparison: plan } = step;
  const { clock } = job.options.ports;
  const startedAt = recordAt(job.context(), job.work.place)?.startedAt ?? clock.now().iso;
  const beganMs = domainTimeOf(job, startedAt);
  const fromMs = beganMs + plan.settleMs;
  const before = spansBefore(job, plan);
  if (plan.baseline !== null && before === null)
    return [
      unknownCheck(job, 'no_release', 'when the release was finished is not known: there is no baseline'),
    ];
  const polluted = before === null ? null : await pollution(job, before.baseline);
  if (polluted !== null) return [unknownCheck(job, polluted.code, polluted.detail)];

  const firstMs = fromMs + plan.currentMs;
  const lastMs = firstMs + plan.extendMs;
  const lookMs = Math.max(plan.everyMs, plan.extendMs / mostLooks);
  for (let untilMs = firstMs; ; untilMs = Math.min(lastMs, untilMs + lookMs)) {
    await pause(job, Math.max(0, realSpan(job, untilMs - job.options.domainNow())));
    if (job.signal.aborted) return [];
    // when it is taken up again, all the time since then counts
    const spanned = Math.min(lastMs, Math.max(untilMs, Math.floor(job.options.domainNow())));
    const current: TimeSpan = [fromMs, Math.max(untilMs, spanned)];
    const made = await lookAt(job, plan, before, current);
    if (job.signal.aborted) return [];
    const isFinal = made.verdict !== 'INCONCLUSIVE' || current[1] >= lastMs;
    if (isFinal) return [{ ...made, final: true }, judged(job, made, beganMs)];
    if (untilMs === firstMs) job.emit({ ...made, final: false });
  }
}

/** Why the baseline is no baseline; null where it is clean. */
async function pollution(
  job: Job,
  [fromMs, toMs]: TimeSpan,
): Promise<{ readonly code: string; readonly detail: string } | null> {
  const { probes, triggers } = job.book.runbook;
  const source = numbersFor(job);
  const asked = triggers.filter((trigger) => probes[trigger.probe]?.source.kind === 'prometheus');
  const found = await Promise.all(
    asked.map(async (trigger) => ({
      id: trigger.id,
      fired: await firedWithin(source, probes, trigger, { fromMs, toMs }),
    })),
  );
  for (const { id, fired } of found)
    if (fired.kind === 'fired')
      return {
        code: 'polluted_baseline',
        detail: `the baseline is no baseline: ${id} would have fired in it, at ${isoOf(fired.atMs)}`,
      };
  const dark = found.find(({ fired }) => fired.kind === 'unknown');
  return dark?.fired.kind === 'unknown'
    ? {
        code: 'baseline_unknown',
        detail: `whether the baseline was clean is not known: ${dark.fired.detail}`,
      }
    : null;
}

type Before = ReturnType<typeof spansBefore>;

async function lookAt(job: Job, plan: ComparisonPlan, before: Before, current: TimeSpan): Promise<Made> {
  const metrics = await Promise.all(
    plan.metrics.map((metric) => lookAtMetric(job, plan, metric, before, current)),
  );
  const { verdict, least, most } = scoreOf(metrics);
  return {
    type: 'comparison.made',
    ...placeOfWork(job),
    verdict,
    final: false,
    score: { least, most },
    everyMs: plan.everyMs,
    spans: {
      baseline: mutable(before?.baseline ?? current),
      failed: before?.failed == null ? null : mutable(before.failed),
      current: mutable(current),
    },
    metrics,
  };
}

const mutable = ([from, to]: TimeSpan): [number, number] => [from, to];

async function lookAtMetric(
  job: Job,
  plan: ComparisonPlan,
  metric: ComparedMetric,
  before: Before,
  current: TimeSpan,
): Promise<Metric> {
  const { probes } = job.book.runbook;
  const source = numbersFor(job);
  const read = (id: string, span: TimeSpan): Promise<Series> =>
    seriesOf(source, probes, id, metric, span, plan.everyMs);
  const [baseline, failed, now] = await Promise.all([
    metric.against === null ? read(metric.probe, before?.baseline ?? current) : read(metric.against, current),
    before?.failed == null ? null : read(metric.probe, before.failed),
    read(metric.probe, current),
  ]);
  const unit = probes[metric.probe]?.unit ?? null;
  const found = compareSeries({
    baseline: baseline.ok ? baseline.samples : [],
    current: now.ok ? now.samples : [],
    worse: metric.worse,
    tolerance: metric.tolerance,
    floor: metric.floor,
    leastBaseline: metric.against === null ? leastBefore : leastBeside,
    unit,
  });
  const fault = [baseline, now].find((series) => !series.ok);
  const failing = failed?.ok === true ? seriesFigures(failed.samples) : null;
  const { gapsAreZero: _gaps, up: _up, ...said } = metric;
  return {
    ...said,
    unit,
    ...found,
    ...(fault?.ok === false ? { code: fault.code, detail: fault.detail } : {}),
    failed: failing,
    series: {
      baseline: points(baseline),
      failed: failed === null ? [] : points(failed),
      current: points(now),
    },
  };
}

const points = (series: Series): (number | null)[] =>
  series.ok
    ? series.samples.map(([, value]: Sample) => (value !== null && Number.isFinite(value) ? value : null))
    : [];

function judged(job: Job, made: Made, beganMs: number): Fact {
  const several = made.metrics.length > 1;
  const readings = made.metrics.map((metric) => readingOf(metric, several));
  const { least, most } = made.score;
  const score = least === most ? String(least) : `${least} to ${most}`;
  const whole: Reading = {
    subject: 'score',
    result: resultOf[made.verdict],
    value: score,
    expected: '95 of 100, and no critical one worse',
    code: made.verdict === 'RECOVERED' ? null : made.verdict.toLowerCase(),
    detail: `${made.verdict}: ${score} of 100`,
    unit: null,
  };
  return {
    type: 'check.judged',
    ...placeOfWork(job),
    result: resultOf[made.verdict],
    timedOut: false,
    readings: several ? [whole, ...readings] : readings,
    durationMs: Math.round(realSpan(job, job.options.domainNow() - beganMs)),
  };
}

/** One metric in words. Of several only the whole is called by the name of a verdict. */
function readingOf(metric: Metric, several: boolean): Reading {
  const { probe, against, verdict, code, unit, current, failed, limit, worse } = metric;
  const text = (value: number): string => figureText(String(value), unit);
  const sign = worse === 'higher' ? '+' : worse === 'lower' ? '−' : '±';
  const word = several ? verdict.toLowerCase() : verdict;
  const said = [
    `${word}: ${metric.detail}`,
    ...(failed?.median == null ? [] : [`failed release ${text(failed.median)}`]),
    ...statistics(metric),
  ];
  return {
    subject: against === null ? probe : `${probe} beside ${against}`,
    result: resultOf[verdict],
    value: current.median === null ? null : String(current.median),
    expected: limit === null ? '' : `${sign}${text(limit)} at most`,
    code: verdict === 'RECOVERED' ? null : (code ?? verdict.toLowerCase()),
    detail: said.join('; '),
    unit,
  };
}

function statistics({ p, rho, a12, baseline, current }: Comparison): readonly string[] {
  if (p === null || rho === null || a12 === null) return [];
  const short = (value: number): string => String(Number(value.toPrecision(2)));
  const outliers = baseline.outliers + current.outliers;
  return [
    `p ${p < 0.001 ? 'below 0.001' : short(p)}`,
    `A12 ${short(a12)}`,
    `ρ ${short(rho)}`,
    ...(outliers === 0 ? [] : [`${outliers} outliers counted in`]),
  ];
}
