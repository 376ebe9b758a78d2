import type { ObligationView } from '../../machine/view.ts';
import { bindingFor, type Action } from '../keymap.ts';
import { inGrace, startGrace } from '../keys/grace.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { emptyField, pasteInto, typeInto } from '../kit/text-field.ts';
import { owedNow } from './debts.ts';
import { isEnabled } from './enabled.ts';
import { attemptOf, intentOf } from './form.ts';
import { formKey, formPaste } from './form-keys.ts';
import { debtMenu, releaseForm } from './debt-menu.ts';
import { driftMenu } from './drift-menu.ts';
import { leaveMenu } from './leave-menu.ts';
import { type Menu, type MenuRow } from './menu.ts';
import { found, moved } from './output-keys.ts';
import { helpEntries, paletteEntries } from './palette.ts';
import { mayScope, scopeMenu } from './scope-menu.ts';
import { attemptOfMode, contextOf, say, stay, withForm } from './mode.ts';
import { sessionAction } from './session-actions.ts';
import type { Mode, ScreenState, Seen, Update } from './screen-state.ts';

const alwaysThrough: ReadonlySet<Action> = new Set(['interrupt', 'back', 'redraw', 'suspend']);
const harmless: ReadonlySet<Action> = new Set([
  'down',
  'up',
  'top',
  'bottom',
  'half_down',
  'half_up',
  'next',
  'previous',
  'panel_1',
  'panel_2',
  'panel_3',
  'panel_4',
  'follow',
  'wrap',
  'times',
  'zoom',
  'help',
  'palette',
  'search',
  'next_match',
  'previous_match',
  'data',
  'leave',
]);

/** Whether a key falls into the dead time of something new: reading and leaving always work. */
function isSwallowed(state: ScreenState, action: Action | null, nowMs: number): boolean {
  if (!inGrace(state.grace, nowMs) || (action !== null && alwaysThrough.has(action))) return false;
  if (state.mode.kind === 'session') return action !== null && !harmless.has(action);
  return attemptOfMode(state.mode) !== null;
}

/** One key, whatever has the keyboard. */
export function pressKey(before: ScreenState, key: KeyName, seen: Seen): Update {
  const attended = { revision: seen.view.revision, last: seen.view.last?.text ?? null };
  const state: ScreenState = { ...before, lastKeyMs: seen.nowMs, attended };
  const { mode } = state;
  const action = bindingFor(key, contextOf(mode))?.action ?? null;
  if (action === 'interrupt') return interrupt(state, seen);
  if (action === 'redraw') return { state, effects: [{ kind: 'redraw' }] };
  if (action === 'suspend') return suspended(state, seen);
  if (mode.kind === 'resume')
    return stay({ ...state, mode: { kind: 'session' }, grace: startGrace(seen.nowMs) });
  if (isSwallowed(state, action, seen.nowMs)) return stay({ ...state, grace: startGrace(seen.nowMs) });
  if (mode.kind === 'session') return action === null ? stay(state) : sessionKey(state, action, seen);
  if (action === 'back') return stay(goBack(state));
  switch (mode.kind) {
    case 'form':
      return pressInForm(state, mode, key, action, seen);
    case 'menu':
      return pressInMenu(state, mode.menu, action, seen);
    case 'search':
      return pressInSearch(state, mode, key, seen);
    case 'help':
    case 'palette':
      return pressInFinder(state, mode, key, seen);
    case 'debts':
      return pressInDebts(state, mode, action, seen);
    case 'scope':
      return pressInScope(state, mode, action, seen);
    case 'undo_path':
      return pressInList(state, mode, action, seen);
  }
}

function sessionKey(state: ScreenState, action: Action, seen: Seen): Update {
  const cleared = action === 'back' ? state : { ...state, message: null };
  if (isEnabled(action, state, seen)) return sessionAction(cleared, action, seen);
  if (!seen.drives)
    return stay(say(state, seen, 'Another terminal drives this session: m makes this one drive.'));
  return stay(cleared);
}

function suspended(state: ScreenState, seen: Seen): Update {
  return isEnabled('suspend', state, seen)
    ? { state, effects: [{ kind: 'suspend' }] }
    : stay(say(state, seen, 'Not while a step runs: Ctrl-C can detach instead.'));
}

function goBack(state: ScreenState): ScreenState {
  const { mode } = state;
  if (mode.kind === 'form' && mode.back !== null)
    return { ...state, mode: { kind: 'menu', menu: mode.back } };
  return { ...state, mode: { kind: 'session' } };
}

