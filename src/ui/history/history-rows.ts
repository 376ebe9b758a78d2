import { timelineKinds } from '../../report/timeline.ts';
import { keymap, keyName, type Action, type KeyBinding } from '../keymap.ts';
import { titledRule } from '../kit/dialog.ts';
import { longView } from '../kit/scroll-view.ts';
import { tableRows } from '../kit/table.ts';
import { textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, recolor, row, rowWidth, span, spreadRow, type Row } from '../text/row.ts';
import { clockText, lengthText } from '../time.ts';
import { comparedHead, comparedRow, comparisonDetail } from './comparison-rows.ts';
import { tabs, type HistorySession } from './history-data.ts';
import { stepsShown, type HistoryState, type ListView, type TimelineView } from './history-state.ts';

export interface HistorySeen {
  readonly columns: number;
  readonly rows: number;
  /** What the list leaves out, or null. */
  readonly leftOut: string | null;
}

/** Rows beside those that move: head, rule, filter, rule, two of details, keys. */
const fixedRows = 7;

/** How many rows of a list are in sight. */
export const listHeight = ({ rows }: HistorySeen): number => Math.max(1, rows - 1 - fixedRows);

export const historyTooSmall = ({ columns, rows }: HistorySeen): string | null =>
  columns < 60 || rows < 16 ? 'terminal too small: 60×16 needed' : null;

/** The history as rows of the whole width, and where the cursor stands while something is searched. */
export function historyFrame(
  state: HistoryState,
  seen: HistorySeen,
  look: Look,
): { readonly rows: readonly Row[]; readonly cursor: { readonly x: number; readonly y: number } | null } {
  const { columns } = seen;
  const filter = filterRow(state, columns);
  const rule = titledRule('', '', columns, look.glyphs.rule);
  const body = listHeight(seen);
  const drawn = state.help ? helpRows(columns).slice(0, body) : bodyRows(state, body, columns, look);
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
  { view, writing }: HistoryState,
  columns: number,
): { readonly row: Row; readonly cursorAt: number | null } {
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
      return long(view.lines.length, height, (at) => {
        const line = view.lines[at] ?? '';
        return row(span(plain(line), line.startsWith(' ') ? undefined : 'title'));
      });
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

type Role = Parameters<typeof span>[1];

const cell = (text: string, columns: number, role?: Role): Row =>
  fitRow(row(span(plain(text), role)), columns);

/** Columns of the list: the runbook takes what the others leave. */
function sessionRow({ shown }: ListView, at: number, width: number): Row {
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

function eventRow({ shown }: TimelineView, at: number, width: number): Row {
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

/** What is chosen, in full, as far as two rows hold it; a message takes their place. */
function detailRows({ view, message, help }: HistoryState, columns: number): readonly Row[] {
  if (message !== null) return [row(span(` ${plain(message)}`, 'unknown'))];
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

const helpRows = (columns: number): readonly Row[] => [
  titledRule('all keys', 'any key goes back', columns, '-', 'focus'),
  ...tableRows(
    keymap
      .filter(({ contexts }) => contexts.includes('history'))
      .map(({ keys, label }) => [row(span(`  ${keys.map(keyName).join(' ')}`, 'key')), row(label)]),
    [16, columns],
    columns,
  ),
];

/** What a key does here, in this view's words; null where it does nothing. */
function hintOf(action: Action, { view, list }: HistoryState): string | null {
  switch (action) {
    case 'open':
      return view.kind === 'list' && view.shown.length > 0 ? 'timeline' : null;
    case 'compare':
      return view.kind !== 'list' || view.shown.length === 0
        ? null
        : list.marked === null
          ? 'mark to compare'
          : 'compare';
    case 'search':
      return 'search' in view ? 'search' : null;
    case 'next':
      return {
        list: 'drills, all, statistics',
        statistics: 'sessions',
        timeline: 'what about',
        comparison: 'what differs',
      }[view.kind];
    case 'next_decision':
      return view.kind === 'timeline' && view.shown.some(({ isDecision }) => isDecision)
        ? 'next decision'
        : null;
    case 'export':
      return view.kind === 'list' && view.shown.length === 0 ? null : 'export';
    case 'back':
      return 'back';
    case 'help':
      return 'all keys';
    case 'leave':
      return 'leave';
    default:
      return null;
  }
}

const hintOrder: readonly Action[] = [
  'open',
  'compare',
  'next_decision',
  'search',
  'next',
  'back',
  'leave',
  'help',
  'export',
];

/** The keys that do something now, in the order in which they are told. */
export const historyHints = (state: HistoryState): readonly (readonly [KeyBinding, string])[] =>
  hintOrder.flatMap((action) => {
    const binding = keymap.find((one) => one.action === action && one.contexts.includes('history'));
    const words = hintOf(action, state);
    return binding === undefined || words === null ? [] : [[binding, words] as const];
  });

function hintRow(state: HistoryState, columns: number): Row {
  if (state.writing !== null)
    return row(span(' Enter', 'key'), ' keep   ', span('Esc', 'key'), ' take it back');
  let spans: Row = [span(' ')];
  for (const [{ keys }, words] of historyHints(state)) {
    const next = [
      ...spans,
      ...(spans.length === 1 ? [] : [span('   ')]),
      span(keyName(keys[0]), 'key'),
      span(` ${words}`),
    ];
    if (rowWidth(next) > columns) break;
    spans = next;
  }
  return spans;
}
