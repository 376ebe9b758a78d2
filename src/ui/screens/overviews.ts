import type { SessionView } from '../../machine/view.ts';
import { titledRule } from '../kit/dialog.ts';
import { scrollView } from '../kit/scroll-view.ts';
import type { Look } from '../look.ts';
import { nextSteps } from '../../report/next-steps.ts';
import { dueLater, owedNow } from '../state/debts.ts';
import { selectedStep, waitsForPerson, type ScreenState, type Seen } from '../state/screen-state.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span, spreadRow, type Row } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import { clockText, epochMs, lengthText, since, timeOfDay } from '../time.ts';
import type { CardView } from './card.ts';
import { debtRows } from './figures.ts';

const outcomeWords: Readonly<Record<NonNullable<SessionView['outcome']>, string>> = {
  rolled_back: 'ROLLED BACK',
  mitigated: 'MITIGATED',
  rolled_forward: 'ROLLED FORWARD',
  not_needed: 'NOT NEEDED',
  not_possible: 'NOT POSSIBLE',
  aborted: 'ABORTED',
};

export const outcomeText = (view: SessionView): string =>
  view.outcome === null ? 'STOPPED' : outcomeWords[view.outcome];

/** The debts of this session, each with its way back; one is chosen. */
export function debtsView(
  selected: number,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const rows = debtRows(seen.view, seen.nowMs, look, columns, selected);
  const owed = owedNow(seen.view);
  const wayBack = (owed[selected]?.release.length ?? 0) > 0 ? '; r runs the way back' : '';
  const foot = owed.length === 0 ? 'Nothing is owed.' : `Enter opens what can be done${wayBack}`;
  const shown = scrollView(
    rows,
    Math.max(1, height - 2),
    columns,
    Math.max(0, selected * 2 - 2),
    look.glyphs,
  );
  return {
    blocks: [
      { id: 'debts-head', rows: [titledRule('owed', 'Esc back', columns, look.glyphs.rule, 'focus')] },
      { id: 'debts-rows', rows: shown.rows.map((line) => fitRow(line, columns)) },
      { id: 'debts-foot', rows: [fitRow(row(span(foot, 'dim')), columns)] },
    ],
    cursor: null,
  };
}

/** What an abort would go back through: done steps, newest first. */
export function undoPathView(
  top: number,
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const step = selectedStep(seen.view, state.selected);
  const done = seen.view.phases
    .flatMap((phase) =>
      phase.steps.filter(({ status }) => status === 'done').map((line) => ({ phase, line })),
    )
    .toReversed()
    .toSorted((left, right) => (epochMs(right.line.endedAt) ?? 0) - (epochMs(left.line.endedAt) ?? 0));
  const rows: readonly Row[] = [
    ...(step?.shown === null || step?.shown === undefined || step.shown.undo === ''
      ? []
      : wrapRow(row(span('this step  ', 'dim'), span(plain(step.shown.undo))), columns, 11)),
    ...done.map(({ phase, line }) =>
      spreadRow(
        row(
          span(
            line.ponr ? `${look.glyphs.noWayBack} ` : `${look.glyphs.status.undone} `,
            line.ponr ? 'bad' : 'dim',
          ),
          span(plain(line.title)),
          span(line.ponr ? '  no way back behind this' : '', 'bad'),
        ),
        row(span(plain(phase.title), 'dim')),
        columns,
      ),
    ),
  ];
  const shown = scrollView(rows, Math.max(1, height - 2), columns, top, look.glyphs);
  return {
    blocks: [
      {
        id: 'undo-head',
        rows: [titledRule('undo path, newest first', 'Esc back', columns, look.glyphs.rule, 'focus')],
      },
      { id: 'undo-rows', rows: shown.rows.map((line) => fitRow(line, columns)) },
      {
        id: 'undo-foot',
        rows: [
          fitRow(
            row(
              span('Abort through undo is in the Ctrl-C menu. Steps without an undo are passed over.', 'dim'),
            ),
            columns,
          ),
        ],
      },
    ],
    cursor: null,
  };
}