/** Ctrl-C asks; pressed again while it asks it leaves the screen, and nothing is ever killed by hammering it. */
function interrupt(state: ScreenState, seen: Seen): Update {
  const asking = state.mode.kind === 'menu' && state.mode.menu.card === 'interrupt';
  if (asking || seen.view.status === 'closed') {
    return {
      state,
      effects: [{ kind: 'leave', left: seen.view.status === 'closed' ? 'ended' : 'detached' }],
    };
  }
  return stay({ ...state, mode: { kind: 'menu', menu: leaveMenu(seen.view, 'interrupt', seen.drives) } });
}

function pressInForm(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'form' }>,
  key: KeyName,
  action: Action | null,
  seen: Seen,
): Update {
  const { form } = mode;
  if (action === 'edit') {
    const field = form.fields[form.focus];
    return field?.kind === 'text'
      ? { state, effects: [{ kind: 'edit', initial: field.field.value }] }
      : stay(state);
  }
  const next = formKey(form, key);
  if (next !== 'submit') return stay({ ...state, mode: { ...mode, form: next.form } });
  if (state.sending) {
    const problem = 'The last answer is still on its way; try again in a moment.';
    return stay({ ...state, mode: { ...mode, form: { ...form, problem } } });
  }
  return {
    state: { ...state, mode: { kind: 'session' }, sending: true, grace: startGrace(seen.nowMs) },
    effects: [{ kind: 'send', intent: intentOf(form), said: form.title, card: mode }],
  };
}

/** The rows that have a key of their own. */
const numbered: Partial<Record<Action, number>> = { panel_1: 0, panel_2: 1, panel_3: 2, panel_4: 3 };

function pressInMenu(state: ScreenState, menu: Menu, action: Action | null, seen: Seen): Update {
  const count = menu.rows.length;
  const number = action === null ? undefined : numbered[action];
  if (number !== undefined) {
    return number < count
      ? stay({ ...state, mode: { kind: 'menu', menu: { ...menu, selected: number } } })
      : stay(state);
  }
  if (action === 'help') return stay({ ...state, mode: { kind: 'help', query: emptyField, top: 0 } });
  if (action === 'open') {
    const chosen = menu.rows[menu.selected];
    return chosen === undefined ? stay(state) : openRow(state, menu, chosen, seen);
  }
  if (action === null) return stay(state);
  if (action === 'half_down' || action === 'half_up') {
    const leadTop = Math.max(0, menu.leadTop + (action === 'half_down' ? 4 : -4));
    return stay({ ...state, mode: { kind: 'menu', menu: { ...menu, leadTop } } });
  }
  return stay({
    ...state,
    mode: { kind: 'menu', menu: { ...menu, selected: moved(action, menu.selected, count, 1) } },
  });
}

function openRow(state: ScreenState, menu: Menu, chosen: MenuRow, seen: Seen): Update {
  if (chosen.closed !== null) return stay(say(state, seen, `${chosen.title}: ${chosen.closed}`));
  switch (chosen.opens.kind) {
    case 'close':
      return stay({ ...state, mode: { kind: 'session' } });
    case 'form':
      return stay(withForm(state, seen, chosen.opens.form, menu));
    case 'effect':
      return { state: { ...state, mode: { kind: 'session' } }, effects: [chosen.opens.effect] };
  }
}

function pressInSearch(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'search' }>,
  key: KeyName,
  seen: Seen,
): Update {
  if (key === 'enter') {
    const query = mode.field.value;
    const matches = query === '' ? [] : seen.searchOutput(query);
    const output = found(state.output, query, matches, seen.heights[3]);
    const next: ScreenState = { ...state, mode: { kind: 'session' }, output };
    return stay(
      query !== '' && matches.length === 0
        ? say(next, seen, `Nothing in the output contains "${query}".`)
        : next,
    );
  }
  const field = typeInto(mode.field, key);
  return stay(field === null ? state : { ...state, mode: { ...mode, field } });
}

