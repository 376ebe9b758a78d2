import { keyName, type KeyBinding } from '../keymap.ts';
import { titledRule } from '../kit/dialog.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import { tableRows } from '../kit/table.ts';
import { textFieldRow, type TextField } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { helpEntries, paletteEntries } from '../state/palette.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { fitRow, row, span, type Row } from '../text/row.ts';
import type { CardView } from './card.ts';

const prompt = 'search ';

function queryRow(query: TextField, columns: number): { readonly row: Row; readonly cursorAt: number } {
  const drawn = textFieldRow(query, Math.max(8, columns - prompt.length - 1), 'type to search');
  return { row: [span(prompt, 'dim'), ...drawn.row], cursorAt: prompt.length + drawn.cursorAt };
}

const bindingCells = ({ keys, label, group }: KeyBinding, now: boolean): readonly Row[] => [
  row(span(keys.map(keyName).join(' '), 'key')),
  row(span(label, now ? undefined : 'dim')),
  row(span(now ? group : `${group} · not now`, 'dim')),
];

/** Every key there is, those that do something now first. */
export function helpView(
  mode: { readonly query: TextField; readonly top: number },
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const entries = helpEntries(mode.query.value, { ...state, mode: { kind: 'session' } }, seen);
  const query = queryRow(mode.query, columns);
  const rows = tableRows(
    entries.map(({ binding, now }) => bindingCells(binding, now)),
    [16, 30, columns],
    columns,
  );
  const shown = scrollView(rows, Math.max(1, height - 2), columns, mode.top, look.glyphs);
  const none = rows.length === 0 ? [fitRow(row(span('no key does that', 'dim')), columns)] : [];
  return {
    blocks: [
      {
        id: 'help-head',
        rows: [
          titledRule('all keys', 'Esc back', columns, look.glyphs.rule, 'focus'),
          fitRow(query.row, columns),
        ],
      },
      { id: 'help-rows', rows: [...shown.rows, ...none] },
    ],
    cursor: { x: query.cursorAt, y: 1 },
  };
}

/** What can be done now, to be found by its name. */
export function paletteView(
  mode: { readonly query: TextField; readonly selected: number },
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const entries = paletteEntries(mode.query.value, { ...state, mode: { kind: 'session' } }, seen);
  const query = queryRow(mode.query, columns);
  const rows = tableRows(
    entries.map((binding, at) => {
      const cells = bindingCells(binding, true);
      const chosen = at === mode.selected;
      return [
        row(span(chosen ? look.glyphs.pointer : ' ', 'focus')),
        row(span(binding.label, chosen ? 'selected' : undefined)),
        cells[0] ?? [],
        cells[2] ?? [],
      ];
    }),
    [2, 30, 12, columns],
    columns,
  );
  const room = Math.max(1, height - 2);
  const shown = scrollView(rows, room, columns, centredTop(mode.selected, rows.length, room), look.glyphs);
  const none =
    rows.length === 0 ? [fitRow(row(span('nothing like that can be done now', 'dim')), columns)] : [];
  return {
    blocks: [
      {
        id: 'palette-head',
        rows: [
          titledRule('what to do', 'Enter opens · Esc back', columns, look.glyphs.rule, 'focus'),
          fitRow(query.row, columns),
        ],
      },
      { id: 'palette-rows', rows: [...shown.rows, ...none] },
    ],
    cursor: { x: query.cursorAt, y: 1 },
  };
}
