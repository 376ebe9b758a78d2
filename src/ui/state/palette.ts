import { keymap, type Context, type KeyBinding } from '../keymap.ts';
import { isEnabled } from './enabled.ts';
import type { ScreenState, Seen } from './screen-state.ts';

const matches = (query: string, { label, action, group }: KeyBinding): boolean => {
  const text = `${label} ${action.replaceAll('_', ' ')} ${group}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** Every key that a search finds: those that do something now come first. */
export const helpEntries = (
  query: string,
  state: ScreenState,
  seen: Seen,
): readonly { readonly binding: KeyBinding; readonly now: boolean }[] =>
  keymap
    .filter((binding) => matches(query, binding))
    .map((binding) => ({
      binding,
      now: binding.contexts.includes('session') && isEnabled(binding.action, state, seen),
    }))
    .toSorted((left, right) => Number(right.now) - Number(left.now));

/** The actions that can be taken now and that a search finds. */
export const paletteEntries = (query: string, state: ScreenState, seen: Seen): readonly KeyBinding[] =>
  keymap.filter(
    (binding) =>
      binding.contexts.includes('session') &&
      binding.group !== 'motion' &&
      binding.action !== 'palette' &&
      binding.action !== 'back' &&
      isEnabled(binding.action, state, seen) &&
      matches(query, binding),
  );

/** The hints of a context, most wanted first. */
export const footerBindings = (
  context: Context,
  usable: (binding: KeyBinding) => boolean,
): readonly KeyBinding[] =>
  keymap
    .filter(
      (binding) => binding.footer !== undefined && binding.contexts.includes(context) && usable(binding),
    )
    .toSorted((left, right) => (left.footer ?? 0) - (right.footer ?? 0));
