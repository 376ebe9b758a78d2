import type { SessionView } from '../../machine/view.ts';
import { measuredText } from '../../report/reading-text.ts';
import type { BudgetGauge, EtaGauge, LiveView } from '../../session/client.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { row, span, type Row, type Span } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';
import { lengthText } from '../time.ts';

/** Error budgets, what the numbers say together, and how long the way back takes, for people in a hurry. */

const share = (value: number): string => measuredText(String(value), 'ratio');
const rate = (value: number | null): string =>
  value === null ? '?' : `${measuredText(String(value), null)}x`;

/** What is left of a budget as a bar: full is all of it. */
function barOf(left: number, look: Look, columns = 10): string {
  const full = Math.round(Math.min(1, Math.max(0, left)) * columns);
  const { glyphs } = look;
  return `[${(glyphs.spark.at(-1) ?? '#').repeat(full)}${glyphs.dot.repeat(columns - full)}]`;
}

const roleOf = ({ left, shortRate, code }: BudgetGauge): Role => {
  if (code !== null || left === null) return 'unknown';
  if (left === 0 || (shortRate ?? 0) >= 10) return 'bad';
  return (shortRate ?? 0) > 1 ? 'unknown' : 'good';
};

const mostLeft = ({ covered }: BudgetGauge): string => (covered !== null && covered < 0.8 ? 'at most ' : '');

const lasts = ({ lastsMs }: BudgetGauge): string => {
  if (lastsMs === null) return '';
  return lastsMs === Infinity ? 'nothing burns' : `gone in ${lengthText(lastsMs)}`;
};

function budgetSpans(budget: BudgetGauge, look: Look): readonly Span[] {
  const role = roleOf(budget);
  const { id, code, left, shortRate, costPerMinute } = budget;
  if (code !== null)
    return [span(`budget ${plain(id)} `), span(`${look.glyphs.unknown} ${plain(code)}`, role)];
  const said = [
    left === null
      ? `${look.glyphs.unknown} left`
      : `${barOf(left, look)} ${mostLeft(budget)}${share(left)} left`,
    `burns ${rate(shortRate)}`,
    lasts(budget),
    costPerMinute === null || costPerMinute === 0 ? '' : `${share(costPerMinute)} a minute`,
  ].filter((text) => text !== '');
  return [span(`budget ${plain(id)} `), span(said.join(` ${look.glyphs.dot} `), role)];
}

function etaSpans({ ms, unknown, steps, leftMs }: EtaGauge): readonly Span[] {
  const time = unknown === steps ? 'not known' : `${unknown > 0 ? 'at least ' : ''}${lengthText(ms)}`;
  const late = leftMs !== null && ms > leftMs;
  const limit =
    leftMs === null
      ? ''
      : leftMs <= 0
        ? ', customers have waited too long'
        : `, customers wait ${lengthText(leftMs)} more`;
  return [span('eta '), span(`${time}${limit}`, late ? 'bad' : unknown > 0 ? 'unknown' : 'strong')];
}

const adviceRole: Readonly<Record<string, Role>> = { rollback: 'bad', healthy: 'good' };

const adviceSpans = (advice: NonNullable<SessionView['advice']>): readonly Span[] => [
  span('numbers say '),
  span(advice.advice.toUpperCase(), adviceRole[advice.advice] ?? 'unknown'),
];

/** Pieces for one row beside the gauges, the most urgent first; none where the runbook agreed on no numbers. */
export const budgetPieces = (view: SessionView, live: LiveView, look: Look): readonly (readonly Span[])[] => [
  ...(view.advice === undefined ? [] : [adviceSpans(view.advice)]),
  ...(live.eta == null || live.eta.leftMs === null ? [] : [etaSpans(live.eta)]),
  ...(live.budgets ?? []).map((budget) => budgetSpans(budget, look)),
];

/** The same with room: why the numbers say so, the objective and what was promised, windows, and what waiting costs. */
export function budgetRows(view: SessionView, live: LiveView, look: Look, columns: number): readonly Row[] {
  const { advice, success = [] } = view;
  const said =
    advice === undefined
      ? []
      : wrapRow([span('  '), ...adviceSpans(advice), span(`: ${plain(advice.because)}`, 'dim')], columns, 4);
  const held = success.flatMap(({ id, result, detail }) =>
    wrapRow(
      row(
        span(
          `  ${look.glyphs[result]} success ${plain(id)} `,
          result === 'pass' ? 'good' : result === 'fail' ? 'bad' : 'unknown',
        ),
        span(plain(detail), 'dim'),
      ),
      columns,
      4,
    ),
  );
  const budgets = (live.budgets ?? []).flatMap((budget) => [
    ...wrapRow([span('  '), ...budgetSpans(budget, look)], columns, 4),
    ...wrapRow(row(span(`    ${promised(budget)}`, 'dim')), columns, 4),
  ]);
  const eta = live.eta == null ? [] : wrapRow([span('  '), ...etaSpans(live.eta)], columns, 4);
  return [...said, ...held, ...budgets, ...eta];
}

function promised({
  target,
  periodMs,
  owner,
  sla,
  longMs,
  shortMs,
  longRate,
  shortRate,
  code,
  detail,
}: BudgetGauge): string {
  const parts = [
    `objective ${share(target)} in ${lengthText(periodMs)}${owner === null ? '' : ` (${plain(owner)})`}`,
    ...(sla === null
      ? []
      : [
          `promised ${share(sla.target)}${sla.exclusions.length === 0 ? '' : ` but for ${plain(sla.exclusions.join(', '))}`}`,
        ]),
    code === null
      ? `${rate(longRate)} over ${lengthText(longMs)}, ${rate(shortRate)} over ${lengthText(shortMs)}`
      : plain(detail),
  ];
  return parts.join('; ');
}
