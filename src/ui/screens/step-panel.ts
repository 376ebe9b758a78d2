import type { CurrentStep } from '../../machine/view.ts';
import { statusRole, statusWord } from '../glyphs.ts';
import { spinner } from '../kit/spinner.ts';
import type { Look } from '../look.ts';
import { asksPerson, type Seen } from '../state/screen-state.ts';
import { handPlaceOf, shownCommand } from '../text/argv.ts';
import { markdownRows } from '../text/markdown.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, row, rowWidth, span, spreadRow, type Row } from '../text/row.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import type { Role } from '../theme.ts';
import { observationText } from '../../report/evidence-text.ts';
import { clockText, epochMs, lengthText, since } from '../time.ts';
import { comparisonAt, comparisonRows } from './comparison-rows.ts';
import { smokeAt, smokeRows } from './smoke-rows.ts';
import { readingRows } from './readings.ts';

const labelWidth = 10;

/** `label     value`, the value wrapped below itself. */
const labelled = (label: string, value: Row, columns: number, role: Role = 'dim'): readonly Row[] =>
  wrapRow([span(`  ${label.padEnd(labelWidth - 3)} `, role), ...value], columns, labelWidth);

/** The exact command, never cut: long ones go on in the next row. */
export function commandRows(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const shown = step.shown;
  if (shown === null) return [];
  if (shown.argv === null) {
    const hand = handPlaceOf(shown);
    return hand === null
      ? []
      : [row(span(`  by hand, in the ${plain(hand)} ${look.glyphs.dot} c copies the text`, 'dim'))];
  }
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
      span(`, ${age} ago`, 'dim'),
      span(preview.detail === '' || preview.result === 'pass' ? '' : `: ${plain(preview.detail)}`),
    ),
    columns,
  );
}

/** Elapsed, timeout and the usual time; past ten seconds what is left of it. Nothing spins without saying so. */
function progressRows(step: CurrentStep, seen: Seen, look: Look, columns: number): readonly Row[] {
  if (step.status !== 'performing' && step.status !== 'verifying' && step.status !== 'guarding') return [];
  const elapsed = since(step.startedAt ?? step.since, seen.nowMs);
  if (asksPerson(step)) return [row(span(`  waits for an answer, ${clockText(elapsed)} so far`, 'prompt'))];
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
  return wrapRow(row(span('  '), span(parts.join(' '), 'running')), columns, 4);
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
    // the way back has no id that a runbook knows
    row(span(step.place.step.startsWith('@') ? '' : plain(step.place.step), 'dim')),
    columns,
  );
};

/** How the attempt before ended, while this one is under way or asked about. */
function beforeRows({ before, problem }: CurrentStep, columns: number): readonly Row[] {
  if (before === undefined || problem !== null) return [];
  const text = `  attempt ${before.attempt} did not pass: ${plain(before.detail)} (${plain(before.code)})`;
  return wrapRow(row(span(text, 'unknown')), columns, 4);
}

/** A retry that comes by itself says when: nobody has to wonder whether something waits for them. */
function retryRows({ retry }: CurrentStep, nowMs: number, columns: number): readonly Row[] {
  if (retry === undefined) return [];
  const left = Math.max(0, (epochMs(retry.at) ?? nowMs) - nowMs);
  const text = `  tried again by itself in ${clockText(left)} (${retry.number} of ${retry.of})`;
  return wrapRow(row(span(text, 'running')), columns, 4);
}

function problemRows(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const probe = step.probe === null ? [] : readingRows([step.probe], look, columns);
  if (step.problem === null) return probe;
  const head = span(
    `  ${look.glyphs.status[step.status]} ${statusWord[step.status]}`,
    statusRole[step.status],
  );
  const said = span(`  ${plain(step.problem.code)}: ${plain(step.problem.detail)}`);
  return [...wrapRow(row(head, said), columns, 4), ...probe];
}

/** A first change that waits until the numbers were watched for long enough says so before anybody presses run. */
function watchFirstRows(step: CurrentStep, { view, nowMs }: Seen, columns: number): readonly Row[] {
  if (step.status !== 'ready' || !step.offers.some(({ intent }) => intent === 'run')) return [];
  const text = observationText(view, (until) => (epochMs(until) ?? nowMs) - nowMs);
  return text === null ? [] : wrapRow(row(span(`  ${plain(text)}`, 'unknown')), columns, 4);
}

