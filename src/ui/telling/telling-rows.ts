import type { Telling } from '../../report/telling.ts';
import { keymap, keyName } from '../keymap.ts';
import { titledRule } from '../kit/dialog.ts';
import type { RowsFrame, ScreenSize } from '../kit/frame.ts';
import { centredTop, scrollView } from '../kit/scroll-view.ts';
import { emptyField, textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, rowText, rowWidth, span, type Row } from '../text/row.ts';
import { wrapRow } from '../text/wrap.ts';
import { itemFields, type Page, type TellingState } from './telling-state.ts';

/** The screen: every page on the left, the one at hand on the right. One row less than the terminal has. */
export function tellingFrame(telling: Telling, state: TellingState, size: ScreenSize, look: Look): RowsFrame {
  const { columns } = size;
  const height = Math.max(4, size.rows - 4);
  const left = Math.min(28, Math.floor(columns * 0.33));
  const right = Math.max(20, columns - left - 3);
  const answered = telling.questions.filter(({ answer }) => answer !== null).length;
  const list = listRows(telling, state, look);
  const shown = scrollView(list, height, left, centredTop(state.at, list.length, height), look.glyphs);
  const page = pageRows(telling, state, right, look);
  // what is being written stays in sight, however much stands above it; and so does what is said about it
  const said = state.notes.length === 0 ? 0 : page.rows.length - height;
  const wanted = Math.max(page.fieldAt - height + 4, said);
  const top = Math.max(0, Math.min(page.rows.length - height, page.fieldAt, wanted));
  const body = Array.from({ length: height }, (_, index): Row => {
    const first = fitRow(shown.rows[index] ?? emptyRow, left);
    const gap = ' '.repeat(Math.max(0, left - rowWidth(first)));
    return [
      ...first,
      span(`${gap} ${look.glyphs.corners.length > 0 ? '│' : '|'} `, 'border'),
      ...fitRow(page.rows[index + top] ?? emptyRow, right),
    ];
  });
  const due = telling.owed && telling.due !== null ? `due ${telling.due.slice(0, 10)} · ` : '';
  const progress = `${due}${String(answered)} of ${String(telling.questions.length)} answered`;
  const title = `${telling.drill ? 'DRILL: ' : ''}post-mortem: ${plain(telling.title)}`;
  // the progress is never what is cut
  const room = columns - progress.length - 10;
  return {
    rows: [
      titledRule(rowText(fitRow(row(title), room)), progress, columns, look.glyphs.rule, 'focus'),
      ...body,
      row(span(look.glyphs.rule.repeat(columns), 'border')),
      footerRow(columns),
    ],
    cursor: page.cursorAt === null ? null : { x: left + 3 + page.cursorAt, y: 1 + page.fieldAt - top },
  };
}

function listRows(telling: Telling, state: TellingState, look: Look): readonly Row[] {
  return state.pages.map((page, index) => {
    const { done, text } = lineOf(telling, page);
    const here = index === state.at;
    return row(
      span(here ? `${look.glyphs.pointer} ` : '  ', 'focus'),
      span(`${done ? look.glyphs.pass : look.glyphs.dot} `, done ? 'good' : 'dim'),
      span(plain(text), here ? 'selected' : done ? 'dim' : undefined),
    );
  });
}

function lineOf(telling: Telling, page: Page): { readonly done: boolean; readonly text: string } {
  switch (page.kind) {
    case 'question':
      return {
        done: telling.questions.some(({ id, answer }) => id === page.id && answer !== null),
        text: page.id,
      };
    case 'item': {
      const item = telling.items.find(({ finding }) => finding === page.finding);
      return { done: item !== undefined, text: `${item?.id ?? page.draft}: ${page.finding}` };
    }
    case 'finish':
      return { done: telling.finished, text: 'finished?' };
  }
}

interface PageRows {
  readonly rows: readonly Row[];
  readonly fieldAt: number;
  readonly cursorAt: number | null;
}

