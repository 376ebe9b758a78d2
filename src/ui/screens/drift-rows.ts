import type { DriftView } from '../../machine/view.ts';
import { plain, plainLines } from '../text/plain.ts';
import { row, span, type Row } from '../text/row.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';

/** A change by hand: who, why, how, and line by line what differs. */
export function driftRows(drift: DriftView, columns: number): readonly Row[] {
  const told: readonly (readonly [string, string | undefined])[] = [
    [drift.patch === undefined ? 'told by' : 'found by', drift.by],
    ['why', drift.why],
    ['typed', drift.command],
    ['seen in', drift.evidence],
  ];
  return [
    ...told.flatMap(([label, text]) =>
      text === undefined ? [] : wrapRow(row(span(`${label}  `, 'dim'), plain(text)), columns, 2),
    ),
    ...plainLines((drift.patch ?? '').trimEnd()).flatMap((line) =>
      hardWrapRow([span(line, roleOf(line))], columns - 2).map((part): Row => [span('  '), ...part]),
    ),
  ];
}

function roleOf(line: string): Role | undefined {
  if (/^(?:diff |--- |\+\+\+ |@@)/.test(line)) return 'dim';
  return line.startsWith('+') ? 'good' : line.startsWith('-') ? 'bad' : undefined;
}
