import type { ObligationView, SessionView } from '../../machine/view.ts';
import { dueText } from '../../report/next-steps.ts';
import { measuredText } from '../../report/reading-text.ts';
import { overrideText } from '../../report/standing-text.ts';
import type { Gauge } from '../../session/client.ts';
import { budgetPieces, budgetRows } from './budget.ts';
import { sparkline } from '../../report/drawn.ts';
import type { Look } from '../look.ts';
import { dueLater, owedNow } from '../state/debts.ts';
import type { Seen } from '../state/screen-state.ts';
import { commandLine } from '../text/argv.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, rowWidth, span, type Row, type Span } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';
import { clockText, lengthText, since, timeOfDay } from '../time.ts';

const rank: Readonly<Record<string, number>> = { FIRED: 0, UNKNOWN: 1, PENDING: 2, CLEARED: 3, OK: 4 };

const stateOf = ({ state, value }: Gauge): string | null => (value === null ? 'UNKNOWN' : state);

/** Worst first: fired, unknown, pending, cleared, fine. */
const sortedGauges = (gauges: readonly Gauge[]): readonly Gauge[] =>
  gauges.toSorted((left, right) => (rank[stateOf(left) ?? 'OK'] ?? 4) - (rank[stateOf(right) ?? 'OK'] ?? 4));

const roleOf = (state: string | null): Role | undefined => {
  if (state === 'FIRED') return 'bad';
  if (state === 'UNKNOWN' || state === 'PENDING') return 'unknown';
  return state === null ? undefined : 'good';
};

function gaugeSpans(gauge: Gauge, look: Look, sparkColumns: number): readonly Span[] {
  const state = stateOf(gauge);
  const value =
    gauge.value === null
      ? `${look.glyphs.unknown} ${plain(gauge.code ?? 'no data')}`
      : plain(measuredText(String(gauge.value), gauge.unit));
  const shape = sparkline(gauge.samples, sparkColumns, look.glyphs.spark, look.glyphs.gap);
  const pending =
    gauge.pending === null ? '' : ` ${clockText(gauge.pending.forMs)} of ${clockText(gauge.pending.ofMs)}`;
  // the code stands where the value is missing; a value that is not to be trusted has it behind its state
  const why = state === 'UNKNOWN' && gauge.value !== null ? ` (${plain(gauge.code ?? 'no data')})` : '';
  const blind = gauge.blind === true ? ' BLIND: investigate' : '';
  return [
    span(`${plain(gauge.id)} `),
    span(value, gauge.value === null ? 'unknown' : 'strong'),
    ...(shape === '' ? [] : [span(` ${shape}`, roleOf(state) === 'bad' ? 'bad' : 'dim')]),
    ...(state === null
      ? []
      : [span(` ${state === 'OK' ? 'ok' : state}${why}${pending}${blind}`, roleOf(state))]),
  ];
}

/** Puts pieces side by side as far as they fit; what does not is counted. */
function asManyAsFit(
  pieces: readonly (readonly Span[])[],
  columns: number,
  between: Span,
  start: readonly Span[],
): Row {
  let spans: readonly Span[] = start;
  for (const [at, piece] of pieces.entries()) {
    const left = pieces.length - at - 1;
    const next = at === 0 ? [...spans, ...piece] : [...spans, between, ...piece];
    const reserve = left === 0 ? 0 : ` +${left} more`.length + 1;
    if (rowWidth(next) + reserve > columns && at > 0) {
      return fitRow([...spans, span(`  +${pieces.length - at} more`, 'dim')], columns);
    }
    spans = next;
  }
  return fitRow(spans, columns);
}

/** What the numbers say together, what waiting costs, and the time that is needed, in one row; null without any. */
export function budgetRow(seen: Seen, look: Look, columns: number): Row | null {
  const pieces = budgetPieces(seen.view, seen.live, look);
  return pieces.length === 0 ? null : asManyAsFit(pieces, columns, span('    '), [span(' ')]);
}

/** The figures in one row. */
export const gaugeRow = (seen: Seen, look: Look, columns: number): Row =>
  asManyAsFit(
    sortedGauges(seen.live.gauges)
      .slice(0, 7)
      .map((gauge) => gaugeSpans(gauge, look, 7)),
    columns,
    span('    '),
    [span(' ')],
  );

