import type { SideBySide } from '../../report/side-by-side.ts';
import { timelineKinds, type TimelineKind } from '../../report/timeline-kinds.ts';
import { filteredTimeline, type TimelineLine } from '../../report/timeline.ts';
import type { Exported } from '../exported.ts';
import { bindingFor, type Action } from '../keymap.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { emptyField, fieldOf, pasteInto, typeInto, type TextField } from '../kit/text-field.ts';
import { exportKey, toExport } from './history-export.ts';
import { moved } from '../state/output-keys.ts';
import { shownSessions, tabs, type HistorySession, type HistorySource, type Tab } from './history-data.ts';

export interface ListView {
  readonly kind: 'list';
  readonly tab: Tab;
  readonly search: string;
  readonly shown: readonly HistorySession[];
  readonly selected: number;
  /** The session that the next one is compared with. */
  readonly marked: string | null;
}

export interface TimelineView {
  readonly kind: 'timeline';
  readonly session: HistorySession;
  readonly lines: readonly TimelineLine[];
  readonly about: TimelineKind | null;
  readonly search: string;
  readonly shown: readonly TimelineLine[];
  readonly selected: number;
}

export interface ComparisonView {
  readonly kind: 'comparison';
  readonly compared: SideBySide;
  readonly selected: number;
  readonly onlyDifferent: boolean;
}

export interface StatisticsView {
  readonly kind: 'statistics';
  readonly lines: readonly string[];
  /** The first line in sight. */
  readonly selected: number;
}

export interface HistoryState {
  readonly sessions: readonly HistorySession[];
  readonly list: ListView;
  /** What is looked at; the list stays as it was below it. */
  readonly view: ListView | TimelineView | ComparisonView | StatisticsView;
  /** The words that are being written, or null. */
  readonly writing: TextField | null;
  /** What is to be written into a file, and the name of that file; null where nobody asked for it. */
  readonly exporting: { readonly what: Exported; readonly path: TextField } | null;
  readonly help: boolean;
  readonly message: string | null;
}

export type HistoryUpdate =
  | {
      readonly state: HistoryState;
      /** To be written now; `exported` takes what came of it. */
      readonly write?: { readonly what: Exported; readonly path: string };
    }
  | { readonly left: true };

export function historyStart(sessions: readonly HistorySession[], search = ''): HistoryState {
  const tab: Tab = sessions.some(({ mode }) => mode === 'LIVE') ? 'live' : 'all';
  const list: ListView = {
    kind: 'list',
    tab,
    search,
    shown: shownSessions(sessions, tab, search),
    selected: 0,
    marked: null,
  };
  return { sessions, list, view: list, writing: null, exporting: null, help: false, message: null };
}

/** One key in the history: nothing here changes anything but what is looked at. */
export function historyKey(
  state: HistoryState,
  key: KeyName,
  source: HistorySource,
  height: number,
): HistoryUpdate {
  if (key === 'ctrl+c') return { left: true };
  if (state.help) return { state: { ...state, help: false } };
  if (state.exporting !== null) return exportKey(state, state.exporting, key);
  if (state.writing !== null) return { state: written(state, state.writing, key) };
  const action = bindingFor(key, 'history')?.action ?? null;
  if (action === null) return { state };
  if (action === 'leave') return { left: true };
  if (action === 'back')
    return state.view.kind === 'list' && state.list.search === ''
      ? state.list.marked === null
        ? { left: true }
        : { state: onList(state, { ...state.list, marked: null }) }
      : { state: back(state) };
  return { state: acted({ ...state, message: null }, action, source, height) };
}

function acted(state: HistoryState, action: Action, source: HistorySource, height: number): HistoryState {
  const { view } = state;
  switch (action) {
    case 'help':
      return { ...state, help: true };
    case 'search':
      return 'search' in view ? { ...state, writing: fieldOf(view.search) } : state;
    case 'next':
    case 'previous':
      return turned(state, action === 'next' ? 1 : -1, source);
    case 'open':
      return view.kind === 'list' ? opened(state, view, source) : state;
    case 'compare':
      return view.kind === 'list' ? marked(state, view, source) : state;
    case 'next_decision':
    case 'previous_decision':
      return view.kind === 'timeline' ? jumped(state, view, action === 'next_decision' ? 1 : -1) : state;
    case 'export':
      return { ...state, exporting: toExport(view) };
    default:
      return withView(state, { ...view, selected: movedIn(view, action, height) });
  }
}

function lengthOf(view: HistoryState['view']): number {
  switch (view.kind) {
    case 'comparison':
      return stepsShown(view).length;
    case 'statistics':
      return view.lines.length;
    case 'list':
    case 'timeline':
      return view.shown.length;
  }
}

/** Half a page is half of what is in sight. */
const movedIn = (view: HistoryState['view'], action: Action, height: number): number => {
  // there the first line in sight moves, and no line is chosen
  if (view.kind === 'statistics') return moved(action, view.selected, lengthOf(view), height);
  const last = Math.max(0, lengthOf(view) - 1);
  const half = Math.max(1, Math.floor(height / 2));
  if (action === 'half_down') return Math.min(last, view.selected + half);
  if (action === 'half_up') return Math.max(0, view.selected - half);
  return moved(action, view.selected, lengthOf(view), 1);
};

/** The steps of a comparison that are looked at. */
export const stepsShown = ({ compared, onlyDifferent }: ComparisonView): SideBySide['steps'] =>
  onlyDifferent ? compared.steps.filter(({ differs }) => differs) : compared.steps;

const onList = (state: HistoryState, list: ListView): HistoryState => ({ ...state, list, view: list });

