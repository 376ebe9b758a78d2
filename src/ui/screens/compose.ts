import type { OutputFeed } from '../../session/client.ts';
import { titledRule } from '../kit/dialog.ts';
import { tooSmall } from '../kit/frame.ts';
import type { CursorPlace } from '../kit/frame.ts';
import { textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import type { Panel, ScreenState, Seen } from '../state/screen-state.ts';
import { focusedPanel, tabsBelow } from '../state/session-actions.ts';
import { emptyRow, fitRow, row, span } from '../text/row.ts';
import type { Row } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Block, CardView } from './card.ts';
import { formView } from './card-form.ts';
import { menuView } from './card-menu.ts';
import { alertRows, budgetRow, debtsRow, gaugeRow } from './figures.ts';
import { helpView, paletteView } from './finders.ts';
import { footerRow } from './footer.ts';
import { headerRows } from './header.ts';
import { debtsView, resumeView, undoPathView } from './overviews.ts';
import { scopeView } from './scope-view.ts';
import type { Place, Panes } from './panes.ts';
import { onePane, figuresPane, mainPane, planPane, blanks, filled } from './panes.ts';

const threeColumns = 160;

export interface ColumnView {
  readonly width: number;
  readonly blocks: readonly Block[];
}

/** One whole frame: rows already as wide as their place, and what the next key needs to know of it. */
export interface Frame {
  readonly columns: number;
  readonly height: number;
  readonly tooSmall: string | null;
  /** Another number makes Ink draw everything anew. */
  readonly generation: number;
  readonly top: readonly Row[];
  readonly body: readonly ColumnView[];
  readonly bodyHeight: number;
  readonly bottom: readonly Block[];
  readonly cursor: CursorPlace | null;
  readonly heights: Readonly<Record<Panel, number>>;
  readonly scroll: Readonly<Record<Panel, number>>;
  /** How far the text of an open card is scrolled; null without one. */
  readonly leadTop: number | null;
}

const tabNames = ['plan', 'step', 'output', 'figures'] as const;

function tabsRow(panel: Panel, seen: Seen, look: Look): Row {
  const tabs = tabNames.flatMap((name, at) => {
    const chosen = at + 1 === panel;
    const text = chosen ? `[${at + 1} ${name}]` : ` ${at + 1} ${name} `;
    return [span(text, chosen ? 'selected' : 'dim'), span(look.glyphs.rule, 'border')];
  });
  const used = tabs.reduce((sum, { text }) => sum + text.length, 0);
  return fitRow(
    [
      span(look.glyphs.rule, 'border'),
      ...tabs,
      span(look.glyphs.rule.repeat(Math.max(0, seen.columns - used - 1)), 'border'),
    ],
    seen.columns,
  );
}

/** What takes the place of the panels, where something does. */
function cardOf(state: ScreenState, seen: Seen, look: Look, { width, height }: Place): CardView | null {
  const { mode } = state;
  switch (mode.kind) {
    case 'session':
    case 'search':
      return null;
    case 'menu':
      return menuView(mode.menu, state, seen, look, width, height);
    case 'form':
      return formView(mode.form, state, seen, look, width, height);
    case 'help':
      return helpView(mode, state, seen, look, width, height);
    case 'palette':
      return paletteView(mode, state, seen, look, width, height);
    case 'debts':
      return debtsView(mode.selected, seen, look, width, height);
    case 'scope':
      return scopeView(mode.selected, seen, look, width, height);
    case 'undo_path':
      return undoPathView(mode.top, state, seen, look, width, height);
    case 'resume':
      return resumeView(mode, state, seen, look, width, height);
  }
}

function separator(id: string, height: number, look: Look): ColumnView {
  return {
    width: 3,
    blocks: [
      {
        id,
        rows: Array.from({ length: height }, () => row(span(` ${look.glyphs.bar} `, 'border'))),
      },
    ],
  };
}

function messageRows(state: ScreenState, columns: number): readonly Row[] {
  if (state.message === null) return [];
  return wrapRow(row(span(` ${plain(state.message.text)}`, state.message.role)), columns, 1)
    .slice(0, 3)
    .map((line) => fitRow(line, columns));
}

function searchRow(
  state: ScreenState,
  columns: number,
): { readonly row: Row; readonly cursorAt: number } | null {
  if (state.mode.kind !== 'search') return null;
  const prompt = ' / ';
  const drawn = textFieldRow(state.mode.field, columns - prompt.length - 1, 'search the output');
  return {
    row: fitRow([span(prompt, 'key'), ...drawn.row], columns),
    cursorAt: prompt.length + drawn.cursorAt,
  };
}

/** How wide the columns are: plan, step and output, figures; 0 where there is none. Three characters part two of them. */
function widthsOf(columns: number, single: boolean) {
  if (single) return { left: 0, main: columns - 2, right: 0 };
  const left = columns >= threeColumns ? 36 : 28;
  const right = columns >= threeColumns ? 46 : 0;
  return { left, main: columns - left - 3 - (right > 0 ? right + 3 : 0), right };
}

function topRows(state: ScreenState, seen: Seen, look: Look, tabs: boolean): readonly Row[] {
  const header = headerRows(seen, look);
  if (!tabs) return [...header, titledRule('', '', seen.columns, look.glyphs.rule)];
  const open = state.mode.kind !== 'session' && state.mode.kind !== 'search';
  return open ? header : [...header, tabsRow(focusedPanel(state, seen), seen, look)];
}

