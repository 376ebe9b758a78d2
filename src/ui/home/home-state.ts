import { bindingFor, keymap, type Action, type KeyBinding } from '../keymap.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { emptyField, pasteInto, typeInto, type TextField } from '../kit/text-field.ts';
import { moved } from '../state/output-keys.ts';
import { dismissKey, proposalKey } from './home-proposal.ts';
import { entryKey, homeEntries, type HomeChoice, type HomeData, type HomeEntry } from './home-data.ts';

export type HomeMode =
  | { readonly kind: 'list' }
  /** What to do with a runbook: practise stands first, it is the safe row. */
  | { readonly kind: 'menu'; readonly runbook: string; readonly title: string; readonly selected: number }
  /** What to do with a proposal: leaving it stands first, it is the safe row. */
  | { readonly kind: 'proposal'; readonly id: string; readonly selected: number }
  /** Why it is dismissed, then who was there. */
  | {
      readonly kind: 'dismiss';
      readonly id: string;
      readonly reason: TextField;
      readonly present: TextField | null;
      readonly note: string;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'palette'; readonly query: TextField; readonly selected: number };

export interface HomeState {
  readonly mode: HomeMode;
  readonly selected: number;
}

export type HomeUpdate = { readonly state: HomeState } | { readonly choice: HomeChoice };

export const homeStart: HomeState = { mode: { kind: 'list' }, selected: 0 };

export const runbookMenu = ['drill: practise it', 'run it'] as const;

/** A page, for the motions by half a page. */
const page = 10;

/** What an action does with an entry, or null where it does nothing. */
function choiceOf(entry: HomeEntry | undefined, action: Action): HomeChoice | null {
  if (entry === undefined) return null;
  switch (entry.kind) {
    case 'proposal':
      return null; // Enter opens its card
    case 'session':
      return action === 'open' ? { kind: 'resume', session: entry.session.id } : null;
    case 'obligation':
      return action === 'open' || action === 'run'
        ? { kind: 'release', session: entry.obligation.session, key: entry.obligation.key }
        : null;
    case 'runbook':
      if (action === 'run') return { kind: 'run', runbook: entry.runbook.id };
      return action === 'drill' ? { kind: 'drill', runbook: entry.runbook.id } : null;
  }
}

/** The hints of the home screen: only keys that do something with the chosen row. */
export const homeHints = (data: HomeData, { selected }: HomeState): readonly KeyBinding[] => {
  const entry = homeEntries(data)[selected];
  const usable = keymap.filter(({ action, contexts, footer }) => {
    if (!contexts.includes('home') || footer === undefined) return false;
    if (action === 'run' || action === 'drill') return choiceOf(entry, action) !== null;
    return action !== 'open' || entry !== undefined;
  });
  return usable.toSorted((left, right) => (left.footer ?? 0) - (right.footer ?? 0));
};

export interface HomeFind {
  readonly title: string;
  readonly choice: HomeChoice;
}

/** Everything that can be chosen, by name, for the palette. */
export function homeFinds(data: HomeData, query: string): readonly HomeFind[] {
  const finds = homeEntries(data).flatMap((entry): readonly HomeFind[] => {
    switch (entry.kind) {
      case 'proposal':
        return entry.proposal.starts.map(({ runbook, name, environment }) => ({
          title: `start ${name}${environment === '' ? '' : ` on ${environment}`}: ${entry.proposal.words}`,
          choice: { kind: 'start', proposal: entry.proposal.id, runbook, environment },
        }));
      case 'session':
        return [
          {
            title: `resume ${entry.session.service}: ${entry.session.title}`,
            choice: { kind: 'resume', session: entry.session.id },
          },
        ];
      case 'obligation':
        return [
          {
            title: `give back ${entry.obligation.title}`,
            choice: { kind: 'release', session: entry.obligation.session, key: entry.obligation.key },
          },
        ];
      case 'runbook':
        return [
          { title: `drill ${entry.runbook.title}`, choice: { kind: 'drill', runbook: entry.runbook.id } },
          { title: `run ${entry.runbook.title}`, choice: { kind: 'run', runbook: entry.runbook.id } },
        ];
    }
  });
  const words = query.toLowerCase().split(/\s+/);
  const always: readonly HomeFind[] = [
    { title: 'history: sessions of before, their timelines, two side by side', choice: { kind: 'history' } },
    { title: 'leave', choice: { kind: 'quit' } },
  ];
  return [...finds, ...always].filter(({ title }) =>
    words.every((word) => title.toLowerCase().includes(word)),
  );
}

