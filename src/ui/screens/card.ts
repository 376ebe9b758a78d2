import type { CurrentStep, ObligationView } from '../../machine/view.ts';
import { titledRule } from '../kit/dialog.ts';
import type { CursorPlace, RowsFrame } from '../kit/frame.ts';
import { scrollView } from '../kit/scroll-view.ts';
import { selectRows } from '../kit/select.ts';
import { textFieldRow } from '../kit/text-field.ts';
import { inGrace } from '../keys/grace.ts';
import { evidenceText, observationText } from '../../report/evidence-text.ts';
import type { Look } from '../look.ts';
import { enterWords } from '../state/form-keys.ts';
import { atQuestion, type Form } from '../state/form.ts';
import type { Menu } from '../state/menu.ts';
import { attemptOfMode } from '../state/mode.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { plain, plainLines } from '../text/plain.ts';
import { emptyRow, fitRow, row, span, type Row } from '../text/row.ts';
import { textWidth } from '../text/width.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import { epochMs, lengthText, since, timeOfDay } from '../time.ts';
import { dataRows } from './data-rows.ts';
import { driftRows } from './drift-rows.ts';
import { debtRows } from './figures.ts';
import { readingRows } from './readings.ts';
import { commandRows, prose, wayBackRows } from './step-panel.ts';

/** A part of the screen that is drawn as one text: what comes from outside never shares it with a question of ours. */
export interface Block {
  readonly id: string;
  readonly rows: readonly Row[];
}

export interface CardView {
  readonly blocks: readonly Block[];
  /** How far the text above the rows is scrolled, as far as it can be. */
  readonly leadTop?: number;
  /** Where the cursor stands, from the top left of the card. */
  readonly cursor: CursorPlace | null;
}

export const approvalFile = (folder: string, digest: string): string =>
  `${folder}/approval-${digest.replace(/^sha256:/, '').slice(0, 12)}.txt`;

/** Where the text lies that approves an override. */
export const overrideFile = (folder: string, session: string, key: string): string =>
  `${folder}/${session}-${key}.txt`;

/** What a card tells before it asks. */
function leadRows(
  menu: Menu,
  step: CurrentStep | null,
  seen: Seen,
  look: Look,
  columns: number,
): readonly Row[] {
  switch (menu.card) {
    case 'leave':
    case 'interrupt': {
      const debts = debtRows(seen.view, seen.nowMs, look, columns - 2);
      const head =
        debts.length === 0 ? 'Nothing is owed.' : 'Still owed, each with the command that gives it back:';
      return [
        row(span(head, debts.length === 0 ? 'good' : 'unknown')),
        ...debts.map((line): Row => [span('  '), ...line]),
      ];
    }
    case 'debt': {
      const debt = seen.view.obligations.find(({ title }) => title === menu.title);
      const used = seen.view.overrides.find(({ key }) => key === debt?.key);
      if (used !== undefined)
        return signLead(used.request, overrideFile(seen.copyFolder, seen.view.session.id, used.key), columns);
      const drift = seen.view.drift.find(({ key }) => key !== undefined && key === debt?.key);
      if (drift !== undefined) return driftRows(drift, columns);
      return debt === undefined ? [] : debtLead(debt, seen, columns);
    }
    case 'scope': {
      const chosen = seen.view.scope?.rows.find(({ component }) => component === menu.title);
      return chosen === undefined ? [] : wrapRow(row(plain(chosen.reason)), columns);
    }
    case 'data':
      return seen.view.data === undefined ? [] : dataRows(seen.view.data, look, columns);
    case 'command':
      return (seen.view.command?.offer?.briefing ?? []).flatMap((line) =>
        wrapRow(row(plain(line)), columns, 2),
      );
    case 'held':
      return [
        ...wrapRow(row(span('PAUSED  ', 'unknown'), plain(seen.view.held ?? '')), columns, 8),
        ...(seen.view.takesBack ?? []).map((title): Row => row(span('  undo  ', 'dim'), plain(title))),
      ];
    case 'denied':
      return deniedLead(seen, columns);
    case 'decision':
      return step === null
        ? []
        : [
            ...watchFirstRows(seen, columns),
            ...decisionLead(step, look, columns),
            ...evidenceRows(seen, columns),
          ];
    case 'approval':
      return step === null ? [] : approvalLead(step, seen, look, columns);
    case 'doubt':
      return step === null ? [] : doubtLead(step, seen, look, columns);
    case 'ways_on':
      return step === null
        ? []
        : [
            ...(step.problem === null
              ? []
              : wrapRow(
                  row(
                    span(`${look.glyphs.status[step.status]} ${plain(step.problem.code)} `, 'bad'),
                    plain(step.problem.detail),
                  ),
                  columns,
                  2,
                )),
            ...readingRows(step.readings, look, columns),
            ...commandRows(step, look, columns),
            ...wayBackRows(step, look, columns),
          ];
  }
}

