import { titledRule } from '../kit/dialog.ts';
import type { CursorPlace, RowsFrame } from '../kit/frame.ts';
import { scrollView } from '../kit/scroll-view.ts';
import { textFieldRow } from '../kit/text-field.ts';
import type { Look } from '../look.ts';
import { enterWords } from '../state/form-keys.ts';
import { atQuestion } from '../state/form.ts';
import type { Form } from '../state/form.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { plain } from '../text/plain.ts';
import { emptyRow, fitRow, row, span } from '../text/row.ts';
import type { Row } from '../text/row.ts';
import { textWidth } from '../text/width.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import { commandRows, prose, wayBackRows } from './step-panel.ts';
import type { CardView } from './card.ts';
import { graceRow } from './card.ts';

function fieldRows(form: Form, columns: number): RowsFrame {
  const labels = Math.min(24, Math.max(0, ...form.fields.map(({ label }) => textWidth(label)))) + 4;
  let cursor: CursorPlace | null = null;
  const rows = form.fields.map((field, at): Row => {
    const focused = at === form.focus;
    const label = fitRow(
      row(span(`${focused ? '>' : ' '} ${plain(field.label)}`, focused ? 'focus' : 'dim')),
      labels,
    );
    if (field.kind === 'choice') {
      const options = field.options.flatMap(({ title }, option) => [
        span(
          option === field.chosen ? `[${title}]` : ` ${title} `,
          option === field.chosen ? 'selected' : undefined,
        ),
        span(' '),
      ]);
      return fitRow(
        [...label, ...options, span(focused && field.chosen === null ? ' arrow keys choose' : '', 'dim')],
        columns,
      );
    }
    const hint = field.kind === 'text' ? plain(field.hint) : 'letter by letter; paste is not accepted';
    const drawn = textFieldRow(field.field, Math.max(8, columns - labels - 1), hint);
    if (focused) cursor = { x: labels + drawn.cursorAt, y: at };
    return fitRow([...label, ...drawn.row], columns);
  });
  return { rows, cursor };
}

/** What the step of a form shows once more: for a run all of it, so that yes is said to exactly this. */
function formLead(form: Form, seen: Seen, look: Look, columns: number): readonly Row[] {
  const own = form.lead === null ? [] : wrapRow(row(form.lead), columns);
  const { purpose } = form;
  if (purpose.type === 'release') {
    const debt = seen.view.obligations.find(({ key }) => key === purpose.key);
    return debt === undefined
      ? own
      : [...own, ...hardWrapRow(row(span('  $ ', 'key'), plain(debt.release.join(' '))), columns)];
  }
  if (!('attempt' in purpose)) return own;
  const step = seen.view.current.find(({ attempt }) => attempt === purpose.attempt);
  if (step === undefined) return own;
  const title = wrapRow(row(span(plain(step.title), 'strong')), columns);
  if (purpose.type === 'run' || purpose.type === 'retry' || purpose.type === 'stop_command') {
    const target =
      step.shown === null || step.shown.target === ''
        ? []
        : wrapRow(row(span('  target  ', 'dim'), span(plain(step.shown.target), 'strong')), columns, 10);
    return [
      ...title,
      ...own,
      ...commandRows(step, look, columns),
      ...target,
      ...wayBackRows(step, look, columns),
    ];
  }
  if (purpose.type === 'report' || purpose.type === 'type_value') {
    return [
      ...own,
      ...(step.shown?.body === null || step.shown?.body === undefined
        ? []
        : prose(step.shown.body, columns, look)),
    ];
  }
  return own;
}

/** A form: what it is about, its fields, and the question that a yes is said to. */
export function formView(
  form: Form,
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const head = titledRule(
    plain(form.title),
    '',
    columns,
    look.glyphs.rule,
    form.severe ? 'bad' : 'focus',
    form.severe ? 'bad' : 'title',
  );
  const lead = formLead(form, seen, look, columns);
  const fields = fieldRows(form, columns);
  const asking = atQuestion(form);
  const question: readonly Row[] =
    form.question === null
      ? []
      : [
          fitRow(
            row(
              span(`${asking ? '>' : ' '} ${plain(form.question)}`, asking ? 'prompt' : 'dim'),
              span(asking ? '   y yes   Esc no' : '', 'key'),
            ),
            columns,
          ),
        ];
  const problem = form.problem === null ? [] : wrapRow(row(span(plain(form.problem), 'bad')), columns);
  const next = asking ? '' : enterWords(form, look.glyphs.dot);
  const foot = [...problem, graceRow(state, seen, row(span(plain(next), 'dim')), columns)];
  const below = fields.rows.length + question.length + foot.length;
  const shown = scrollView(lead, Math.max(0, height - below - 2), columns, 0, look.glyphs);
  const leadBlock =
    shown.rows.length === 0 ? [] : [...shown.rows.map((line) => fitRow(line, columns)), emptyRow];
  const y = 1 + leadBlock.length;
  return {
    blocks: [
      { id: 'card-head', rows: [head] },
      { id: 'card-lead', rows: leadBlock },
      { id: 'card-fields', rows: fields.rows },
      { id: 'card-question', rows: question },
      { id: 'card-foot', rows: foot },
    ],
    cursor: fields.cursor === null ? null : { x: fields.cursor.x, y: y + fields.cursor.y },
  };
}