const debtSpans = (debt: ObligationView, nowMs: number): readonly Span[] => {
  const age = since(debt.openedAt, nowMs);
  const limit = debt.ttlMs === null ? '' : `/${lengthText(debt.ttlMs)}`;
  const role: Role | undefined = debt.overdue ? 'bad' : undefined;
  const proof = debt.state === 'released' ? ', not proved yet' : '';
  return [
    span(`${plain(debt.title)} ${clockText(age)}${limit}${debt.overdue ? ' OVERDUE' : ''}${proof}`, role),
  ];
};

/** What is owed, in one row. */
export function debtsRow(seen: Seen, look: Look, columns: number): Row {
  const owed = owedNow(seen.view);
  if (owed.length === 0) return fitRow(row(span(' owed: nothing', 'dim')), columns);
  const between = span(` ${look.glyphs.dot} `, 'dim');
  return asManyAsFit(
    owed.map((debt) => debtSpans(debt, seen.nowMs)),
    columns,
    between,
    [span(' owed: ', 'unknown')],
  );
}

/** What closes a debt that no command gives back. */
function byHand({ messages = [], drift }: SessionView, { key }: ObligationView): string {
  if (messages.some(({ debt }) => debt === key)) return 'tell them, then say so: Enter shows the words';
  if (drift.some((one) => one.key === key)) return 'codify it, put it back or accept it';
  return 'no command: given back by hand';
}

/** Each debt with the command that closes it. */
export function debtRows(
  view: SessionView,
  nowMs: number,
  look: Look,
  columns: number,
  selected: number | null = null,
): readonly Row[] {
  const owed = owedNow(view);
  const rows = owed.flatMap((debt, at): readonly Row[] => {
    const isChosen = at === selected;
    const sign = isChosen ? `${look.glyphs.pointer} ` : `${look.glyphs.bullet} `;
    const head: Row = isChosen
      ? [
          span(
            sign +
              debtSpans(debt, nowMs)
                .map(({ text }) => text)
                .join(''),
            'selected',
          ),
        ]
      : [span(sign), ...debtSpans(debt, nowMs)];
    const wayBack =
      debt.release.length === 0
        ? [span(byHand(view, debt), 'dim')]
        : [span('$ ', 'key'), span(plain(commandLine(debt.release)))];
    const command = wrapRow([span('    '), ...wayBack], columns, 6);
    return [fitRow(head, columns), ...command];
  });
  const later = dueLater(view).flatMap((debt) =>
    wrapRow(
      row(
        span(`${look.glyphs.bullet} due later: ${plain(debt.title)}`, 'dim'),
        span(
          ` ${look.glyphs.dot} ${plain(debt.owner ?? 'no owner')} ${look.glyphs.dot} ${dueText(debt)}`,
          debt.overdue ? 'bad' : 'dim',
        ),
      ),
      columns,
      2,
    ),
  );
  return [...rows, ...later];
}

