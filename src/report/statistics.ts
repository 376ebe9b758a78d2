import type { Dora } from '../judge/dora.ts';
import type { Durations } from '../judge/durations.ts';
import { spanText } from '../judge/figure-text.ts';
import type { Quantile } from '../judge/quantile.ts';
import type { Share } from '../judge/share.ts';
import type { Group, Part, Statistics } from '../judge/statistics.ts';
import { isoOf } from '../machine/iso-time.ts';
import { cellWidth } from './columns.ts';
import { barOf, sparkline, type Signs } from './drawn.ts';
import { inertJson, visibleLine } from './inert.ts';

const partWords: Readonly<Record<Part, string>> = {
  detect: 'detect',
  decide: 'decide',
  restore: 'restore',
  giveBack: 'give back',
};
const quantiles = ['p50', 'p80', 'p95'] as const;
const barColumns = 16;

export const statisticsJson = (statistics: Statistics): string =>
  `${inertJson({ schema: 'walkback.stats/1', ...statistics }, 2)}\n`;

/** Statistics as text of lines of about 80 cells. Every share and quantile stands with its n and its interval. */
export function statisticsText(statistics: Statistics, signs: Signs): string {
  const { live, drills, by, dora, doraByService, trend, fromMs, toMs } = statistics;
  if (live.sessions + drills.sessions + dora.deployments === 0)
    return 'No sessions and no deployments in this span.\n';
  const day = (ms: number | null): string => (ms === null ? '-' : isoOf(ms).slice(0, 10));
  const every = trend.everyMs / 86_400_000;
  const drawnTrend = (counts: readonly number[]): string =>
    `  begun in each ${every === 1 ? 'day' : `${every} days`}: ${sparkline(counts, 60, signs.spark, signs.gap)}`;
  return [
    `${day(fromMs)} to ${day(toMs)} (UTC); intervals are 95 %; drills are counted apart`,
    '',
    ...groupLines('live sessions', live, signs),
    ...(live.sessions === 0 ? [] : [drawnTrend(trend.live)]),
    '',
    ...doraLines(dora),
    ...(doraByService.length > 1 ? doraByService.flatMap(doraLines) : []),
    ...(['service', 'environment', 'runbook', 'cause'] as const).flatMap((key) => byLines(key, by[key])),
    ...(drills.sessions === 0 ? [] : [...groupLines('drills', drills, signs), drawnTrend(trend.drills)]),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function groupLines(title: string, group: Group, signs: Signs): readonly string[] {
  const { sessions, open, outcomes, perDeployment, durations } = group;
  const ends = outcomes.map(({ outcome, ...share }) => [
    outcome,
    barOf(share.share ?? 0, 1, barColumns, signs.bar).padEnd(barColumns),
    shareText(share),
  ]);
  const longest = Math.max(
    0,
    ...Object.values(durations).flatMap((one) => quantiles.map((name) => one[name]?.value ?? 0)),
  );
  const lengths = (Object.keys(partWords) as Part[]).flatMap((part) =>
    durationLines(partWords[part], durations[part], longest, signs),
  );
  return [
    `${title}: ${sessions}${open === 0 ? '' : `, ${open} of them open`}`,
    ...(perDeployment === null || perDeployment.n === 0
      ? []
      : [`  deployments with a session: ${shareText(perDeployment)}`]),
    ...aligned(ends),
    ...aligned(lengths),
  ];
}

function durationLines(
  word: string,
  durations: Durations,
  longest: number,
  signs: Signs,
): readonly (readonly string[])[] {
  if (durations.n === 0) return [[word, 'n 0', '', 'not known']];
  return quantileCells(word, durations).map((cells, index) => [
    ...cells,
    barOf(durations[quantiles[index] ?? 'p50']?.value ?? 0, longest, barColumns, signs.bar),
  ]);
}

/** A row for each quantile, with its interval; the word and n stand in the first. */
const quantileCells = (word: string, durations: Durations): readonly (readonly string[])[] =>
  quantiles.map((name, index) => {
    const found = durations[name];
    return [
      index === 0 ? word : '',
      index === 0 ? `n ${durations.n}` : '',
      name,
      found === null ? 'not known' : quantileText(found),
    ];
  });

function byLines(title: string, groups: readonly Group[]): readonly string[] {
  if (groups.length === 0) return [];
  return [
    `by ${title}`,
    ...groups.flatMap(({ name, sessions, perDeployment, durations }) => [
      `  ${name === '' ? '(none)' : visibleLine(name)}: ${sessions} sessions${
        perDeployment === null || perDeployment.n === 0
          ? ''
          : `, with ${perDeployment.k} of ${perDeployment.n} deployments: ${intervalOf(perDeployment)}`
      }`,
      ...aligned(
        (Object.keys(partWords) as Part[]).flatMap((part) =>
          quantileCells(partWords[part], durations[part]).filter(() => durations[part].n > 0),
        ),
        '    ',
      ),
    ]),
    '',
  ];
}

function doraLines({
  name,
  deployments,
  perDay,
  leadTime,
  changeFailRate,
  recoveryTime,
  reworkRate,
  leftOut,
}: Dora): readonly string[] {
  const { from, notRecovered } = recoveryTime;
  const left = [
    ...(leftOut.notTold > 0
      ? [`${leftOut.notTold} sessions whose cause nobody told (walkback deploy cause)`]
      : []),
    ...(leftOut.external > 0 ? [`${leftOut.external} sessions that no change caused`] : []),
    ...(leftOut.notRecorded > 0
      ? [`${leftOut.notRecorded} sessions of deployments not on record, from the fail rate`]
      : []),
  ];
  return [
    `production, ${visibleLine(name)}`,
    ...aligned([
      [
        'deployments',
        `n ${deployments}`,
        perDay === null ? 'none on record: walkback deploy record' : `${rate(perDay)} a day`,
      ],
      ...(leadTime.p50 === null
        ? []
        : [['lead time', `n ${leadTime.n}`, `p50 ${quantileText(leadTime.p50)}`]]),
      ['change fail rate', `n ${changeFailRate.n}`, shareText(changeFailRate)],
      [
        'failed deployment recovery',
        `n ${recoveryTime.n}`,
        recoveryTime.p50 === null ? 'not known' : `p50 ${quantileText(recoveryTime.p50)}`,
      ],
      ...(recoveryTime.p80 === null ? [] : [['', '', `p80 ${quantileText(recoveryTime.p80)}`]]),
      ...(notRecovered === 0 ? [] : [['', '', `without proof of recovery: ${notRecovered}`]]),
      ['rework rate', `n ${reworkRate.n}`, shareText(reworkRate)],
    ]),
    ...(recoveryTime.n === 0
      ? []
      : [
          `  recovery counts from: first breach ${from.breach}, detection ${from.detection}, start of session ${from.session}`,
        ]),
    ...left.map((words) => `  left out: ${words}`),
    '',
  ];
}

const rate = (value: number): string => String(Number(value.toPrecision(2)));

const perCent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

const intervalOf = ({ share, low, high }: Share): string =>
  share === null ? 'not known' : `${perCent(share)} (${perCent(low)} to ${perCent(high)})`;

/** `5 of 120: 4.2 % (1.8 % to 9.4 %)` */
const shareText = (share: Share): string =>
  share.share === null ? 'not known' : `${share.k} of ${share.n}: ${intervalOf(share)}`;

/** `40 s (30 s to 1 min)`; where so few are known that a side is open, it says so. */
function quantileText({ value, low, high }: Quantile): string {
  const interval =
    low !== null && high !== null
      ? `${spanText(low)} to ${spanText(high)}`
      : low !== null
        ? `${spanText(low)} or more`
        : high !== null
          ? `up to ${spanText(high)}`
          : 'too few for an interval';
  return `${spanText(value)} (${interval})`;
}

/** Lines of cells, each column as wide as its widest cell. */
function aligned(rows: readonly (readonly string[])[], indent = '  '): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => cellWidth(row[at] ?? ''))));
  return rows.map(
    (row) =>
      `${indent}${row
        .map((cell, at) =>
          at === row.length - 1 ? cell : cell + ' '.repeat((widths[at] ?? 0) - cellWidth(cell)),
        )
        .join('  ')}`,
  );
}