function pressInFinder(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'help' | 'palette' }>,
  key: KeyName,
  seen: Seen,
): Update {
  if (mode.kind === 'help') {
    const length = helpEntries(mode.query.value, state, seen).length;
    if (key === 'down' || key === 'pagedown')
      return stay({
        ...state,
        mode: { ...mode, top: moved(key === 'down' ? 'down' : 'half_down', mode.top, length, 8) },
      });
    if (key === 'up' || key === 'pageup')
      return stay({
        ...state,
        mode: { ...mode, top: moved(key === 'up' ? 'up' : 'half_up', mode.top, length, 8) },
      });
    const query = typeInto(mode.query, key);
    return stay(query === null ? state : { ...state, mode: { kind: 'help', query, top: 0 } });
  }
  const entries = paletteEntries(mode.query.value, state, seen);
  if (key === 'down')
    return stay({ ...state, mode: { ...mode, selected: Math.min(entries.length - 1, mode.selected + 1) } });
  if (key === 'up') return stay({ ...state, mode: { ...mode, selected: Math.max(0, mode.selected - 1) } });
  if (key === 'enter') {
    const chosen = entries[mode.selected];
    const closed: ScreenState = { ...state, mode: { kind: 'session' } };
    return chosen === undefined ? stay(closed) : sessionKey(closed, chosen.action, seen);
  }
  const query = typeInto(mode.query, key);
  return stay(query === null ? state : { ...state, mode: { kind: 'palette', query, selected: 0 } });
}

function debtMenuOf(debt: ObligationView, { view }: Seen): Menu {
  const drift = view.drift.find(({ key }) => key === debt.key);
  if (drift !== undefined) return driftMenu(debt, drift);
  return debtMenu(debt, view.messages?.find((message) => message.debt === debt.key) ?? null);
}

function pressInDebts(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'debts' }>,
  action: Action | null,
  seen: Seen,
): Update {
  const debts = owedNow(seen.view);
  const debt = debts[mode.selected];
  if (action === 'leave') return sessionKey({ ...state, mode: { kind: 'session' } }, action, seen);
  if (action === 'help') return stay({ ...state, mode: { kind: 'help', query: emptyField, top: 0 } });
  if (debt !== undefined && seen.drives) {
    if (action === 'open') return stay({ ...state, mode: { kind: 'menu', menu: debtMenuOf(debt, seen) } });
    if (action === 'run' && debt.release.length > 0)
      return stay(withForm(state, seen, releaseForm(debt), debtMenuOf(debt, seen)));
  }
  return action === null
    ? stay(state)
    : stay({ ...state, mode: { ...mode, selected: moved(action, mode.selected, debts.length, 1) } });
}

function pressInScope(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'scope' }>,
  action: Action | null,
  seen: Seen,
): Update {
  const rows = seen.view.scope?.rows ?? [];
  const chosen = rows[mode.selected];
  if (action === 'leave') return sessionKey({ ...state, mode: { kind: 'session' } }, action, seen);
  if (action === 'help') return stay({ ...state, mode: { kind: 'help', query: emptyField, top: 0 } });
  if (action === 'open') {
    if (chosen === undefined || !seen.drives || !mayScope(seen.view)) return stay(state);
    return stay({ ...state, mode: { kind: 'menu', menu: scopeMenu(chosen, seen.drives) } });
  }
  return action === null
    ? stay(state)
    : stay({ ...state, mode: { ...mode, selected: moved(action, mode.selected, rows.length, 1) } });
}

function pressInList(
  state: ScreenState,
  mode: Extract<Mode, { kind: 'undo_path' }>,
  action: Action | null,
  seen: Seen,
): Update {
  if (action === 'leave') return sessionKey({ ...state, mode: { kind: 'session' } }, action, seen);
  if (action === 'help') return stay({ ...state, mode: { kind: 'help', query: emptyField, top: 0 } });
  const length = seen.view.phases.reduce((sum, { steps }) => sum + steps.length, 0);
  return action === null
    ? stay(state)
    : stay({ ...state, mode: { ...mode, top: moved(action, mode.top, length, 1) } });
}

/** Pasted text: into the field that is open, and never an answer. */
export function pasteText(before: ScreenState, text: string, seen: Seen): Update {
  const state: ScreenState = { ...before, lastKeyMs: seen.nowMs };
  const { mode } = state;
  if (mode.kind === 'form') {
    if (attemptOf(mode.form.purpose) !== null && inGrace(state.grace, seen.nowMs))
      return stay({ ...state, grace: startGrace(seen.nowMs) });
    return stay({ ...state, mode: { ...mode, form: formPaste(mode.form, text) } });
  }
  if (mode.kind === 'search')
    return stay({ ...state, mode: { ...mode, field: pasteInto(mode.field, text) } });
  if (mode.kind === 'help' || mode.kind === 'palette')
    return stay({ ...state, mode: { ...mode, query: pasteInto(mode.query, text) } });
  return stay(say(state, seen, 'Pasted text is ignored here: it never answers a question.'));
}
