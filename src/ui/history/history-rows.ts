import { timelineKinds } from '../../report/timeline-kinds.ts';
import { keymap, keyName, type KeyBinding } from '../keymap.ts';
import { titledRule } from '../kit/dialog.ts';
import type { RowsFrame, ScreenSize } from '../kit/frame.ts';
import { longView, scrollView } from '../kit/scroll-view.ts';
import { tableRows } from '../kit/table.ts';
import { textFieldRow } from '../kit/text-field.ts';
import { exportEndings } from '../exported.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, recolor, row, span, spreadRow, type Row } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import { comparedHead, comparedRow, comparisonDetail } from './comparison-rows.ts';
import { tabs, type HistorySession } from './history-data.ts';
import { hintRow } from './history-hints.ts';
import { eventRow, sessionRow } from './history-lines.ts';
import { stepsShown, type HistoryState } from './history-state.ts';

export interface HistorySeen extends ScreenSize {
  /** What the list leaves out, or null. */
  readonly leftOut: string | null;
}

/** Rows beside those that move: head, rule, filter, rule, two of details, keys. */
const fixedRows = 7;

/** How many rows of a list are in sight. */
export const listHeight = ({ rows }: HistorySeen): number => Math.max(1, rows - 1 - fixedRows);

/** The history as rows of the whole width, and where the cursor stands while something is searched. */
export function historyFrame(state: HistoryState, seen: HistorySeen, look: Look): RowsFrame {
  const { columns } = seen;
  const filter = filterRow(state, columns);
  const rule = titledRule('', '', columns, look.glyphs.rule);
  const body = listHeight(seen);
  const drawn = state.help
    ? helpRows(columns, body, look.glyphs.rule).slice(0, body)
    : bodyRows(state, body, columns, look);
  const filled = [...drawn, ...Array.from({ length: Math.max(0, body - drawn.length) }, () => emptyRow)];
  const details = detailRows(state, columns).slice(0, 2);
  return {
    rows: [
      headRow(state, seen),
      rule,
      filter.row,
      ...filled,
      rule,
      ...details,
      ...Array.from({ length: 2 - details.length }, () => emptyRow),
      hintRow(state, columns),
    ].map((line) => fitRow(line, columns)),
    cursor: filter.cursorAt === null ? null : { x: filter.cursorAt, y: 2 },
  };
}

function headRow({ view, list, sessions }: HistoryState, { columns, leftOut }: HistorySeen): Row {
  const left = row(span(' walkback', 'title'), span('  history', 'dim'));
  switch (view.kind) {
    case 'list':
      return spreadRow(
        left,
        row(
          span(
            `${list.shown.length} of ${sessions.length} sessions${leftOut === null ? '' : `, ${leftOut}`} `,
          ),
        ),
        columns,
      );
    case 'timeline':
      return spreadRow(
        row(...left, span(`  ${plain(view.session.title)}`, 'strong')),
        row(span(`${view.shown.length} of ${view.lines.length} events `)),
        columns,
      );
    case 'statistics':
      return spreadRow(
        row(...left, span('  statistics', 'strong')),
        row(span('walkback stats ', 'dim')),
        columns,
      );
    case 'comparison': {
      const differ = view.compared.steps.filter((step) => step.differs).length;
      return spreadRow(
        row(...left, span('  two sessions side by side', 'strong')),
        row(span(`${differ} of ${view.compared.steps.length} steps differ `)),
        columns,
      );
    }
  }
}

/** What is shown of it, and the words that are searched for. */
function filterRow(
  { view, writing, exporting }: HistoryState,
  columns: number,
): { readonly row: Row; readonly cursorAt: number | null } {
  if (exporting !== null) {
    const label = ' write to ';
    const field = textFieldRow(
      exporting.path,
      Math.max(8, columns - label.length - 1),
      'the name of a new file',
    );
    return { row: row(span(label, 'dim'), ...field.row), cursorAt: label.length + field.cursorAt };
  }
  if (view.kind === 'comparison') {
    const words = ['all steps', 'those that differ'];
    return { row: choiceRow(words, view.onlyDifferent ? 1 : 0), cursorAt: null };
  }
  if (view.kind === 'statistics') return { row: choiceRow(tabs, tabs.indexOf('statistics')), cursorAt: null };
  if (writing !== null) {
    const label = ' search ';
    const field = textFieldRow(writing, Math.max(8, columns - label.length - 1), 'words, all of them');
    return { row: row(span(label, 'dim'), ...field.row), cursorAt: label.length + field.cursorAt };
  }
  const choices =
    view.kind === 'list'
      ? choiceRow(tabs, tabs.indexOf(view.tab))
      : choiceRow(['all', ...timelineKinds], view.about === null ? 0 : timelineKinds.indexOf(view.about) + 1);
  const search = view.search === '' ? [] : [span(`  / ${plain(view.search)}`, 'match')];
  return { row: [...choices, ...search], cursorAt: null };
}