/** What broke in and must not be missed: one row each, and only while it lasts. */
export function alertRows(seen: Seen, look: Look, columns: number, most: number): readonly Row[] {
  const { view, live } = seen;
  const sign = look.glyphs.fail;
  const alerts: readonly Row[] = [
    ...(live.recording.ok
      ? []
      : [
          row(
            span(` ${sign} NOT RECORDING, nothing new starts: `, 'bad'),
            plain(live.recording.detail ?? ''),
          ),
        ]),
    // it stays there for as long as the session is shown
    ...view.overrides.map((used) => row(span(` ${sign} OVERRIDE `, 'bad'), plain(overrideText(used)))),
    ...view.watches
      .filter(({ breached }) => breached)
      .map(({ id, reading }) => row(span(` ${sign} WATCH ${plain(id)} `, 'bad'), plain(reading.detail))),
    ...(view.scope?.blocks === true
      ? [
          row(
            span(` ${look.glyphs.unknown} SCOPE, nothing is changed before it is settled: `, 'unknown'),
            plain(view.scope.open.join(', ')),
            span('  S opens it', 'dim'),
          ),
        ]
      : []),
    ...(view.data?.blocks ?? []).map(({ detail }) =>
      row(
        span(` ${sign} DATA, nothing more is changed: `, 'bad'),
        plain(detail),
        span('  I opens it', 'dim'),
      ),
    ),
    ...(view.window?.state === 'closed'
      ? [
          row(
            span(` ${sign} WINDOW CLOSED `, 'bad'),
            span('roll forward by default: '),
            plain(view.window.reason),
          ),
        ]
      : []),
    ...(view.calendar === null || view.calendar.state === 'quiet'
      ? []
      : [
          row(
            span(
              ` ${sign} CALENDAR ${view.calendar.state.toUpperCase()} `,
              view.calendar.state === 'forbid' ? 'bad' : 'unknown',
            ),
            // what it costs stands first: a narrow screen cuts the rest
            live.waiting == null ? '' : span(`${plain(live.waiting)}; `, 'strong'),
            plain(view.calendar.text),
          ),
        ]),
    ...view.clockJumps
      .slice(-1)
      .map(({ at, byMs }) =>
        row(
          span(` ${sign} CLOCK JUMPED `, 'unknown'),
          `by ${Math.round(byMs / 1000)} s at ${timeOfDay(at)}: deadlines did not move with it`,
        ),
      ),
  ];
  return alerts.slice(0, most).map((line) => fitRow(line, columns));
}

/** Figures, triggers, debts, decisions and notes, for the fourth panel and the third column. */
export function figureRows(seen: Seen, look: Look, columns: number): readonly Row[] {
  const { view, live } = seen;
  const spark = Math.max(7, Math.min(24, columns - 30));
  const gauges = sortedGauges(live.gauges).slice(0, 7);
  const rows: Row[] = [row(span('figures', 'title'))];
  if (gauges.length === 0) rows.push(row(span('  none in this runbook', 'dim')));
  for (const gauge of gauges) {
    rows.push(...wrapRow([span('  '), ...gaugeSpans(gauge, look, spark)], columns, 4));
    if (gauge.threshold !== null && (stateOf(gauge) !== 'OK' || gauge.setBy != null)) {
      const limit = `threshold ${gauge.op === undefined ? '' : `${gauge.op} `}${plain(measuredText(String(gauge.threshold), gauge.unit))}`;
      const who = gauge.setBy == null ? '' : `, set by ${plain(gauge.setBy)}`;
      rows.push(...wrapRow(row(span(`    ${limit}${who}`, 'dim')), columns, 4));
    }
  }
  rows.push(...budgetRows(view, live, look, columns));
  const breached = view.watches.filter((watch) => watch.breached);
  for (const { id, reading } of breached) {
    rows.push(
      ...wrapRow(
        row(span(`  ${look.glyphs.fail} watch ${plain(id)}`, 'bad'), span(` ${plain(reading.detail)}`)),
        columns,
        4,
      ),
    );
  }
  rows.push(emptyRow, row(span('owed', 'title')));
  const debts = debtRows(view, seen.nowMs, look, columns - 2);
  rows.push(
    ...(debts.length === 0
      ? [row(span('  nothing', 'dim'))]
      : debts.map((line): Row => [span('  '), ...line])),
  );
  const decisions = view.decisions.slice(-3);
  if (decisions.length > 0) {
    rows.push(emptyRow, row(span('decided', 'title')));
    for (const { at, title } of decisions)
      rows.push(...wrapRow(row(span(`  ${timeOfDay(at)} `, 'dim'), plain(title)), columns, 9));
  }
  const notes = [
    ...view.notes.map(({ at, by, text }) => ({ at, text: `${by}: ${text}` })),
    ...view.drift.map(({ at, by, what, target, disposed }) => ({
      at,
      text: `${by}: drift: ${what} (${target})${disposed === undefined ? '' : `: ${disposed.how}`}`,
    })),
  ].toSorted((left, right) => left.at.localeCompare(right.at));
  if (notes.length > 0) {
    rows.push(emptyRow, row(span('notes', 'title')));
    for (const { at, text } of notes.slice(-5))
      rows.push(...wrapRow(row(span(`  ${timeOfDay(at)} `, 'dim'), plain(text)), columns, 9));
  }
  return rows;
}
