import {
  flaggedText,
  isDueDay,
  isItemKind,
  itemKinds,
  wordingOf,
  type ItemDraft,
  type Telling,
} from '../../report/telling.ts';
import { bindingFor } from '../keymap.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { emptyField, fieldOf, pasteInto, typeInto, type TextField } from '../kit/text-field.ts';

/** One page a question, then one a finding, then the last: whether it is finished. */
export type Page =
  | { readonly kind: 'question'; readonly id: string }
  | { readonly kind: 'item'; readonly finding: string; readonly draft: ItemDraft['kind'] }
  | { readonly kind: 'finish' };

/** What is asked of an action item, one after the other; the first one empty leaves the finding as it is. */
export const itemFields = ['what', 'kind', 'owner', 'by', 'proof', 'lasts'] as const;

export interface TellingState {
  readonly at: number;
  readonly pages: readonly Page[];
  /** One for a question; one for each of `itemFields`. */
  readonly fields: readonly TextField[];
  readonly field: number;
  /** What was warned of: the same text entered again is kept. */
  readonly warned: string | null;
  readonly notes: readonly string[];
}

export type TellingEffect =
  | { readonly kind: 'answer'; readonly id: string; readonly text: string }
  | { readonly kind: 'item'; readonly item: ItemDraft }
  /** Opens the editor over this text; what comes back is put in by `edited`. */
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'finish' }
  | { readonly kind: 'leave' };

export interface TellingUpdate {
  readonly state: TellingState;
  readonly effect: TellingEffect | null;
}

/** Opens at the first question that nobody has answered. */
export function tellingStart(telling: Telling): TellingState {
  const pages: readonly Page[] = [
    ...telling.questions.map(({ id }): Page => ({ kind: 'question', id })),
    ...telling.drafts.map(({ text, kind }): Page => ({ kind: 'item', finding: text, draft: kind })),
    { kind: 'finish' },
  ];
  const open = telling.questions.findIndex(({ answer }) => answer === null);
  return pageAt(
    { at: 0, pages, fields: [], field: 0, warned: null, notes: [] },
    open < 0 ? pages.length - 1 : open,
    telling,
  );
}

/** Another page, with what is on record in its fields. */
export function pageAt(
  state: TellingState,
  at: number,
  telling: Telling,
  notes: readonly string[] = [],
): TellingState {
  const to = Math.max(0, Math.min(state.pages.length - 1, at));
  const page = state.pages[to];
  const answer =
    page?.kind === 'question' ? telling.questions.find(({ id }) => id === page.id)?.answer : null;
  const fields =
    page?.kind === 'item'
      ? itemFields.map((name) => (name === 'kind' ? fieldOf(page.draft) : emptyField))
      : page?.kind === 'question'
        ? [answer == null ? emptyField : fieldOf(answer)]
        : [];
  return { ...state, at: to, fields, field: 0, warned: null, notes };
}

const same = (state: TellingState): TellingUpdate => ({ state, effect: null });

/** One key. */
export function tellingKey(state: TellingState, key: KeyName, telling: Telling): TellingUpdate {
  if (key === 'ctrl+c') return { state, effect: { kind: 'leave' } };
  const action = bindingFor(key, 'text')?.action ?? null;
  const page = state.pages[state.at];
  switch (action) {
    case 'next':
    case 'previous':
      return same(pageAt(state, state.at + (action === 'next' ? 1 : -1), telling));
    case 'back':
      return leaving(state, telling);
    case 'open':
      return entered(state, page, telling);
    case 'edit':
      return page?.kind === 'question'
        ? { state, effect: { kind: 'edit', text: state.fields[0]?.value ?? '' } }
        : same(state);
    default: {
      const field = state.fields[state.field];
      const typed = field === undefined ? null : typeInto(field, key);
      return same(typed === null ? state : withField(state, typed));
    }
  }
}

const withField = (state: TellingState, field: TextField): TellingState => ({
  ...state,
  fields: state.fields.map((one, index) => (index === state.field ? field : one)),
  notes: [],
});

export function tellingPaste(state: TellingState, text: string): TellingState {
  const field = state.fields[state.field];
  return field === undefined ? state : withField(state, pasteInto(field, text));
}

/** What is written and not on record is not dropped by one key. */
function leaving(state: TellingState, telling: Telling): TellingUpdate {
  const kept = pageAt(state, state.at, telling).fields;
  const unsaved = state.fields.some(({ value }, index) => value !== kept[index]?.value);
  const asked = 'not on record yet: Enter records it, Esc again drops it';
  if (!unsaved || state.notes.includes(asked)) return { state, effect: { kind: 'leave' } };
  return same({ ...state, notes: [asked] });
}

function entered(state: TellingState, page: Page | undefined, telling: Telling): TellingUpdate {
  if (page?.kind === 'question')
    return answered(state, page.id, state.fields[0]?.value.trim() ?? '', telling);
  if (page?.kind === 'item') return itemEntered(state, page, telling);
  if (telling.finished) return { state, effect: { kind: 'leave' } };
  return telling.missing.length > 0
    ? same({ ...state, notes: ['not yet: answer what is missing, or leave with Esc'] })
    : { state, effect: { kind: 'finish' } };
}

/** An answer, typed or out of the editor: words that blame are shown once before it is recorded. */
export function answered(state: TellingState, id: string, text: string, telling: Telling): TellingUpdate {
  const on = telling.questions.find((question) => question.id === id)?.answer ?? '';
  if (text === on) return same(pageAt(state, state.at + 1, telling));
  const flagged = state.warned === text ? [] : wordingOf(telling, id, text);
  if (flagged.length > 0)
    return same({
      ...state,
      fields: [fieldOf(text)],
      warned: text,
      notes: [...flagged.map(flaggedText), 'write it again, or keep it with Enter'],
    });
  return { state, effect: { kind: 'answer', id, text } };
}

function itemEntered(
  state: TellingState,
  page: Extract<Page, { kind: 'item' }>,
  telling: Telling,
): TellingUpdate {
  const [what = '', kind = '', owner = '', by = '', proof = '', lasts = ''] = state.fields.map(({ value }) =>
    value.trim(),
  );
  if (what === '') return same(pageAt(state, state.at + 1, telling));
  const name = itemFields[state.field];
  const problem =
    name === 'kind' && !isItemKind(kind)
      ? `one of: ${itemKinds.join(', ')}`
      : name === 'by' && by !== '' && !isDueDay(by)
        ? 'a day like 2026-12-31'
        : null;
  if (problem !== null) return same({ ...state, notes: [problem] });
  if (name === 'what' && state.warned !== what) {
    const flagged = wordingOf(telling, 'AI-new', what);
    if (flagged.length > 0) return same({ ...state, warned: what, notes: flagged.map(flaggedText) });
  }
  if (state.field < itemFields.length - 1) return same({ ...state, field: state.field + 1, notes: [] });
  const item: ItemDraft = {
    id: null,
    kind: isItemKind(kind) ? kind : page.draft,
    text: what,
    owner: owner === '' ? null : owner,
    due: by === '' ? null : by,
    proof: proof === '' ? null : proof,
    lasting: lasts === 'y' || lasts === 'yes',
    finding: page.finding,
  };
  return { state, effect: { kind: 'item', item } };
}