function pageRows(telling: Telling, state: TellingState, width: number, look: Look): PageRows {
  const page = state.pages[state.at];
  const notes = state.notes.flatMap((note) => wrapRow(row(span(plain(note), 'unknown')), width, 2));
  const wrapped = (text: string, role?: 'strong' | 'dim'): readonly Row[] =>
    wrapRow(row(span(plain(text), role)), width);
  if (page === undefined || page.kind === 'finish') {
    const rows = telling.finished
      ? wrapped('It is finished. Answers can still be changed; each change is on record.', 'strong')
      : telling.missing.length === 0
        ? wrapped('Everything that is needed is there. Enter finishes it.', 'strong')
        : [
            ...wrapped('Not finished yet. Missing:', 'strong'),
            ...telling.missing.flatMap((one) => wrapRow(row(`${look.glyphs.bullet} `, plain(one)), width, 2)),
          ];
    return { rows: [...rows, emptyRow, ...notes], fieldAt: 0, cursorAt: null };
  }
  if (page.kind === 'item') return itemRows(telling, state, page, width, notes);
  const question = telling.questions.find(({ id }) => id === page.id);
  const field = state.fields[0] ?? emptyField;
  const lines = field.value.includes('\n') ? field.value.split('\n') : [];
  const above = [
    ...wrapped(question?.ask ?? '', 'strong'),
    emptyRow,
    ...contextOf(telling, question?.section ?? '').flatMap((text) => wrapped(text, 'dim')),
    emptyRow,
    ...lines.flatMap((line) => wrapped(line)),
    ...(lines.length > 0 ? wrapped('(several lines: Ctrl-E edits them)', 'dim') : []),
  ];
  // a field is one line: what has more is shown whole above it
  const oneLine = { ...field, value: field.value.replaceAll('\n', ' ') };
  const drawn = textFieldRow(oneLine, width, 'Enter records it; empty stays open');
  return { rows: [...above, drawn.row, emptyRow, ...notes], fieldAt: above.length, cursorAt: drawn.cursorAt };
}

const hints: Readonly<Record<(typeof itemFields)[number], string>> = {
  what: 'what is to change; Enter alone: no action item',
  kind: 'prevent, detect, mitigate or process',
  owner: 'who sees to it',
  by: '2026-12-31',
  proof: 'how we shall know that it worked',
  lasts: 'y: without anybody being more careful',
};

function itemRows(
  telling: Telling,
  state: TellingState,
  page: Extract<Page, { kind: 'item' }>,
  width: number,
  notes: readonly Row[],
): PageRows {
  const item = telling.items.find(({ finding }) => finding === page.finding);
  const above = [
    ...wrapRow(row(span(`finding: ${plain(page.finding)}`, 'strong')), width),
    emptyRow,
    ...(item === undefined
      ? []
      : wrapRow(
          row(
            span(`${item.id} is on record: ${plain(item.text)}. What is entered here is another one.`, 'dim'),
          ),
          width,
        )),
  ];
  const label = 8;
  const drawn = state.fields.map((field, index) => {
    const name = itemFields[index] ?? 'what';
    const line = textFieldRow(field, Math.max(8, width - label), hints[name]);
    return {
      row: row(span(name.padEnd(label), index === state.field ? 'focus' : 'dim'), ...line.row),
      cursorAt: label + line.cursorAt,
    };
  });
  return {
    rows: [...above, ...drawn.map((line) => line.row), emptyRow, ...notes],
    fieldAt: above.length + state.field,
    cursorAt: drawn[state.field]?.cursorAt ?? null,
  };
}

/** What the record says beside a question, so that nobody has to look it up. */
function contextOf({ story, drafts }: Telling, section: string): readonly string[] {
  const number = /^decision(\d+)$/.exec(section)?.[1];
  if (number !== undefined) {
    const decision = story.decisions[Number(number) - 1];
    if (decision === undefined) return [];
    const { title, made } = decision;
    if (made === null) return [`${title} Not decided.`];
    return [`${title} Chosen: ${made.title}${made.reason === null ? '' : ` (${made.reason})`}`];
  }
  if (section === 'factors' || section === 'followup')
    return drafts.slice(0, 6).map(({ text }) => `- ${text}`);
  if (section === 'obligations')
    return story.obligations
      .map(({ opened, closed }) => `- ${opened.title}: ${closed?.how ?? 'open'}`)
      .slice(0, 6);
  return [];
}

/** The keys that do something here. */
function footerRow(columns: number): Row {
  // the order in which they are left out where there is no room, the last one first
  const wanted = ['open', 'next', 'back', 'edit', 'previous'] as const;
  const words: Readonly<Record<(typeof wanted)[number], string>> = {
    open: 'record',
    next: 'next',
    previous: 'previous',
    edit: '$EDITOR',
    back: 'leave',
  };
  let spans: Row = [];
  for (const action of wanted) {
    const binding = keymap.find((one) => one.action === action && one.contexts.includes('text'));
    if (binding === undefined) continue;
    const key = span(` ${keyName(binding.keys[0])}`, 'key');
    const next = [...spans, key, span(` ${words[action]} `, 'dim')];
    if (rowWidth(next) > columns) break;
    spans = next;
  }
  return fitRow(spans, columns);
}
