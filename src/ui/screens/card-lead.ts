import type { CurrentStep, ObligationView } from '../../machine/view.ts';
import { evidenceText, observationText } from '../../report/evidence-text.ts';
import type { Look } from '../look.ts';
import type { Menu } from '../state/menu.ts';
import type { Seen } from '../state/screen-state.ts';
import { plain, plainLines } from '../text/plain.ts';
import { row, span } from '../text/row.ts';
import type { Row } from '../text/row.ts';
import { hardWrapRow, wrapRow } from '../text/wrap.ts';
import { epochMs, lengthText, since, timeOfDay } from '../time.ts';
import { dataRows } from './data-rows.ts';
import { driftRows } from './drift-rows.ts';
import { debtRows } from './figures.ts';
import { readingRows } from './readings.ts';
import { commandRows, prose, wayBackRows } from './step-panel.ts';
import { overrideFile, approvalFile } from './request-file.ts';

/** What a card tells before it asks. */
export function leadRows(
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
    ...signLead(approval.request, approvalFile(seen.copyFolder, approval.digest), columns),
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

/** How a request is signed, and its words. */
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