const withView = (state: HistoryState, view: HistoryState['view']): HistoryState =>
  view.kind === 'list' ? onList(state, view) : { ...state, view };

/** Esc takes back what was searched for, then the view. */
function back(state: HistoryState): HistoryState {
  const { view, list, sessions } = state;
  const bare = { ...state, message: null };
  if (view.kind === 'timeline' && view.search !== '') return withView(bare, refiltered(view, view.about, ''));
  if (view.kind !== 'list') return { ...bare, view: list };
  return onList(bare, {
    ...view,
    search: '',
    shown: shownSessions(sessions, view.tab, ''),
    selected: 0,
  });
}

/** The next tab of the list, kind of line of the timeline, or all steps and those that differ. */
function turned(state: HistoryState, by: 1 | -1, source: HistorySource): HistoryState {
  const { view } = state;
  switch (view.kind) {
    case 'list':
    case 'statistics': {
      const at = tabs.indexOf(view.kind === 'list' ? view.tab : 'statistics');
      return onTab(state, tabs[(at + by + tabs.length) % tabs.length] ?? 'all', source);
    }
    case 'timeline': {
      const kinds = [null, ...timelineKinds];
      const about = kinds[(kinds.indexOf(view.about) + by + kinds.length) % kinds.length] ?? null;
      return withView(state, refiltered(view, about, view.search));
    }
    case 'comparison':
      return withView(state, { ...view, onlyDifferent: !view.onlyDifferent, selected: 0 });
  }
}

function onTab(state: HistoryState, tab: (typeof tabs)[number], source: HistorySource): HistoryState {
  const { list, sessions } = state;
  if (tab !== 'statistics')
    return onList(state, { ...list, tab, shown: shownSessions(sessions, tab, list.search), selected: 0 });
  const lines = source.statistics();
  if ('trouble' in lines) return { ...state, message: lines.trouble };
  return { ...state, view: { kind: 'statistics', lines, selected: 0 } };
}

/** The line that was chosen stays chosen, or the one after it. */
function refiltered(view: TimelineView, about: TimelineKind | null, search: string): TimelineView {
  const shown = filteredTimeline(view.lines, { kind: about, search });
  const chosen = view.shown[view.selected]?.seq ?? 0;
  const at = shown.findIndex(({ seq }) => seq >= chosen);
  return { ...view, about, search, shown, selected: at === -1 ? Math.max(0, shown.length - 1) : at };
}

function opened(state: HistoryState, view: ListView, source: HistorySource): HistoryState {
  const session = view.shown[view.selected];
  return session === undefined ? state : openTimeline(state, session, source);
}

/** Opens the timeline of a session. */
export function openTimeline(
  state: HistoryState,
  session: HistorySession,
  source: HistorySource,
): HistoryState {
  const lines = source.timeline(session.id);
  if ('trouble' in lines) return { ...state, message: lines.trouble };
  return {
    ...state,
    view: { kind: 'timeline', session, lines, about: null, search: '', shown: lines, selected: 0 },
  };
}

/** The first time it marks a session, the second time it holds the chosen one against it. */
function marked(state: HistoryState, view: ListView, source: HistorySource): HistoryState {
  const chosen = view.shown[view.selected];
  if (chosen === undefined) return state;
  if (view.marked === null) return onList(state, { ...view, marked: chosen.id });
  if (view.marked === chosen.id) return onList(state, { ...view, marked: null });
  return openComparison(onList(state, { ...view, marked: null }), view.marked, chosen.id, source);
}

/** Opens the comparison of two sessions. */
export function openComparison(
  state: HistoryState,
  left: string,
  right: string,
  source: HistorySource,
): HistoryState {
  const compared = source.compare(left, right);
  if ('trouble' in compared) return { ...state, message: compared.trouble };
  return { ...state, view: { kind: 'comparison', compared, selected: 0, onlyDifferent: false } };
}

function jumped(state: HistoryState, view: TimelineView, by: 1 | -1): HistoryState {
  const at =
    by === 1
      ? view.shown.findIndex(({ isDecision }, index) => isDecision && index > view.selected)
      : view.shown.findLastIndex(({ isDecision }, index) => isDecision && index < view.selected);
  return at === -1
    ? { ...state, message: by === 1 ? 'no decision after this line' : 'no decision before this line' }
    : withView(state, { ...view, selected: at });
}

/** Every key narrows what is shown; Enter keeps it, Esc takes it back. */
function written(state: HistoryState, field: TextField, key: KeyName): HistoryState {
  if (key === 'enter') return { ...state, writing: null };
  if (key === 'escape') return { ...searched(state, ''), writing: null };
  const next = typeInto(field, key);
  return next === null ? state : { ...searched(state, next.value), writing: next };
}

function searched(state: HistoryState, search: string): HistoryState {
  const { view, sessions } = state;
  switch (view.kind) {
    case 'list':
      return onList(state, {
        ...view,
        search,
        shown: shownSessions(sessions, view.tab, search),
        selected: 0,
      });
    case 'timeline':
      return withView(state, refiltered(view, view.about, search));
    case 'comparison':
    case 'statistics':
      return state;
  }
}

/** Pasted text is searched for. */
export function historyPaste(state: HistoryState, text: string): HistoryState {
  const { exporting } = state;
  if (exporting !== null)
    return { ...state, exporting: { ...exporting, path: pasteInto(exporting.path, text) } };
  if (!('search' in state.view) || state.help) return state;
  const field = pasteInto(state.writing ?? emptyField, text);
  return { ...searched(state, field.value), writing: field };
}
