import type { Context } from '../keymap.ts';
import { startGrace } from '../keys/grace.ts';
import type { Role } from '../theme.ts';
import { attemptOf, atQuestion, type Form } from './form.ts';
import type { Menu } from './menu.ts';
import type { Effect, Mode, ScreenState, Seen, Update } from './screen-state.ts';

const none: readonly Effect[] = [];
export const stay = (state: ScreenState): Update => ({ state, effects: none });
export const say = (state: ScreenState, seen: Seen, text: string, role: Role = 'unknown'): ScreenState => ({
  ...state,
  message: { text, role, atMs: seen.nowMs },
});

/** Which part of the screen has the keyboard. */
export function contextOf(mode: Mode): Context {
  switch (mode.kind) {
    case 'session':
    case 'resume':
      return 'session';
    case 'menu':
      return 'menu';
    case 'form':
      return atQuestion(mode.form) ? 'confirm' : 'text';
    case 'help':
    case 'palette':
    case 'search':
      return 'search';
    case 'debts':
    case 'undo_path':
    case 'scope':
      return 'list';
  }
}

/** The attempt that a card or dialog asks about; null for those of the session. */
export const attemptOfMode = (mode: Mode): string | null =>
  mode.kind === 'form' ? attemptOf(mode.form.purpose) : mode.kind === 'menu' ? mode.menu.attempt : null;

/** Opens a form; one that asks about a step swallows keys for a moment, one for writing does not. */
export function withForm(state: ScreenState, seen: Seen, form: Form, back: Menu | null = null): ScreenState {
  const graced = attemptOf(form.purpose) !== null && back === null;
  return {
    ...state,
    mode: { kind: 'form', form, back },
    grace: graced ? startGrace(seen.nowMs) : state.grace,
    message: null,
  };
}