const choiceRow = (words: readonly string[], chosen: number): Row =>
  row(
    span(' '),
    ...words.map((word, at) =>
      span(at === chosen ? `[${word}] ` : ` ${word}  `, at === chosen ? 'focus' : 'dim'),
    ),
  );

function bodyRows(state: HistoryState, height: number, columns: number, look: Look): readonly Row[] {
  const { view } = state;
  const pointed = (at: number, line: Row): Row => {
    const isChosen = at === view.selected;
    const isMarked = view.kind === 'list' && view.marked !== null && view.shown[at]?.id === view.marked;
    const sign = `${isMarked ? '=' : ' '}${isChosen ? look.glyphs.pointer : ' '} `;
    return isChosen ? [span(sign, 'focus'), ...recolor(line, 'selected')] : [span(sign, 'focus'), ...line];
  };
  const long = (length: number, room: number, draw: (at: number) => Row): readonly Row[] =>
    longView(length, view.selected, room, columns, (at) => pointed(at, draw(at)), look.glyphs);
  switch (view.kind) {
    case 'list':
      if (view.shown.length === 0)
        return [
          row(
            span(
              state.sessions.length === 0 ? '   no session yet' : '   none: Esc takes the search back',
              'dim',
            ),
          ),
        ];
      return long(view.shown.length, height, (at) => sessionRow(view, at, columns - 3));
    case 'timeline':
      if (view.shown.length === 0) return [row(span('   none: Esc takes the search back', 'dim'))];
      return long(view.shown.length, height, (at) => eventRow(view, at, columns - 3));
    case 'statistics':
      return scrollView(
        view.lines.map((line) => row(span(` ${plain(line)}`, /^\S/.test(line) ? 'title' : undefined))),
        height,
        columns,
        view.selected,
        look.glyphs,
      ).rows;
    case 'comparison': {
      const head = comparedHead(view.compared, columns, height);
      const steps = stepsShown(view);
      if (steps.length === 0)
        return [...head, row(span('   no step ended in another way: Tab shows all of them', 'dim'))];
      const most = Math.max(
        0,
        ...view.compared.steps.flatMap(({ left, right }) => [left?.ms ?? 0, right?.ms ?? 0]),
      );
      return [
        ...head,
        ...long(steps.length, Math.max(1, height - head.length), (at) => {
          const step = steps[at];
          return step === undefined ? emptyRow : comparedRow(step, most, columns - 3, look);
        }),
      ];
    }
  }
}

/** What is chosen, in full, as far as two rows hold it; a message takes their place. */
function detailRows({ view, message, help, exporting }: HistoryState, columns: number): readonly Row[] {
  // a path is never cut
  if (message !== null) return wrapRow(row(span(` ${plain(message)}`, 'unknown')), columns, 1);
  if (exporting !== null)
    return wrapRow(
      row(span(` the ending says what it is: ${exportEndings[exporting.what.kind]}`, 'dim')),
      columns,
      1,
    );
  if (help) return [];
  switch (view.kind) {
    case 'list':
      return listDetails(view.shown[view.selected], view.marked);
    case 'timeline': {
      const line = view.shown[view.selected];
      if (line === undefined) return [];
      return [
        fitRow(
          row(span(` #${line.seq} ${line.at} ${plain(line.who)}: `, 'dim'), span(plain(line.what), 'strong')),
          columns,
        ),
        row(span(` ${plain(line.evidence)}`)),
      ];
    }
    case 'statistics':
      return [row(span(' n is how many it was counted from; drills are counted apart', 'dim'))];
    case 'comparison': {
      const step = stepsShown(view)[view.selected];
      return step === undefined ? [] : comparisonDetail(step);
    }
  }
}

function listDetails(session: HistorySession | undefined, marked: string | null): readonly Row[] {
  if (session === undefined) return [];
  const { id, title, operator, owed } = session;
  return [
    row(span(` ${plain(id)}`, 'key'), span(`  ${plain(title)}`, 'strong')),
    row(
      span(` by ${plain(operator)}${owed === 0 ? '' : `, owes ${owed}`}`, 'dim'),
      span(marked === null || marked === id ? '' : `   = compares it with ${plain(marked)}`, 'focus'),
    ),
  ];
}

/** Every key of the history; in two columns where one does not hold them. */
function helpRows(columns: number, height: number, rule: string): readonly Row[] {
  const bindings = keymap.filter(({ contexts }) => contexts.includes('history'));
  const half = bindings.length < height ? bindings.length : Math.ceil(bindings.length / 2);
  const width = half === bindings.length ? columns : Math.floor(columns / 2);
  const column = (own: readonly KeyBinding[]): readonly Row[] =>
    tableRows(
      own.map(({ keys, label }) => [row(span(`  ${keys.map(keyName).join(' ')}`, 'key')), row(label)]),
      [14, width],
      width,
    );
  const [left, right] = [column(bindings.slice(0, half)), column(bindings.slice(half))];
  return [
    titledRule('all keys', 'any key goes back', columns, rule, 'focus'),
    ...left.map((line, at) => [...line, ...(right[at] ?? emptyRow)]),
  ];
}
