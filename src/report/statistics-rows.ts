import type { Dora } from '../judge/dora.ts';
import { failureStarts } from '../judge/dora.ts';
import type { Durations } from '../judge/durations.ts';
import type { Share } from '../judge/share.ts';
import type { Group, Statistics } from '../judge/statistics.ts';

/** One figure with what it was counted from: what CSV and Prometheus are written from. */
export interface FigureRow {
  readonly mode: 'live' | 'drill';
  readonly by: 'all' | 'service' | 'environment' | 'runbook' | 'cause';
  readonly name: string;
  readonly figure: string;
  /** `p50`, an outcome, from where a time is counted; empty where there is none. */
  readonly detail: string;
  readonly unit: 'count' | 'ratio' | 'seconds' | 'per_day';
  readonly n: number;
  readonly value: number | null;
  /** 95 % interval; null where a side is open, or the figure is a plain count. */
  readonly low: number | null;
  readonly high: number | null;
}

type Place = Pick<FigureRow, 'mode' | 'by' | 'name'>;

/** Every figure, one row each, in a fixed order. */
export const statisticsRows = (statistics: Statistics): readonly FigureRow[] => [
  ...groupRows(statistics.live, { mode: 'live', by: 'all', name: '' }),
  ...groupRows(statistics.drills, { mode: 'drill', by: 'all', name: '' }),
  ...(['service', 'environment', 'runbook', 'cause'] as const).flatMap((by) =>
    statistics.by[by].flatMap((group) => groupRows(group, { mode: 'live', by, name: group.name })),
  ),
  ...doraRows(statistics.dora, { mode: 'live', by: 'all', name: '' }),
  ...statistics.doraByService.flatMap((dora) =>
    doraRows(dora, { mode: 'live', by: 'service', name: dora.name }),
  ),
];

const groupRows = (group: Group, place: Place): readonly FigureRow[] => [
  countRow(place, 'sessions', '', group.sessions),
  countRow(place, 'open_sessions', '', group.open),
  ...group.outcomes.map((share) => shareRow(place, 'outcome', share.outcome, share)),
  ...(group.perDeployment === null
    ? []
    : [shareRow(place, 'deployments_with_session', '', group.perDeployment)]),
  ...durationRows(place, 'detect', group.durations.detect),
  ...durationRows(place, 'decide', group.durations.decide),
  ...durationRows(place, 'restore', group.durations.restore),
  ...durationRows(place, 'give_back', group.durations.giveBack),
];

const doraRows = (dora: Dora, place: Place): readonly FigureRow[] => [
  countRow(place, 'production_deployments', '', dora.deployments),
  ...(dora.perDay === null
    ? []
    : [
        {
          ...place,
          figure: 'deployment_frequency',
          detail: '',
          unit: 'per_day' as const,
          n: dora.deployments,
          value: dora.perDay,
          low: null,
          high: null,
        },
      ]),
  ...durationRows(place, 'lead_time', dora.leadTime),
  shareRow(place, 'change_fail_rate', '', dora.changeFailRate),
  ...durationRows(place, 'failed_deployment_recovery', dora.recoveryTime),
  ...failureStarts.map((start) =>
    countRow(place, 'failed_deployment_recovery_from', start, dora.recoveryTime.from[start]),
  ),
  countRow(place, 'failed_deployments_not_recovered', '', dora.recoveryTime.notRecovered),
  shareRow(place, 'rework_rate', '', dora.reworkRate),
  countRow(place, 'sessions_left_out', 'cause_not_told', dora.leftOut.notTold),
  countRow(place, 'sessions_left_out', 'deployment_not_recorded', dora.leftOut.notRecorded),
  countRow(place, 'sessions_left_out', 'external', dora.leftOut.external),
];

const countRow = (place: Place, figure: string, detail: string, value: number): FigureRow => ({
  ...place,
  figure,
  detail,
  unit: 'count',
  n: value,
  value,
  low: null,
  high: null,
});

const shareRow = (place: Place, figure: string, detail: string, share: Share): FigureRow => ({
  ...place,
  figure,
  detail,
  unit: 'ratio',
  n: share.n,
  value: share.share,
  low: share.low,
  high: share.high,
});

/** Without any length of time there is no figure: a row that is not there is not zero. */
const durationRows = (place: Place, figure: string, durations: Durations): readonly FigureRow[] =>
  (['p50', 'p80', 'p95'] as const).flatMap((quantile) => {
    const found = durations[quantile];
    if (found === null) return [];
    const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
    return [
      {
        ...place,
        figure,
        detail: quantile,
        unit: 'seconds' as const,
        n: durations.n,
        value: seconds(found.value),
        low: seconds(found.low),
        high: seconds(found.high),
      },
    ];
  });