/** For a message that did not arrive: its words, to be copied and told by another way. */
function debtLead(debt: ObligationView, seen: Seen, columns: number): readonly Row[] {
  const message = seen.view.messages?.find((one) => one.debt === debt.key);
  if (message === undefined)
    return [
      row(span('way back  ', 'dim'), debt.release.length === 0 ? 'by hand' : plain(debt.release.join(' '))),
    ];
  return [
    ...wrapRow(row(span('not delivered  ', 'unknown'), plain(message.detail)), columns, 2),
    row(span('to be told, word for word:', 'dim')),
    ...plainLines(message.text).flatMap((line) =>
      hardWrapRow([span(line)], columns - 2).map((part): Row => [span('  '), ...part]),
    ),
  ];
}

function decisionLead(step: CurrentStep, look: Look, columns: number): readonly Row[] {
  const { question, shown, chosen } = step;
  if (question === null) return [];
  const recommended = question.options.find(({ id }) => id === question.recommended);
  const because = reasonShown(plain(question.because));
  const reason = because === '' ? '' : recommended === undefined ? `: ${because}` : `, because ${because}`;
  const advice =
    recommended === undefined
      ? row(span('no recommendation', 'unknown'), reason)
      : row(span('recommended: ', 'good'), span(plain(recommended.title), 'strong'), reason);
  return [
    ...(shown?.body === null || shown?.body === undefined ? [] : prose(shown.body, columns, look)),
    ...wrapRow(advice, columns, 2),
    ...(chosen === undefined
      ? []
      : wrapRow(
          row(span(`chosen by ${plain(chosen.by)}: `, 'dim'), span(plain(chosen.title), 'strong')),
          columns,
          2,
        )),
    ...(chosen?.objections ?? []).flatMap((objection) =>
      wrapRow(row(span(`${plain(objection.by)} objects: `, 'bad'), plain(objection.text)), columns, 2),
    ),
    ...readingRows(question.facts, look, columns),
  ];
}

/** That no change begins yet stands above the options: whoever takes one knows what comes next. */
function watchFirstRows({ view, nowMs }: Seen, columns: number): readonly Row[] {
  const text = observationText(view, (until) => (epochMs(until) ?? nowMs) - nowMs);
  return text === null ? [] : wrapRow(row(span(plain(text), 'unknown')), columns, 2);
}

/** How long the evidence may still take, beside what waiting costs: nothing waits for it. */
function evidenceRows({ view, nowMs }: Seen, columns: number): readonly Row[] {
  const text = evidenceText(view, (until) => (epochMs(until) ?? nowMs) - nowMs);
  return text === null ? [] : wrapRow(row(span(plain(text), 'dim')), columns, 2);
}

