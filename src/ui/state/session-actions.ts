import type { Action } from '../keymap.ts';
import { dataMenu } from './data-menu.ts';
import { startGrace } from '../keys/grace.ts';
import { emptyField } from '../kit/text-field.ts';
import { owedNow } from './debts.ts';
import { answerOf, runForm, skipForm } from './step-menus.ts';
import { commandMenu, handOverForm } from './command-menu.ts';
import { deniedMenu } from './denied-menu.ts';
import { heldMenu } from './held-menu.ts';
import { driftForm, escalateForm, eventForm, holdForm, noteForm } from './session-forms.ts';
import { leaveMenu } from './leave-menu.ts';
import { scrollOutput, stepMatch } from './output-keys.ts';
import {
  askedOf,
  startDenied,
  selectedStep,
  type Effect,
  type Panel,
  type ScreenState,
  type Seen,
  type Update,
} from './screen-state.ts';
import { stay, withForm } from './mode.ts';

/** Below this width there is one panel at a time. */
export const tabsBelow = 100;

/** The panel that motion keys move: in wide layouts the output unless another was chosen, else the tab that is shown. */
export const focusedPanel = (state: ScreenState, seen: Pick<Seen, 'columns'>): Panel =>
  state.panel ?? (seen.columns < tabsBelow ? 2 : 3);

const withEffect = (state: ScreenState, effect: Effect): Update => ({ state, effects: [effect] });

/** What an action does on the session screen; it was found possible before. */
export function sessionAction(state: ScreenState, action: Action, seen: Seen): Update {
  const step = selectedStep(seen.view, state.selected);
  const panel = focusedPanel(state, seen);
  switch (action) {
    case 'run': {
      const form = step === null ? null : runForm(step);
      return stay(form === null ? state : withForm(state, seen, form));
    }
    case 'override':
      if (step !== null && startDenied(seen.view, step))
        return stay({
          ...state,
          mode: { kind: 'menu', menu: deniedMenu(seen.view, step) },
          grace: startGrace(seen.nowMs),
          message: null,
        });
      return stay(step === null ? state : withForm(state, seen, skipForm(step, true)));
    case 'skip':
      return stay(step === null ? state : withForm(state, seen, skipForm(step, false)));
    case 'answer': {
      const answer = step === null ? null : answerOf(step);
      if (answer === null) return stay(state);
      if ('form' in answer) return stay(withForm(state, seen, answer.form));
      return stay({
        ...state,
        mode: { kind: 'menu', menu: answer.menu },
        grace: startGrace(seen.nowMs),
        message: null,
      });
    }
    case 'check_again':
      if (step === null || state.sending) return stay(state);
      return withEffect(
        { ...state, sending: true },
        {
          kind: 'send',
          intent: { type: 'check_again', place: step.place, attempt: step.attempt },
          said: 'Check again',
        },
      );
    case 'note':
      return stay(withForm(state, seen, noteForm()));
    case 'drift':
      return stay(withForm(state, seen, driftForm()));
    case 'event':
      return stay(withForm(state, seen, eventForm(seen.view.windowEvents)));
    case 'hold':
      if (seen.view.status !== 'held') return stay(withForm(state, seen, holdForm()));
      return stay({
        ...state,
        mode: { kind: 'menu', menu: heldMenu(seen.view) },
        grace: startGrace(seen.nowMs),
        message: null,
      });
    case 'escalate':
      return stay(withForm(state, seen, escalateForm()));
    case 'command': {
      const offer = seen.view.command?.offer ?? null;
      if (offer === null) return stay(withForm(state, seen, handOverForm()));
      return stay({
        ...state,
        mode: { kind: 'menu', menu: commandMenu(offer.to, seen.drives) },
        message: null,
      });
    }
    case 'drive':
      return withEffect(state, { kind: 'take_over' });
    case 'undo_path':
      return stay({ ...state, mode: { kind: 'undo_path', top: 0 } });
    case 'scope':
      return stay({ ...state, mode: { kind: 'scope', selected: firstAsked(seen.view) } });
    case 'debts':
      return stay({ ...state, mode: { kind: 'debts', selected: 0 } });
    case 'data':
      return stay({ ...state, mode: { kind: 'menu', menu: dataMenu(seen.view, seen.drives) } });
    case 'copy_command':
      return withEffect(state, { kind: 'copy', what: 'command' });
    case 'copy_output':
      return withEffect(state, { kind: 'copy', what: 'output' });
    case 'export':
      return withEffect(state, { kind: 'export', session: seen.view.session.id });
    case 'pager':
      return withEffect(state, { kind: 'pager' });
    case 'suspend':
      return withEffect(state, { kind: 'suspend' });
    case 'follow':
      return stay({ ...state, output: { ...state.output, follow: true } });
    case 'wrap':
      return stay({ ...state, output: { ...state.output, wrap: !state.output.wrap } });
    case 'times':
      return stay({ ...state, output: { ...state.output, times: !state.output.times } });
    case 'search':
      return stay({ ...state, mode: { kind: 'search', field: emptyField } });
    case 'next_match':
      return stay({ ...state, output: stepMatch(state.output, 1, seen.heights[3]) });
    case 'previous_match':
      return stay({ ...state, output: stepMatch(state.output, -1, seen.heights[3]) });
    case 'panel_1':
    case 'panel_2':
    case 'panel_3':
    case 'panel_4':
      return stay({ ...state, panel: panelOf[action] });
    case 'next':
      return stay({ ...state, panel: nextPanel(panel, 1) });
    case 'previous':
      return stay({ ...state, panel: nextPanel(panel, -1) });
    case 'zoom':
      return stay({ ...state, zoomed: !state.zoomed });
    case 'next_step':
    case 'previous_step':
      return stay(otherStep(state, seen, action === 'next_step' ? 1 : -1));
    case 'help':
      return stay({ ...state, mode: { kind: 'help', query: emptyField, top: 0 } });
    case 'palette':
      return stay({ ...state, mode: { kind: 'palette', query: emptyField, selected: 0 } });
    case 'back':
      if (state.message !== null) return stay({ ...state, message: null });
      if (state.zoomed) return stay({ ...state, zoomed: false });
      return stay({ ...state, output: { ...state.output, query: '', matches: [], match: 0 } });
    case 'leave':
      return leave(state, seen);
    case 'down':
    case 'up':
    case 'top':
    case 'bottom':
    case 'half_down':
    case 'half_up':
      return stay(scroll(state, action, panel, seen));
    default:
      return stay(state);
  }
}