/** One key on the home screen. */
export function homeKey(state: HomeState, key: KeyName, data: HomeData): HomeUpdate {
  const { mode } = state;
  if (key === 'ctrl+c') return { choice: { kind: 'quit' } };
  const to = (next: HomeMode): HomeUpdate => ({ state: { ...state, mode: next } });
  switch (mode.kind) {
    case 'help':
      return to({ kind: 'list' });
    case 'menu': {
      const action = bindingFor(key, 'menu')?.action ?? null;
      if (action === 'back') return to({ kind: 'list' });
      if (action === 'open') {
        return { choice: { kind: mode.selected === 0 ? 'drill' : 'run', runbook: mode.runbook } };
      }
      return action === null
        ? { state }
        : to({ ...mode, selected: moved(action, mode.selected, runbookMenu.length, 1) });
    }
    case 'proposal':
      return proposalKey(state, mode, key, data);
    case 'dismiss':
      return dismissKey(state, mode, key);
    case 'palette': {
      const finds = homeFinds(data, mode.query.value);
      if (key === 'escape') return to({ kind: 'list' });
      if (key === 'down') return to({ ...mode, selected: Math.min(finds.length - 1, mode.selected + 1) });
      if (key === 'up') return to({ ...mode, selected: Math.max(0, mode.selected - 1) });
      if (key === 'enter') {
        const found = finds[mode.selected];
        return found === undefined ? { state } : { choice: found.choice };
      }
      const query = typeInto(mode.query, key);
      return query === null ? { state } : to({ kind: 'palette', query, selected: 0 });
    }
    case 'list':
      return listKey(state, key, data);
  }
}

function listKey(state: HomeState, key: KeyName, data: HomeData): HomeUpdate {
  const entries = homeEntries(data);
  const entry = entries[state.selected];
  const action = bindingFor(key, 'home')?.action ?? null;
  if (action === null) return { state };
  if (action === 'leave') return { choice: { kind: 'quit' } };
  if (action === 'help') return { state: { ...state, mode: { kind: 'help' } } };
  if (action === 'palette')
    return { state: { ...state, mode: { kind: 'palette', query: emptyField, selected: 0 } } };
  if (action === 'history') return { choice: { kind: 'history' } };
  const choice = choiceOf(entry, action);
  if (choice !== null) return { choice };
  if (action === 'open' && entry?.kind === 'proposal')
    return { state: { ...state, mode: { kind: 'proposal', id: entry.proposal.id, selected: 0 } } };
  if (action === 'open' && entry?.kind === 'runbook') {
    const { id, title } = entry.runbook;
    return { state: { ...state, mode: { kind: 'menu', runbook: id, title, selected: 0 } } };
  }
  return {
    state: {
      ...state,
      selected: moved(action, state.selected, entries.length, action.startsWith('half') ? page : 1),
    },
  };
}

/** Pasted text is searched for, or becomes part of a reason; it never answers anything. */
export function homePaste(state: HomeState, text: string): HomeState {
  const { mode } = state;
  if (mode.kind === 'palette')
    return { ...state, mode: { ...mode, query: pasteInto(mode.query, text), selected: 0 } };
  if (mode.kind !== 'dismiss') return state;
  return {
    ...state,
    mode:
      mode.present === null
        ? { ...mode, reason: pasteInto(mode.reason, text) }
        : { ...mode, present: pasteInto(mode.present, text) },
  };
}

/** The state that fits lists that were read again: the chosen entry stays chosen, wherever it stands now. */
export function homeReloaded(state: HomeState, before: HomeData, data: HomeData): HomeState {
  const chosen = homeEntries(before)[state.selected];
  const entries = homeEntries(data);
  const found =
    chosen === undefined ? -1 : entries.findIndex((entry) => entryKey(entry) === entryKey(chosen));
  const selected = found >= 0 ? found : Math.max(0, Math.min(state.selected, entries.length - 1));
  const { mode } = state;
  const isGone =
    (mode.kind === 'proposal' || mode.kind === 'dismiss') && !data.proposals.some(({ id }) => id === mode.id);
  return { selected, mode: isGone ? { kind: 'list' } : mode };
}