/** Why something is recommended, as far as that says more than the recommendation itself. */
const reasonShown = (because: string): string =>
  /^(['"])[\w-]*\1$/.test(because) ? '' : because.replace(/^no recommendation:?\s*/, '');

function approvalLead(step: CurrentStep, seen: Seen, look: Look, columns: number): readonly Row[] {
  const { approval } = step;
  if (approval === null) return [];
  const file = approvalFile(seen.copyFolder, approval.digest);
  const given = approval.given.length === 0 ? 'nobody yet' : approval.given.map(plain).join(', ');
  return [
    ...wrapRow(
      row(
        span(`needs ${approval.needed} from ${plain(approval.role)}`, 'strong'),
        span(` ${look.glyphs.dot} signed: ${given}`),
        span(approval.expiresAt === null ? '' : ` ${look.glyphs.dot} until ${timeOfDay(approval.expiresAt)}`),
      ),
      columns,
      2,
    ),
    row(span('to sign it, here or anywhere else:', 'dim')),
    ...hardWrapRow(row(span(`  walkback approve ${file}`, 'key')), columns),
    row(span('the request, word for word:', 'dim')),
    ...plainLines(approval.request.trimEnd()).flatMap((line) =>
      hardWrapRow([span(line)], columns - 2).map((part): Row => [span('  '), ...part]),
    ),
  ];
}

/** What stands in the way, and what one who may start would sign. */
function deniedLead({ view, copyFolder }: Seen, columns: number): readonly Row[] {
  const { denial, authorityRequest } = view;
  return [
    ...(denial?.blocks ?? []).flatMap(({ text }) => wrapRow(row(span(plain(text), 'bad')), columns, 2)),
    ...(authorityRequest === null
      ? []
      : signLead(authorityRequest.request, approvalFile(copyFolder, authorityRequest.digest), columns)),
  ];
}

function signLead(request: string, file: string, columns: number): readonly Row[] {
  return [
    row(span('to sign it, here or anywhere else:', 'dim')),
    ...hardWrapRow(row(span(`  walkback approve ${file}`, 'key')), columns),
    row(span('the request, word for word:', 'dim')),
    ...plainLines(request.trimEnd()).flatMap((line) =>
      hardWrapRow([span(line)], columns - 2).map((part): Row => [span('  '), ...part]),
    ),
  ];
}

function doubtLead(step: CurrentStep, seen: Seen, look: Look, columns: number): readonly Row[] {
  const started =
    step.startedAt === null
      ? 'at an unknown time'
      : `at ${timeOfDay(step.startedAt)}, ${lengthText(since(step.startedAt, seen.nowMs))} ago`;
  return [
    ...wrapRow(row(span(`Started ${started}; whether it took effect is not known.`, 'unknown')), columns),
    ...(step.problem === null ? [] : wrapRow(row(plain(step.problem.detail)), columns)),
    ...commandRows(step, look, columns),
    ...(step.probe === null
      ? [row(span('no probe of this step can tell', 'dim'))]
      : readingRows([step.probe], look, columns)),
  ];
}

/** Says while keys are swallowed; the row is there either way, so that nothing moves when it goes. */
function graceRow(state: ScreenState, seen: Seen, otherwise: Row, columns: number): Row {
  const swallowing = attemptOfMode(state.mode) !== null && inGrace(state.grace, seen.nowMs);
  return fitRow(
    swallowing ? row(span('keys are ignored for a moment: please read', 'unknown')) : otherwise,
    columns,
  );
}

export function menuView(
  menu: Menu,
  state: ScreenState,
  seen: Seen,
  look: Look,
  columns: number,
  height: number,
): CardView {
  const step = seen.view.current.find(({ attempt }) => attempt === menu.attempt) ?? null;
  const head = titledRule(plain(menu.title), '', columns, look.glyphs.rule, 'focus', 'title');
  const choices = menu.rows.map(({ title, detail, mark, role, closed }) => ({
    title: plain(title),
    detail: plain(closed ?? detail),
    mark: closed === null ? mark : 'not offered',
    role,
    closed: closed !== null,
  }));
  const lead = leadRows(menu, step, seen, look, columns);
  const full = selectRows(choices, menu.selected, columns, look.glyphs, false);
  const brief = full.length + lead.length + 3 > height;
  const select = brief ? selectRows(choices, menu.selected, columns, look.glyphs, true) : full;
  const room = Math.max(1, height - select.length - (brief ? 2 : 3));
  const shown = scrollView(lead, room, columns, menu.leadTop, look.glyphs, 'Ctrl-D shows it');
  const gap = brief || shown.rows.length === 0 ? [] : [emptyRow];
  const foot = graceRow(
    state,
    seen,
    row(span('Enter opens a row; nothing happens before y', 'dim')),
    columns,
  );
  return {
    blocks: [
      { id: 'card-head', rows: [head] },
      { id: 'card-lead', rows: [...shown.rows.map((line) => fitRow(line, columns)), ...gap] },
      { id: 'card-rows', rows: select.map((line) => fitRow(line, columns)) },
      { id: 'card-foot', rows: [foot] },
    ],
    leadTop: shown.top,
    cursor: null,
  };
}

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
