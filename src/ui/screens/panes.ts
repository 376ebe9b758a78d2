import type { OutputFeed } from '../../session/client.ts';
import { standingText } from '../../report/standing-text.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { asksPerson, selectedStep } from '../state/screen-state.ts';
import type { Panel, ScreenState, Seen } from '../state/screen-state.ts';
import { focusedPanel } from '../state/session-actions.ts';
import { emptyRow, fitRow, row, span } from '../text/row.ts';
import type { Row } from '../text/row.ts';
import { parseSgr } from '../text/sgr.ts';
import { wrapRow } from '../text/wrap.ts';
import type { Block } from './card.ts';
import { dockRow } from './dock.ts';
import { figureRows } from './figures.ts';
import { outputRows } from './output-panel.ts';
import { closeRows } from './overviews.ts';
import { openRowAt, planRows } from './plan-panel.ts';
import { stepRows } from './step-panel.ts';

export interface Place {
  readonly width: number;
  readonly height: number;
}

export const filled = (rows: readonly Row[], { width, height }: Place): readonly Row[] => [
  ...rows.slice(0, height).map((line) => fitRow(line, width)),
  ...Array.from({ length: Math.max(0, height - rows.length) }, () => fitRow(emptyRow, width)),
];

export interface Panes {
  readonly blocks: readonly Block[];
  readonly scrolled: Partial<Record<Panel, number>>;
  readonly heights: Partial<Record<Panel, number>>;
}

export const blanks = (count: number): readonly Row[] =>
  Array.from({ length: Math.max(0, count) }, () => emptyRow);

/** The phases and steps; scrolled to the open one until somebody scrolls it. */
export function planPane(state: ScreenState, seen: Seen, look: Look, place: Place, whole: boolean): Panes {
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

/** Triggers, criteria, budgets and whatever else is counted. */
export function figuresPane(state: ScreenState, seen: Seen, look: Look, place: Place): Panes {
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
export function mainPane(
  state: ScreenState,
  seen: Seen,
  look: Look,
  place: Place,
  feed: OutputFeed | null,
): Panes {
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

/** The one panel that a narrow or zoomed screen shows. */
export const onePane = (
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
