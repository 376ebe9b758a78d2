import type { CurrentStep } from '../../machine/view.ts';
import { statusRole, statusWord } from '../glyphs.ts';
import { spinner } from '../kit/spinner.ts';
import type { Look } from '../look.ts';
import type { Seen } from '../state/screen-state.ts';
import { shownCommand } from '../text/argv.ts';
import { markdownRows } from '../text/markdown.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, row, rowWidth, span, spreadRow, type Row } from '../text/row.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';
import { clockText, lengthText, since } from '../time.ts';
import { readingRows } from './readings.ts';

const labelWidth = 10;

/** `label     value`, the value wrapped below itself. */
const labelled = (label: string, value: Row, columns: number, role: Role = 'dim'): readonly Row[] =>
  wrapRow([span(`  ${label.padEnd(labelWidth - 2)}`, role), ...value], columns, labelWidth);

/** The exact command, never cut: long ones go on in the next row. */
export function commandRows(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const shown = step.shown;
  if (shown?.argv === null || shown?.argv === undefined) return [];
  const lines = shownCommand(shown.argv);
  const rows = lines.flatMap((line, at) =>
    hardWrapRow([span(line, 'strong')], columns - 4).map((part, piece): Row => [
      span(at === 0 && piece === 0 ? '  $ ' : '    ', 'key'),
      ...part,
    ]),
  );
  const where = row(
    span(`on ${plain(shown.where)} ${look.glyphs.dot} at most ${lengthText(shown.timeoutMs)}`, 'dim'),
  );
  const variables = Object.entries(shown.env).flatMap(([name, value]) =>
    labelled('with', row(`${plain(name)}=${plain(value)}`), columns),
  );
  const only = rows[0];
  if (rows.length === 1 && only !== undefined && rowWidth(only) + rowWidth(where) + 4 <= columns) {
    return [spreadRow(only, where, columns), ...variables];
  }
  return [...rows, [span('    '), ...where], ...variables];
}

/** What must be read before a yes: the way back, or that there is none. */
export function wayBackRows(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const shown = step.shown;
  if (shown === null) return [];
  if (shown.ponr !== null) {
    const mark = `  ${look.glyphs.noWayBack} NO WAY BACK`;
    return wrapRow([span(mark, 'danger'), span('  '), span(plain(shown.ponr.lost), 'bad')], columns, 4);
  }
  return shown.undo === '' ? [] : labelled('undo', row(plain(shown.undo)), columns);
}

function targetRows(step: CurrentStep, seen: Seen, look: Look, columns: number): readonly Row[] {
  const shown = step.shown;
  if (shown === null || shown.target === '') return [];
  const { preview } = seen.live;
  if (preview === null || preview.attempt !== step.attempt)
    return labelled('target', row(span(plain(shown.target), 'strong')), columns);
  const role = preview.result === 'pass' ? 'good' : preview.result === 'fail' ? 'bad' : 'unknown';
  const age = lengthText(since(preview.at, seen.nowMs));
  return labelled(
    'target',
    row(
      span(plain(shown.target), 'strong'),
      span('  '),
      span(`${look.glyphs[preview.result]} guard ${preview.result}`, role),
      span(`, ${age} ago; read again at run`, 'dim'),
      span(preview.detail === '' || preview.result === 'pass' ? '' : `: ${plain(preview.detail)}`),
    ),
    columns,
  );
}

/** Elapsed, timeout and the usual time; past ten seconds what is left of it. Nothing spins without saying so. */
export function progressRow(step: CurrentStep, seen: Seen, look: Look): Row | null {
  if (step.status !== 'performing' && step.status !== 'verifying' && step.status !== 'guarding') return null;
  const elapsed = since(step.startedAt ?? step.since, seen.nowMs);
  const parts = [`${spinner(elapsed, look.glyphs.spinner)} ${statusWord[step.status]} ${clockText(elapsed)}`];
  const timeout = step.shown?.timeoutMs ?? 0;
  if (timeout > 0) parts.push(`of at most ${lengthText(timeout)}`);
  const { usual } = seen.live;
  if (usual !== null && usual.count > 0) {
    const left = usual.p80Ms - elapsed;
    if (elapsed <= 10_000)
      parts.push(
        `${look.glyphs.dot} usually ${lengthText(usual.p50Ms)}, 4 of 5 within ${lengthText(usual.p80Ms)} (${usual.count} runs)`,
      );
    else if (left >= 0)
      parts.push(`${look.glyphs.dot} 4 of 5 runs are done in ${lengthText(left)} or less from now`);
    else parts.push(`${look.glyphs.dot} LONGER than 4 of 5 of ${usual.count} runs, by ${lengthText(-left)}`);
  }
  return row(span('  '), span(parts.join(' '), 'running'));
}

