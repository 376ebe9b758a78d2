import type { CurrentStep, SessionView, SmokeView } from '../../machine/view.ts';
import { faultText, smokeWays, type SmokeCell, type SmokeOnWay } from '../../report/smoke-text.ts';
import { resultRole } from '../glyphs.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { row, span, type Row, type Span } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';

/** Ways that are drawn where all is well; those that are not well are always drawn. */
const drawnWays = 6;
/** Runs that are drawn of each test. */
const drawnRuns = 5;

/** The smoke test that a step ran. */
export function smokeAt(view: SessionView, step: CurrentStep): SmokeView | null {
  return view.smokes?.find(({ attempt }) => attempt === step.attempt) ?? null;
}

/** A row a way with a sign a run, and what is wrong below the way where it is. */
export function smokeRows(smoke: SmokeView | null, look: Look, columns: number): readonly Row[] {
  if (smoke === null) return [];
  const { final, rounds, stable } = smoke;
  // what stands in the way comes first: below it the screen may end
  const ways = smokeWays(smoke).toSorted((one, other) => rank(one) - rank(other));
  const good = ways.filter((way) => rank(way) === allGood);
  const shown = ways.slice(0, ways.length - good.length + Math.min(good.length, drawnWays));
  const hidden = ways.length - shown.length;
  const width = Math.max(...ways.map(({ name }) => plain(name).length));
  const head = row(
    span(`  ${look.glyphs[smoke.result]} smoke test ${smoke.result.toUpperCase()}`, resultRole[smoke.result]),
    span(final ? '' : ` so far, round ${rounds}`),
    span(` ${look.glyphs.dot} good is ${stable} in a row`, 'dim'),
  );
  return [
    ...wrapRow(head, columns, 4),
    ...shown.flatMap((way) => wayRows(way, Math.min(width, 24), look, columns)),
    ...(hidden === 0 ? [] : [row(span(`    ${hidden} more: every test passed`, 'dim'))]),
  ];
}

const allGood = 3;

/** Failed, unknown, only what is not critical, good. */
function rank({ cells, result }: SmokeOnWay): number {
  if (result !== 'pass') return result === 'fail' ? 0 : 1;
  return cells.every((cell) => cell.result === 'pass') ? allGood : 2;
}

function wayRows(
  { name, cells, result }: SmokeOnWay,
  width: number,
  look: Look,
  columns: number,
): readonly Row[] {
  const line = row(
    span('    '),
    span(plain(name).slice(0, width).padEnd(width), result === 'pass' ? undefined : 'strong'),
    ...cells.flatMap((cell) => cellSpans(cell, look)),
  );
  const faults = cells.flatMap((cell) => {
    const fault = faultText(cell);
    if (fault === '') return [];
    const critical = cell.critical ? '' : ' (not critical)';
    const said = row(
      span(`      ${cell.test}${critical}: `, resultRole[cell.result]),
      span(`${cell.code === 'unstable' ? 'unstable, ' : ''}${plain(fault)}`, 'dim'),
    );
    return wrapRow(said, columns, 8);
  });
  return [...wrapRow(line, columns, 6), ...faults];
}

function cellSpans({ test, runs, result }: SmokeCell, look: Look): readonly Span[] {
  return [
    span(`  ${plain(test)} `, result === 'pass' ? 'dim' : undefined),
    ...runs.slice(-drawnRuns).map((run) => span(look.glyphs[run], resultRole[run])),
  ];
}