/** The table opens at the first component that is to be settled. */
const firstAsked = ({ scope }: Seen['view']): number =>
  Math.max(0, scope?.rows.findIndex(({ state }) => state === 'ask') ?? 0);

const panelOf = { panel_1: 1, panel_2: 2, panel_3: 3, panel_4: 4 } as const;

const nextPanel = (panel: Panel, by: 1 | -1): Panel => {
  const order: readonly Panel[] = [1, 2, 3, 4];
  return order[(panel - 1 + by + order.length) % order.length] ?? 1;
};

function scroll(state: ScreenState, action: Action, panel: Panel, seen: Seen): ScreenState {
  if (panel === 3) {
    return { ...state, output: scrollOutput(state.output, action, seen.outputLines, seen.heights[3]) };
  }
  const half = Math.max(1, Math.floor(seen.heights[panel] / 2));
  const by: Partial<Record<Action, number>> = {
    down: 1,
    up: -1,
    half_down: half,
    half_up: -half,
    top: -100_000,
    bottom: 100_000,
  };
  return {
    ...state,
    scroll: { ...state.scroll, [panel]: Math.max(0, state.scroll[panel] + (by[action] ?? 0)) },
  };
}

function otherStep(state: ScreenState, seen: Seen, by: 1 | -1): ScreenState {
  const { current } = seen.view;
  const at = current.findIndex((step) => step === selectedStep(seen.view, state.selected));
  const step = current[(at + by + current.length) % current.length] ?? null;
  return {
    ...state,
    selected: step?.attempt ?? null,
    asked: askedOf(step),
    grace: startGrace(seen.nowMs),
    scroll: { ...state.scroll, 2: 0 },
  };
}

/** `q`: without debts an ended session closes; otherwise it asks, with the debts in sight. */
function leave(state: ScreenState, seen: Seen): Update {
  const { status } = seen.view;
  if (status === 'closed') return withEffect(state, { kind: 'leave', left: 'ended' });
  if (status === 'ended' && owedNow(seen.view).length === 0) {
    return withEffect(
      { ...state, sending: true },
      { kind: 'send', intent: { type: 'close' }, said: 'Close' },
    );
  }
  return stay({ ...state, mode: { kind: 'menu', menu: leaveMenu(seen.view, 'leave', seen.drives) } });
}