const phaseLine = (step: CurrentStep, seen: Seen, look: Look, columns: number): Row => {
  const way = step.way === 'forward' ? '' : step.way === 'undo' ? ' · UNDO' : ' · GIVING BACK';
  const others = seen.view.current.length > 1 ? ` · ${seen.view.current.length} steps at once: [ ]` : '';
  const again = step.attemptNumber > 1 ? ` · attempt ${step.attemptNumber}` : '';
  return spreadRow(
    row(
      span(`${plain(step.phase.title)} ${look.glyphs.dot} step ${step.number} of ${step.of}`, 'dim'),
      span(way, 'unknown'),
      span(again, 'unknown'),
      span(others, 'running'),
    ),
    row(span(plain(step.place.step), 'dim')),
    columns,
  );
};

/** The step on the screen: before a person says run, all that they must have read; while it runs, how far it is. */
export function stepRows(step: CurrentStep, seen: Seen, look: Look, columns: number): readonly Row[] {
  const shown = step.shown;
  const progress = progressRow(step, seen, look);
  const item =
    step.item === null
      ? []
      : labelled(
          'item',
          row(plain(typeof step.item === 'string' ? step.item : JSON.stringify(step.item))),
          columns,
        );
  const problem =
    step.problem === null
      ? []
      : wrapRow(
          row(
            span(`  ${look.glyphs.status[step.status]} ${statusWord[step.status]}`, statusRole[step.status]),
            span(`  ${plain(step.problem.code)}: ${plain(step.problem.detail)}`),
          ),
          columns,
          4,
        );
  const rows: Row[] = [phaseLine(step, seen, look, columns), row(span(plain(step.title), 'title'))];
  if (progress !== null) rows.push(progress);
  rows.push(...problem);
  if (step.probe !== null) rows.push(...readingRows([step.probe], look, columns));
  if (shown === null) return [...rows, ...item];
  rows.push(emptyRow, ...commandRows(step, look, columns), ...targetRows(step, seen, look, columns), ...item);
  if (shown.debt !== null) rows.push(...labelled('pays', row(plain(shown.debt)), columns));
  if (shown.good !== '') rows.push(...labelled('good', row(plain(shown.good)), columns));
  if (shown.leads !== '')
    rows.push(...labelled('if it fails', row(` ${look.glyphs.arrow} ${plain(shown.leads)}`), columns));
  rows.push(...wayBackRows(step, look, columns));
  const evidence = Object.entries(step.evidence);
  if (evidence.length > 0) {
    rows.push(
      ...labelled(
        'evidence',
        row(evidence.map(([id, need]) => `${plain(id)} (${need})`).join(', ')),
        columns,
      ),
    );
  }
  if (step.readings.length > 0)
    rows.push(
      emptyRow,
      ...readingRows(step.readings, look, columns - 2).map((line): Row => [span('  '), ...line]),
    );
  if (shown.body !== null && shown.body !== '') rows.push(emptyRow, ...prose(shown.body, columns, look));
  if (shown.warn !== null)
    rows.push(
      emptyRow,
      ...wrapRow(
        row(span(`  ${look.glyphs.noWayBack} `, 'unknown'), span(plain(shown.warn), 'unknown')),
        columns,
        4,
      ),
    );
  if (shown.why !== null) rows.push(emptyRow, ...prose(shown.why, columns, look));
  return rows;
}

/** An author's text, set in by two columns. */
export const prose = (text: string, columns: number, look: Look): readonly Row[] =>
  markdownRows(text, columns - 2, look.glyphs.bullet).map((line): Row => [span('  '), ...line]);
