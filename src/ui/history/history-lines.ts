import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span, type Row } from '../text/row.ts';
import { clockText, lengthText } from '../time.ts';
import type { ListView, TimelineView } from './history-state.ts';

type Role = Parameters<typeof span>[1];

const cell = (text: string, columns: number, role?: Role): Row =>
  fitRow(row(span(plain(text), role)), columns);

/** A session in the list. Columns: the runbook takes what the others leave. */
export function sessionRow({ shown }: ListView, at: number, width: number): Row {
  const session = shown[at];
  if (session === undefined) return emptyRow;
  const { startedAt, service, runbook, environment, mode, ended, isOpen, tookMs, owed } = session;
  const isWide = width >= 90;
  const took = isWide && owed > 0 ? `${lengthText(tookMs)}, owes ${owed}` : lengthText(tookMs);
  const columns = { started: 16, service: isWide ? 12 : 10, where: 11, ended: 12, took: isWide ? 14 : 7 };
  const used = Object.values(columns).reduce((sum, one) => sum + one + 2, 0);
  return [
    ...cell(`${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)}`, columns.started),
    span('  '),
    ...cell(service, columns.service),
    span('  '),
    ...cell(runbook, Math.max(4, width - used), 'strong'),
    span('  '),
    ...cell(
      mode === 'DRILL' ? 'DRILL' : environment.toUpperCase(),
      columns.where,
      mode === 'LIVE' ? undefined : 'drill',
    ),
    span('  '),
    ...cell(ended, columns.ended, isOpen ? 'unknown' : undefined),
    span('  '),
    ...cell(took, columns.took, owed > 0 ? 'unknown' : 'dim'),
  ];
}

/** An event of a timeline. */
export function eventRow({ shown }: TimelineView, at: number, width: number): Row {
  const line = shown[at];
  if (line === undefined) return emptyRow;
  const { at: time, afterMs, who, what, evidence, isDecision, kind } = line;
  return fitRow(
    [
      ...fitRow(row(span(time.slice(11, 19), 'dim')), 8),
      span(' '),
      ...fitRow(row(span(`+${clockText(afterMs)}`, 'dim')), 8),
      span(' '),
      ...fitRow(row(span(kind, 'dim')), 9),
      span(' '),
      ...fitRow(row(span(plain(who))), 10),
      span(' '),
      span(plain(what), isDecision ? 'focus' : 'strong'),
      span(evidence === '' ? '' : `  ${plain(evidence)}`, 'dim'),
    ],
    width,
  );
}
