import type { CurrentStep } from '../../machine/view.ts';
import type { Role } from '../theme.ts';
import type { Form } from './form.ts';
import type { Effect } from './screen-state.ts';

export type Opening =
  | { readonly kind: 'form'; readonly form: Form }
  | { readonly kind: 'effect'; readonly effect: Effect }
  | { readonly kind: 'close' };

export interface MenuRow {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly role: Role | null;
  readonly mark: string | null;
  /** Why it cannot be taken, or null. */
  readonly closed: string | null;
  readonly opens: Opening;
}

/** What stands above the rows of a card. */
export type Card =
  | 'decision'
  | 'approval'
  | 'doubt'
  | 'ways_on'
  | 'leave'
  | 'interrupt'
  | 'debt'
  | 'command'
  | 'denied'
  | 'held'
  | 'scope'
  | 'data';

export interface Menu {
  readonly card: Card;
  readonly title: string;
  readonly rows: readonly MenuRow[];
  readonly selected: number;
  /** How far the text above the rows is scrolled. */
  readonly leadTop: number;
  /** The attempt it asks about; it closes when that is over. */
  readonly attempt: string | null;
}

export const entry = (
  id: string,
  title: string,
  detail: string,
  opens: Opening,
  more: Partial<Pick<MenuRow, 'role' | 'mark' | 'closed'>> = {},
): MenuRow => ({
  id,
  title,
  detail,
  opens,
  role: more.role ?? null,
  mark: more.mark ?? null,
  closed: more.closed ?? null,
});

/** A card as it opens: on its first row unless said otherwise. */
export const menuOf = (
  menu: Pick<Menu, 'card' | 'title' | 'rows'> & Partial<Pick<Menu, 'selected' | 'attempt'>>,
): Menu => ({ selected: 0, leadTop: 0, attempt: null, ...menu });

const copied = {
  patch: 'copy the patch',
  message: 'copy the message',
  rebase: 'the runbook is wrong: take a mended one over',
} as const;

/** A row that puts text into the clipboard and a file. */
export const copyRow = (what: keyof typeof copied, text: string, detail: string): MenuRow =>
  entry('copy', copied[what], detail, { kind: 'effect', effect: { kind: 'copy', what, text } });

export const toForm = (form: Form): Opening => ({ kind: 'form', form });
export const about = ({ place, attempt }: CurrentStep) => ({ place, attempt });

/** The same menu with the cursor on the same row, as far as it still exists. */
export function keepSelection(fresh: Menu, old: Menu): Menu {
  const id = old.rows[old.selected]?.id;
  const selected = fresh.rows.findIndex((entryRow) => entryRow.id === id);
  return { ...fresh, selected: Math.max(0, selected), leadTop: old.leadTop };
}