/** What is good, where a failure leads, and what else belongs to this step. */
function outlookRows(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const { shown } = step;
  if (shown === null) return [];
  const evidence = Object.entries(step.evidence).map(([id, need]) => `${plain(id)} (${need})`);
  return [
    ...(shown.debt === null ? [] : labelled('pays', row(plain(shown.debt)), columns)),
    ...(shown.good === '' ? [] : labelled('good', row(plain(shown.good)), columns)),
    ...(shown.leads === ''
      ? []
      : labelled('if it fails', row(` ${look.glyphs.arrow} ${plain(shown.leads)}`), columns)),
    ...(evidence.length === 0 ? [] : labelled('evidence', row(evidence.join(', ')), columns)),
  ];
}

/** An item of `each` by what a person calls it: its name, its id, its text; only what has none of them is shown whole. */
function itemText(item: CurrentStep['item']): string {
  if (typeof item === 'string') return item;
  const named = typeof item === 'object' && item !== null ? (item as Readonly<Record<string, unknown>>) : {};
  const name = named['name'] ?? named['id'] ?? named['text'];
  return typeof name === 'string' || typeof name === 'number' ? String(name) : JSON.stringify(item);
}

/**
 * The step on the screen: before a person says run, all that they must have read; while it runs, how far it is. Where
 * `height` is short, blank rows go first, and what cannot be undone stands above what is good.
 */
export function stepRows(
  step: CurrentStep,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): readonly Row[] {
  const { shown } = step;
  const item = step.item === null ? [] : labelled('item', row(plain(itemText(step.item))), columns);
  const head: readonly Row[] = [
    phaseLine(step, seen, look, columns),
    ...wrapRow(row(span(plain(step.title), 'title')), columns),
    ...progressRows(step, seen, look, columns),
    ...beforeRows(step, columns),
    ...problemRows(step, look, columns),
    ...retryRows(step, seen.nowMs, columns),
    ...watchFirstRows(step, seen, columns),
  ];
  if (shown === null) return [...head, ...item];
  const command = [...commandRows(step, look, columns), ...targetRows(step, seen, look, columns), ...item];
  const wayBack = wayBackRows(step, look, columns);
  const outlook = outlookRows(step, look, columns);
  const compared = comparisonRows(comparisonAt(seen.view, step), look, columns);
  const smoked = smokeRows(smokeAt(seen.view, step), look, columns);
  // what was compared or tried is drawn: its readings would say the same again
  const isDrawn = (step.kind === 'compare' && compared.length > 0) || smoked.length > 0;
  const read = isDrawn ? [] : step.readings;
  const readings = readingRows(read, look, columns - 2).map((line): Row => [span('  '), ...line]);
  const said = shown.body === null || shown.body.trim() === step.title.trim() ? '' : shown.body;
  const body = said === '' ? [] : prose(said, columns, look);
  const warn =
    shown.warn === null
      ? []
      : wrapRow(
          row(span(`  ${look.glyphs.noWayBack} `, 'unknown'), span(plain(shown.warn), 'unknown')),
          columns,
          4,
        );
  const why = shown.why === null ? [] : prose(shown.why, columns, look);
  const sections = [
    head,
    body,
    compared,
    smoked,
    [...command, ...outlook, ...wayBack],
    readings,
    warn,
    why,
  ].filter(({ length }) => length > 0);
  const spaced = sections.flatMap((section, at) => (at === 0 ? section : [emptyRow, ...section]));
  if (spaced.length <= height) return spaced;
  return [
    ...head,
    ...body,
    ...compared,
    ...smoked,
    ...command,
    ...wayBack,
    ...warn,
    ...outlook,
    ...readings,
    ...why,
  ];
}

/** An author's text, set in by two columns. */
export const prose = (text: string, columns: number, look: Look): readonly Row[] =>
  markdownRows(text, columns - 2, look.glyphs.bullet).map((line): Row => [span('  '), ...line]);
