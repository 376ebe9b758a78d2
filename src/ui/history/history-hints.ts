import { keymap, keyName, type Action, type KeyBinding } from '../keymap.ts';
import { row, rowWidth, span, type Row } from '../text/row.ts';
import type { HistoryState } from './history-state.ts';

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
        list: 'lists',
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
  'next',
  'leave',
  'search',
  'export',
  'back',
  'help',
];

/** The keys that do something now, in the order in which they are told. */
export const historyHints = (state: HistoryState): readonly (readonly [KeyBinding, string])[] =>
  hintOrder.flatMap((action) => {
    const binding = keymap.find((one) => one.action === action && one.contexts.includes('history'));
    const words = hintOf(action, state);
    return binding === undefined || words === null ? [] : [[binding, words] as const];
  });

/** The keys that do something now, as far as they fit. */
export function hintRow(state: HistoryState, columns: number): Row {
  if (state.exporting !== null)
    return row(span(' Enter', 'key'), ' write it   ', span('Esc', 'key'), ' leave it');
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
