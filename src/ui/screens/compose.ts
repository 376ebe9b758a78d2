import type { OutputFeed } from '../../session/client.ts';
import { standingText } from '../../report/standing-text.ts';
import { titledRule } from '../kit/dialog.ts';
import { tooSmall, type CursorPlace } from '../kit/frame.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import { textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { asksPerson, selectedStep, type Panel, type ScreenState, type Seen } from '../state/screen-state.ts';
import { focusedPanel, tabsBelow } from '../state/session-actions.ts';
import { emptyRow, fitRow, row, span, type Row } from '../text/row.ts';
import { parseSgr } from '../text/sgr.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Block, CardView } from './card.ts';
import { formView } from './card-form.ts';
import { menuView } from './card-menu.ts';
import { dockRow } from './dock.ts';
import { alertRows, budgetRow, debtsRow, figureRows, gaugeRow } from './figures.ts';
import { helpView, paletteView } from './finders.ts';
import { footerRow } from './footer.ts';
import { headerRows } from './header.ts';
import { outputRows } from './output-panel.ts';
import { closeRows, debtsView, resumeView, undoPathView } from './overviews.ts';
import { openRowAt, planRows } from './plan-panel.ts';
import { scopeView } from './scope-view.ts';
import { stepRows } from './step-panel.ts';

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

interface Place {
  readonly width: number;
  readonly height: number;
}

const filled = (rows: readonly Row[], { width, height }: Place): readonly Row[] => [
  ...rows.slice(0, height).map((line) => fitRow(line, width)),
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => fitRow(emptyRow, width)),
];

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

interface Panes {
  readonly blocks: readonly Block[];
  readonly scrolled: Partial<Record<Panel, number>>;
  readonly heights: Partial<Record<Panel, number>>;
}

const blanks = (count: number): readonly Row[] => Array.from({ length: Math.max(0, count) }, () => emptyRow);

function planPane(state: ScreenState, seen: Seen, look: Look, place: Place, whole: boolean): Panes {
  const rows = planRows(seen.view, seen.nowMs, look, place.width, whole);
  const own = state.scroll[1];
  const wanted = own === 0 ? centredTop(openRowAt(seen.view, whole), rows.length, place.height) : own;
  const shown = scrollView(rows, place.height, place.width, wanted, look.glyphs);
  return {
    blocks: [{ id: 'plan', rows: filled(shown.rows, place) }],
    scrolled: own === 0 ? {} : { 1: shown.top },
    heights: { 1: place.height },
  };
}

function stepPane(state: ScreenState, seen: Seen, look: Look, place: Place, last: Row | null = null): Panes {
  const step = selectedStep(seen.view, state.selected);
  const over = seen.view.status === 'ended' || seen.view.status === 'closed';
  const dock = dockRow(step, state, seen, place.width);
  const rows =
    step !== null
      ? stepRows(step, seen, look, place.width, place.height - 1)
      : over
        ? closeRows(seen, look, place.width)
        : [row(span('nothing is open: the session goes on by itself', 'dim'))];
  const may =
    step === null || !step.offers.some(({ intent }) => intent === 'run')
      ? null
      : standingText(seen.view, seen.live.standing, seen.user, seen.nowIso);
  const standing = may === null ? [] : wrapRow(row(span(plain(may), mayStart(may))), place.width, 2);
  const held =
    seen.view.held === null
      ? []
      : wrapRow(
          row(span('PAUSED  ', 'unknown'), plain(seen.view.held), span('  p: go on, or take it back', 'dim')),
          place.width,
          8,
        );
  const room = place.height - (dock === null ? 0 : 1) - (last === null ? 0 : 1);
  const shown = scrollView([...held, ...standing, ...rows], room, place.width, state.scroll[2], look.glyphs);
  return {
    blocks: [
      { id: 'step', rows: filled(shown.rows, { ...place, height: room }) },
      ...(last === null ? [] : [{ id: 'last', rows: [fitRow(last, place.width)] }]),
      ...(dock === null ? [] : [{ id: 'dock', rows: [dock] }]),
    ],
    scrolled: { 2: shown.top },
    heights: { 2: room },
  };
}

const mayStart = (may: string): 'unknown' | undefined =>
  may.includes('You may not') ? 'unknown' : undefined;

/** The last line that was printed, where the output itself is on another tab. */
function lastLine(feed: OutputFeed | null, look: Look): Row | null {
  const count = feed?.count() ?? 0;
  const line = feed?.lines(count - 1, 1)[0];
  return count === 0 || line === undefined
    ? null
    : [span(`  line ${count}  `, 'dim'), ...parseSgr(line.text, look.theme.color)];
}

const outputPane = (
  state: ScreenState,
  seen: Seen,
  look: Look,
  place: Place,
  feed: OutputFeed | null,
): Panes => ({
  blocks: [
    {
      id: 'output',
      rows: filled(
        outputRows(feed, state.output, look, place.width, place.height, focusedPanel(state, seen) === 3),
        place,
      ),
    },
  ],
  scrolled: {},
  heights: { 3: Math.max(1, place.height - 1) },
});

function figuresPane(state: ScreenState, seen: Seen, look: Look, place: Place): Panes {
  const shown = scrollView(
    figureRows(seen, look, place.width),
    place.height,
    place.width,
    state.scroll[4],
    look.glyphs,
  );
  return {
    blocks: [{ id: 'figures', rows: filled(shown.rows, place) }],
    scrolled: { 4: shown.top },
    heights: { 4: place.height },
  };
}

