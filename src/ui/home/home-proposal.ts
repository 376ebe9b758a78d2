import { bindingFor } from '../keymap.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { titledRule } from '../kit/dialog.ts';
import { emptyField, textFieldRow, typeInto } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { moved } from '../state/output-keys.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, row, rowWidth, span, type Row } from '../text/row.ts';
import { epochMs, lengthText, since, timeOfDay } from '../time.ts';
import type { HomeData, HomeProposal } from './home-data.ts';
import type { HomeMode, HomeState, HomeUpdate } from './home-state.ts';

type CardMode = Extract<HomeMode, { kind: 'proposal' }>;
type DismissMode = Extract<HomeMode, { kind: 'dismiss' }>;

/** The rows of a proposal's card. */
const rowsOf = ({ starts }: HomeProposal): readonly string[] => [
  'leave it for now',
  ...starts.map(({ name, environment }) =>
    environment === '' ? `start ${name}` : `start ${name} on ${environment}`,
  ),
  'dismiss it, with a reason',
];

/** One key on the card: the first row leaves it, the last one dismisses it, those between start it. */
export function proposalKey(state: HomeState, mode: CardMode, key: KeyName, data: HomeData): HomeUpdate {
  const to = (next: HomeMode): HomeUpdate => ({ state: { ...state, mode: next } });
  const proposal = data.proposals.find(({ id }) => id === mode.id);
  if (proposal === undefined) return to({ kind: 'list' });
  const action = bindingFor(key, 'menu')?.action ?? null;
  if (action === 'back') return to({ kind: 'list' });
  const count = proposal.starts.length + 2;
  if (action !== 'open')
    return action === null ? { state } : to({ ...mode, selected: moved(action, mode.selected, count, 1) });
  if (mode.selected === 0) return to({ kind: 'list' });
  const start = proposal.starts[mode.selected - 1];
  if (start === undefined)
    return to({ kind: 'dismiss', id: mode.id, reason: emptyField, present: null, note: '' });
  const { runbook, environment } = start;
  return { choice: { kind: 'start', proposal: mode.id, runbook, environment } };
}

/** One key while a reason is written. An empty one is not taken. */
export function dismissKey(state: HomeState, mode: DismissMode, key: KeyName): HomeUpdate {
  const to = (next: HomeMode): HomeUpdate => ({ state: { ...state, mode: next } });
  const { id, reason, present } = mode;
  if (key === 'escape') return to({ kind: 'proposal', id, selected: 0 });
  if (key === 'enter') {
    if (reason.value.trim() === '') return to({ ...mode, note: 'a reason is needed: people read it later' });
    if (present === null) return to({ ...mode, present: emptyField, note: '' });
    return {
      choice: {
        kind: 'dismiss',
        proposal: id,
        reason: reason.value.trim(),
        present: present.value.trim(),
      },
    };
  }
  const field = typeInto(present ?? reason, key);
  if (field === null) return { state };
  return to(present === null ? { ...mode, reason: field, note: '' } : { ...mode, present: field, note: '' });
}

interface Drawn {
  readonly rows: readonly Row[];
  /** Column of the cursor in the second row, while something is written. */
  readonly cursorAt: number | null;
}

/** How many alerts a card names; the worst, those that fire longest, first. */
const mostAlerts = 7;

/** The card: what is said, since when, and what can be done. */
export function proposalRows(
  proposal: HomeProposal,
  mode: CardMode,
  {
    columns,
    nowMs,
    swallowing = false,
  }: { readonly columns: number; readonly nowMs: number; readonly swallowing?: boolean },
  look: Look,
): Drawn {
  const alerts = proposal.alerts
    .toSorted(
      (one, other) =>
        Number(other.status === 'firing') - Number(one.status === 'firing') ||
        one.startsAt.localeCompare(other.startsAt),
    )
    .slice(0, mostAlerts);
  const left = Math.max(0, (epochMs(proposal.expiresAt) ?? nowMs) - nowMs);
  return {
    rows: [
      titledRule(
        `proposed: ${plain(proposal.what)}`,
        'nothing has started',
        columns,
        look.glyphs.rule,
        'focus',
      ),
      row(
        span(
          proposal.environment === ''
            ? ' the alert does not say where'
            : ` ${plain(proposal.environment).toUpperCase()}`,
          'bad',
        ),
        span(`  ${plain(proposal.words)}`),
      ),
      row(
        span(
          ` proposed ${lengthText(since(proposal.openedAt, nowMs))} ago, expires in ${lengthText(left)}`,
          'dim',
        ),
      ),
      emptyRow,
      ...alerts.map(({ name, status, startsAt, summary }) =>
        row(
          span(` ${status === 'firing' ? 'FIRING  ' : 'resolved'} `, status === 'firing' ? 'bad' : 'dim'),
          span(plain(name), 'strong'),
          span(`  since ${timeOfDay(startsAt)}  `, 'dim'),
          span(plain(summary)),
        ),
      ),
      ...(proposal.alerts.length > mostAlerts
        ? [row(span(` and ${proposal.alerts.length - mostAlerts} more: walkback show ${proposal.id}`, 'dim'))]
        : []),
      swallowing ? row(span(' keys are ignored for a moment: please read', 'unknown')) : emptyRow,
      ...rowsOf(proposal).map((text, at) =>
        row(
          span(
            `  ${at === mode.selected ? look.glyphs.pointer : ' '} ${plain(text)}`,
            at === mode.selected ? 'selected' : undefined,
          ),
        ),
      ),
    ],
    cursorAt: null,
  };
}

/** The two questions of a dismissal, one after the other. */
export function dismissRows(mode: DismissMode, columns: number, look: Look): Drawn {
  const { reason, present, note } = mode;
  const label = present === null ? ' why not  ' : ' who was present or consulted  ';
  const hint = present === null ? 'it is recorded as a decision' : 'names with commas; Enter for nobody else';
  const field = textFieldRow(present ?? reason, Math.max(8, columns - label.length - 1), hint);
  return {
    rows: [
      titledRule('dismiss the proposal', 'Enter goes on · Esc back', columns, look.glyphs.rule, 'focus'),
      row(span(label, 'dim'), ...field.row),
      ...(present === null ? [] : [row(span(` because: ${plain(reason.value)}`))]),
      ...(note === '' ? [] : [row(span(` ${note}`, 'unknown'))]),
    ],
    cursorAt: label.length + field.cursorAt,
  };
}

/** One line for the list: what is proposed, where, and why, as far as there is room. */
export function proposalLine(proposal: HomeProposal, nowMs: number, width: number): Row {
  const where = proposal.environment === '' ? '' : ` on ${plain(proposal.environment).toUpperCase()}`;
  const line = row(
    span(plain(proposal.what), 'strong'),
    span(where, 'bad'),
    span(', '),
    span(plain(proposal.words), proposal.fires ? 'bad' : undefined),
  );
  const age = span(`  ${lengthText(since(proposal.openedAt, nowMs))} ago`, 'dim');
  return rowWidth([...line, age]) <= width ? [...line, age] : line;
}
