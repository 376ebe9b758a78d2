import type { CurrentStep } from '../../machine/view.ts';
import type { Action } from '../keymap.ts';
import { answerOf } from './step-menus.ts';
import { textToCopy } from '../text/argv.ts';
import { selectedStep, startDenied, type ScreenState, type Seen } from './screen-state.ts';

const offers = (step: CurrentStep | null, intent: string): boolean =>
  step?.offers.some((offer) => offer.intent === intent) ?? false;

const skips = (step: CurrentStep | null, override: boolean): boolean =>
  step?.offers.some((offer) => offer.intent === 'skip' && offer.override === override) ?? false;

/** Keys that move the session: they need it to be driven from here. Notes, drift, signatures and escalation do not. */
const driving: ReadonlySet<Action> = new Set(['run', 'skip', 'override', 'check_again', 'hold']);

/**
 * Whether an action would do something on the session screen now. The footer, the palette and the dispatch all ask
 * here, so that no hint stands for a dead key.
 */
export function isEnabled(action: Action, state: ScreenState, seen: Seen): boolean {
  const { view } = seen;
  if (driving.has(action) && !seen.drives) return false;
  const step = selectedStep(view, state.selected);
  const over = view.status === 'ended' || view.status === 'closed';
  switch (action) {
    case 'run':
      return offers(step, 'run');
    case 'skip':
      return skips(step, false);
    case 'override':
      return skips(step, true) || (step !== null && startDenied(view, step));
    case 'check_again':
      return offers(step, 'check_again');
    case 'answer':
      return (
        step !== null &&
        answerOf(step) !== null &&
        (seen.drives || offers(step, 'sign') || offers(step, 'object'))
      );
    case 'undo_path':
      return view.phases.some(({ steps }) => steps.some(({ status }) => status === 'done'));
    case 'drive':
      return !seen.drives;
    case 'command':
      return view.status !== 'closed' && (seen.drives || (view.command?.offer ?? null) !== null);
    case 'drift':
    case 'hold':
    case 'escalate':
      return !over && view.status !== 'aborting';
    case 'event':
      return !over && view.windowEvents.length > 0;
    case 'note':
      return view.status !== 'closed';
    case 'scope':
      return view.scope !== undefined;
    case 'debts':
      return view.obligations.length > 0;
    case 'data':
      return view.data !== undefined;
    case 'copy_command':
      return textToCopy(step?.shown ?? null) !== null;
    case 'copy_output':
    case 'pager':
    case 'follow':
    case 'wrap':
    case 'times':
    case 'search':
      return seen.outputLines > 0;
    case 'next_match':
    case 'previous_match':
      return state.output.matches.length > 0;
    case 'next_step':
    case 'previous_step':
      return view.current.length > 1;
    case 'suspend':
      return !view.current.some(({ status }) => status === 'performing');
    case 'export':
      return true;
    case 'back':
      return state.zoomed || state.message !== null || state.output.query !== '';
    case 'open':
    case 'confirm':
    case 'edit':
    case 'drill':
    case 'history':
    case 'compare':
    case 'next_decision':
    case 'previous_decision':
      return false;
    case 'leave':
    case 'interrupt':
    case 'help':
    case 'palette':
    case 'redraw':
    case 'zoom':
    case 'panel_1':
    case 'panel_2':
    case 'panel_3':
    case 'panel_4':
    case 'next':
    case 'previous':
    case 'down':
    case 'up':
    case 'top':
    case 'bottom':
    case 'half_down':
    case 'half_up':
      return true;
  }
}
