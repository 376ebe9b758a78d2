import { keyName, type KeyBinding } from '../keymap.ts';
import { inGrace } from '../keys/grace.ts';
import type { Look } from '../look.ts';
import { owedNow } from '../state/debts.ts';
import { isEnabled } from '../state/enabled.ts';
import { contextOf } from '../state/mode.ts';
import { footerBindings } from '../state/palette.ts';
import { mayScope } from '../state/scope-menu.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { fitRow, rowWidth, span, type Row, type Span } from '../text/row.ts';

/** Labels that say more where the situation does. */
function labelOf({ action, label }: KeyBinding, seen: Seen): string {
  if (action === 'hold') return seen.view.status === 'held' ? 'go on' : label;
  if (action === 'leave' && seen.view.status === 'ended' && owedNow(seen.view).length === 0) return 'close';
  return label;
}

/** Hints of what the keyboard can do here; whatever stands here does something. */
export function footerHints(state: ScreenState, seen: Seen): readonly KeyBinding[] {
  const context = contextOf(state.mode);
  if (state.mode.kind === 'resume') return [];
  return footerBindings(context, ({ action }) => {
    if (context === 'session') return isEnabled(action, state, seen);
    if (action === 'run')
      return state.mode.kind === 'debts' && seen.view.obligations.length > 0 && seen.drives;
    if (action === 'open')
      return (
        state.mode.kind !== 'undo_path' &&
        state.mode.kind !== 'help' &&
        (state.mode.kind !== 'scope' || (seen.drives && mayScope(seen.view))) &&
        (state.mode.kind !== 'debts' || seen.drives)
      );
    if (action === 'edit')
      return state.mode.kind === 'form' && state.mode.form.fields[state.mode.form.focus]?.kind === 'text';
    return true;
  });
}

/** The footer in one row: as many hints as fit, the way to all others always. */
export function footerRow(state: ScreenState, seen: Seen, look: Look, columns: number): Row {
  const hints = footerHints(state, seen);
  const drawn = (binding: KeyBinding): readonly Span[] => [
    span(keyName(binding.keys[0]), 'key'),
    span(` ${labelOf(binding, seen)}`, inGrace(state.grace, seen.nowMs) ? 'dim' : undefined),
  ];
  const always = hints.filter(({ action }) => action === 'help' || action === 'back' || action === 'leave');
  const others = hints.filter((binding) => !always.includes(binding));
  const tail = always.flatMap((binding) => [span('   '), ...drawn(binding)]);
  let spans: readonly Span[] = [span(' ')];
  for (const [at, binding] of others.entries()) {
    const next = [...spans, ...(at === 0 ? [] : [span('   ')]), ...drawn(binding)];
    if (rowWidth(next) + rowWidth(tail) > columns) break;
    spans = next;
  }
  return fitRow([...spans, ...(rowWidth(spans) <= 1 ? tail.slice(1) : tail)], columns);
}