/** For someone who comes back: what was just done, what is next, what is owed. */
export function resumeView(
  mode: { readonly why: 'attached' | 'idle'; readonly before: string | null },
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const { view, nowMs } = seen;
  const step = selectedStep(view, state.selected);
  const said = (label: string, text: Row): readonly Row[] =>
    wrapRow([span(label.padEnd(12), 'dim'), ...text], columns, 12);
  const last =
    view.last === null
      ? row('nothing yet')
      : row(
          span(plain(view.last.text), 'strong'),
          span(`  ${lengthText(since(view.last.at, nowMs))} ago`, 'dim'),
        );
  const rows: readonly Row[] = [
    ...(mode.before === null ? [] : said('before', row(plain(mode.before)))),
    ...said('just done', last),
    ...said(
      'next',
      step === null
        ? row('nothing is open')
        : row(
            span(plain(step.title), 'strong'),
            span(`  ${waitsForPerson(step) ? 'waits for you' : 'goes on by itself'}`, 'dim'),
          ),
    ),
    ...said(
      'owed',
      owedNow(view).length === 0 ? row('nothing') : row(span(`${owedNow(view).length}`, 'unknown')),
    ),
    ...debtRows(view, nowMs, look, columns - 12).map((line): Row => [span(' '.repeat(12)), ...line]),
  ];
  const shown = scrollView(rows, Math.max(1, height - 3), columns, 0, look.glyphs);
  return {
    blocks: [
      {
        id: 'resume-head',
        rows: [
          titledRule(
            mode.why === 'attached' ? 'where this session stands' : 'while you were away',
            '',
            columns,
            look.glyphs.rule,
            'focus',
          ),
        ],
      },
      { id: 'resume-rows', rows: [...shown.rows.map((line) => fitRow(line, columns)), emptyRow] },
      {
        id: 'resume-foot',
        rows: [fitRow(row(span('any key goes on, and does nothing else', 'prompt')), columns)],
      },
    ],
    cursor: null,
  };
}

/** The end of a session: how it came out, what is owed, and where the record is. */
export function closeRows(seen: Seen, look: Look, columns: number): readonly Row[] {
  const { view, nowMs } = seen;
  const took = (epochMs(view.endedAt) ?? nowMs) - (epochMs(view.session.startedAt) ?? nowMs);
  const owed = owedNow(view);
  const role = view.outcome === 'rolled_back' || view.outcome === 'not_needed' ? 'good' : 'unknown';
  const steps = view.phases.flatMap((phase) => phase.steps);
  const count = (status: string): number => steps.filter((step) => step.status === status).length;
  const counted = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
  const facts = [
    `${counted(count('done'), 'step')} done`,
    `${count('skipped')} skipped`,
    counted(view.decisions.length, 'decision'),
    counted(view.notes.length, 'note'),
  ];
  return [
    row(
      span(outcomeText(view), role),
      span(`  in ${clockText(took)} of ${lengthText(view.session.runbook.objectiveMs)}`),
      span(view.endedAt === null ? '' : `, ended ${timeOfDay(view.endedAt)}`, 'dim'),
    ),
    row(span(facts.join(` ${look.glyphs.dot} `), 'dim')),
    emptyRow,
    ...(owed.length === 0
      ? [row(span(`${look.glyphs.pass} everything was given back`, 'good'))]
      : [
          ...wrapRow(
            row(
              span(
                `${owed.length} owed: the session closes when ${owed.length === 1 ? 'it is' : 'these are'} given back or carried; b, then Enter, shows how`,
                'unknown',
              ),
            ),
            columns,
          ),
          ...debtRows(view, nowMs, look, columns - 2).map((line): Row => [span('  '), ...line]),
        ]),
    ...(owed.length === 0 && dueLater(view).length > 0
      ? debtRows(view, nowMs, look, columns - 2).map((line): Row => [span('  '), ...line])
      : []),
    emptyRow,
    ...nextSteps(view, seen.draft).flatMap(({ label, command, note }) =>
      wrapRow(
        row(
          span(label.padEnd(14), 'dim'),
          span(plain(command), 'key'),
          ...(note === '' ? [] : [span(`  ${plain(note)}`, note.includes('OVERDUE') ? 'bad' : 'dim')]),
        ),
        columns,
        14,
      ),
    ),
  ];
}