/** What stands below the body, whatever is open: messages, alerts, numbers, debts and keys. */
function bottomBlocks(
  state: ScreenState,
  seen: Seen,
  look: Look,
  tabs: boolean,
  footer: Row,
): readonly Block[] {
  const { columns } = seen;
  const roomy = seen.rows >= 20;
  const rule = roomy && !tabs ? [titledRule('', '', columns, look.glyphs.rule)] : [];
  const gauges = roomy && seen.live.gauges.length > 0 ? [gaugeRow(seen, look, columns)] : [];
  const budget = roomy ? budgetRow(seen, look, columns) : null;
  return [
    { id: 'message', rows: [...rule, ...messageRows(state, columns)] },
    { id: 'alerts', rows: alertRows(seen, look, columns, roomy ? 2 : 1) },
    { id: 'gauges', rows: [...gauges, ...(budget === null ? [] : [budget])] },
    { id: 'debts', rows: [debtsRow(seen, look, columns)] },
    { id: 'footer', rows: [footer] },
  ];
}

/** What the middle column shows where no card is open. */
function middlePanes(
  state: ScreenState,
  seen: Seen,
  look: Look,
  feed: OutputFeed | null,
  place: Place,
  { single, figuresBeside }: { readonly single: boolean; readonly figuresBeside: boolean },
): Panes {
  const panel = focusedPanel(state, seen);
  if (single) return onePane(panel, state, seen, look, place, feed);
  // without a third column the figures have no other place
  return panel === 4 && !figuresBeside
    ? figuresPane(state, seen, look, place)
    : mainPane(state, seen, look, place, feed);
}

/** Everything on the screen, as rows. It reads and computes; it keeps nothing. */
export function compose(
  state: ScreenState,
  seen: Seen,
  look: Look,
  feed: OutputFeed | null,
  generation = 0,
): Frame {
  const { columns } = seen;
  const height = Math.max(1, seen.rows - 1);
  const base = {
    columns,
    height,
    body: [],
    bodyHeight: 0,
    bottom: [],
    cursor: null,
    heights: seen.heights,
    scroll: state.scroll,
    leadTop: null,
    generation,
  };
  const small = tooSmall(seen);
  if (small !== null) return { ...base, top: [], tooSmall: `${small}; the session goes on` };
  const tabs = columns < tabsBelow;
  const search = searchRow(state, columns);
  const top = topRows(state, seen, look, tabs);
  const bottom = bottomBlocks(
    state,
    seen,
    look,
    tabs,
    search === null ? footerRow(state, seen, look, columns) : search.row,
  );
  const bottomHeight = bottom.reduce((sum, { rows }) => sum + rows.length, 0);
  const bodyHeight = Math.max(1, height - top.length - bottomHeight);
  const single = tabs || state.zoomed;
  const widths = widthsOf(columns, single);
  const placed = (width: number): Place => ({ width, height: bodyHeight });
  const main = placed(widths.main);
  const card = cardOf(state, seen, look, main);
  const middle =
    card === null
      ? middlePanes(state, seen, look, feed, main, { single, figuresBeside: widths.right > 0 })
      : { blocks: cardBlocks(card, main), scrolled: {}, heights: {} };
  const left = widths.left > 0 ? planPane(state, seen, look, placed(widths.left), false) : null;
  const right = widths.right > 0 ? figuresPane(state, seen, look, placed(widths.right)) : null;
  const body: readonly ColumnView[] = [
    ...(left === null
      ? []
      : [{ width: widths.left, blocks: left.blocks }, separator('separator-left', bodyHeight, look)]),
    ...(single ? [margin(bodyHeight)] : []),
    { width: main.width, blocks: middle.blocks },
    ...(right === null
      ? []
      : [separator('separator-right', bodyHeight, look), { width: widths.right, blocks: right.blocks }]),
  ];
  const cardAt = { x: single ? 1 : widths.left + 3, y: top.length };
  return {
    ...base,
    tooSmall: null,
    top,
    body,
    bodyHeight,
    bottom,
    cursor: search === null ? cursorIn(card, cardAt) : { x: search.cursorAt, y: height - 1 },
    leadTop: card?.leadTop ?? null,
    heights: { ...seen.heights, ...left?.heights, ...right?.heights, ...middle.heights },
    scroll: { ...state.scroll, ...left?.scrolled, ...right?.scrolled, ...middle.scrolled },
  };
}

const margin = (height: number): ColumnView => ({
  width: 1,
  blocks: [{ id: 'margin', rows: blanks(height).map(() => fitRow(emptyRow, 1)) }],
});

/** Where the cursor of a card stands on the screen, the card's own corner being at `at`. */
function cursorIn(card: CardView | null, at: CursorPlace): CursorPlace | null {
  const cursor = card?.cursor ?? null;
  return cursor === null ? null : { x: at.x + cursor.x, y: at.y + cursor.y };
}

/** The blocks of a card, the last one stretched to the end of its place. */
function cardBlocks(card: CardView, place: Place): readonly Block[] {
  const used = card.blocks.reduce((sum, { rows }) => sum + rows.length, 0);
  const cut: Block[] = [];
  let left = place.height;
  for (const block of card.blocks) {
    const rows = block.rows.slice(0, left).map((line) => fitRow(line, place.width));
    left -= rows.length;
    cut.push({ ...block, rows });
  }
  return used < place.height
    ? [...cut, { id: 'card-rest', rows: filled([], { width: place.width, height: place.height - used }) }]
    : cut;
}