/** Step above output: the step gets the rows it needs, the output keeps a share of the rest. */
function mainPane(state: ScreenState, seen: Seen, look: Look, place: Place, feed: OutputFeed | null): Panes {
  const step = selectedStep(seen.view, state.selected);
  const printed = feed !== null && feed.count() > 0;
  const running = step?.status === 'performing' && !asksPerson(step);
  const wanted = stepPaneWants(state, seen, look, place.width);
  const least =
    !printed && !running
      ? 0
      : running
        ? Math.max(6, Math.floor(place.height * 0.45))
        : Math.max(4, Math.floor(place.height * 0.25));
  const stepHeight = least === 0 ? place.height : Math.max(4, Math.min(wanted, place.height - least));
  const above = stepPane(state, seen, look, { width: place.width, height: stepHeight });
  if (least === 0) return above;
  const below = outputPane(
    state,
    seen,
    look,
    { width: place.width, height: place.height - stepHeight },
    feed,
  );
  return join(above, below);
}

function stepPaneWants(state: ScreenState, seen: Seen, look: Look, width: number): number {
  const step = selectedStep(seen.view, state.selected);
  if (step === null) return closeRows(seen, look, width).length + 1;
  return (
    stepRows(step, seen, look, width, 1000).length +
    2 +
    (seen.live.standing === undefined ? 0 : 2) +
    (seen.view.held === null ? 0 : 1)
  );
}

const join = (...panes: readonly Panes[]): Panes => ({
  blocks: panes.flatMap(({ blocks }) => blocks),
  scrolled: Object.assign({}, ...panes.map(({ scrolled }) => scrolled)) as Panes['scrolled'],
  heights: Object.assign({}, ...panes.map(({ heights }) => heights)) as Panes['heights'],
});

const onePane = (
  panel: Panel,
  state: ScreenState,
  seen: Seen,
  look: Look,
  place: Place,
  feed: OutputFeed | null,
): Panes => {
  switch (panel) {
    case 1:
      return planPane(state, seen, look, place, true);
    case 2:
      return stepPane(state, seen, look, place, lastLine(feed, look));
    case 3:
      return outputPane(state, seen, look, place, feed);
    case 4:
      return figuresPane(state, seen, look, place);
  }
};

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
  const panel = focusedPanel(state, seen);
  const search = searchRow(state, columns);
  const message = messageRows(state, columns);
  const roomy = seen.rows >= 20;
  const rule = titledRule('', '', columns, look.glyphs.rule);
  const open = state.mode.kind !== 'session' && state.mode.kind !== 'search';
  const divider = !tabs ? [rule] : open ? [] : [tabsRow(panel, seen, look)];
  const top = [...headerRows(seen, look), ...divider];
  const gauges = roomy && seen.live.gauges.length > 0 ? [gaugeRow(seen, look, columns)] : [];
  const budget = roomy ? budgetRow(seen, look, columns) : null;
  const bottom: readonly Block[] = [
    { id: 'message', rows: [...(roomy && !tabs ? [rule] : []), ...message] },
    { id: 'alerts', rows: alertRows(seen, look, columns, roomy ? 2 : 1) },
    { id: 'gauges', rows: [...gauges, ...(budget === null ? [] : [budget])] },
    { id: 'debts', rows: [debtsRow(seen, look, columns)] },
    { id: 'footer', rows: [search === null ? footerRow(state, seen, look, columns) : search.row] },
  ];
  const bottomHeight = bottom.reduce((sum, { rows }) => sum + rows.length, 0);
  const bodyHeight = Math.max(1, height - top.length - bottomHeight);
  const single = tabs || state.zoomed;
  const leftWidth = single ? 0 : columns >= threeColumns ? 36 : 28;
  const rightWidth = !single && columns >= threeColumns ? 46 : 0;
  const mainWidth = columns - (leftWidth > 0 ? leftWidth + 3 : 0) - (rightWidth > 0 ? rightWidth + 3 : 0);
  const main: Place = { width: single ? columns - 2 : mainWidth, height: bodyHeight };
  const card = cardOf(state, seen, look, main);
  const middle: Panes =
    card !== null
      ? { blocks: cardBlocks(card, main), scrolled: {}, heights: {} }
      : single
        ? onePane(panel, state, seen, look, main, feed)
        : panel === 4 && rightWidth === 0
          ? figuresPane(state, seen, look, main) // there is no third column that would show them anyway
          : mainPane(state, seen, look, main, feed);
  const left =
    leftWidth > 0 ? planPane(state, seen, look, { width: leftWidth, height: bodyHeight }, false) : null;
  const right =
    rightWidth > 0 ? figuresPane(state, seen, look, { width: rightWidth, height: bodyHeight }) : null;
  const margin: ColumnView = {
    width: 1,
    blocks: [{ id: 'margin', rows: blanks(bodyHeight).map(() => fitRow(emptyRow, 1)) }],
  };
  const body: readonly ColumnView[] = [
    ...(left === null
      ? []
      : [{ width: leftWidth, blocks: left.blocks }, separator('separator-left', bodyHeight, look)]),
    ...(single ? [margin] : []),
    { width: main.width, blocks: middle.blocks },
    ...(right === null
      ? []
      : [separator('separator-right', bodyHeight, look), { width: rightWidth, blocks: right.blocks }]),
  ];
  const x = single ? 1 : leftWidth + 3;
  const cursor =
    search !== null
      ? { x: search.cursorAt, y: height - 1 }
      : card?.cursor === null || card?.cursor === undefined
        ? null
        : { x: x + card.cursor.x, y: top.length + card.cursor.y };
  return {
    ...base,
    tooSmall: null,
    top,
    body,
    bodyHeight,
    bottom,
    cursor,
    leadTop: card?.leadTop ?? null,
    heights: { ...seen.heights, ...left?.heights, ...right?.heights, ...middle.heights },
    scroll: { ...state.scroll, ...left?.scrolled, ...right?.scrolled, ...middle.scrolled },
  };
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
