import type { ChosenView, CurrentStep } from '../../machine/view.ts';
import { asideField, nameField, openForm, reasonField, textField, type Field, type Form } from './form.ts';
import { about, entry, menuOf, toForm, type Menu, type MenuRow } from './menu.ts';
import { escalateForm } from './session-forms.ts';
import { abortForm } from './leave-menu.ts';

/** The question before a step runs: `y`, or first the name where the step asks for it. */
export function runForm(step: CurrentStep): Form | null {
  const offer = step.offers.find(({ intent }) => intent === 'run');
  if (offer?.intent !== 'run') return null;
  const name = offer.confirm === 'name' ? (offer.name ?? step.shown?.name ?? step.shown?.target ?? '') : null;
  return openForm(
    { type: 'run', ...about(step) },
    name === null ? 'Run this step' : 'Run this step: there is no easy way back',
    {
      fields: name === null ? [] : [nameField(name)],
      question: 'Run it exactly as shown above?',
      severe: name !== null,
    },
  );
}

export const skipForm = (step: CurrentStep, override: boolean): Form =>
  openForm(
    { type: 'skip', ...about(step), override },
    override ? 'Override: go on without this step' : 'Skip this step',
    {
      lead: override
        ? 'This step guards, verifies or opens a debt. Going on without it is recorded under your name.'
        : null,
      fields: [reasonField(override ? 'why it is right to go on without it' : 'why it is not needed')],
      question: override ? 'Override, with this reason?' : 'Skip it, with this reason?',
      severe: override,
    },
  );

/** How to write the answers whose form the session checks. */
const needHint: Readonly<Record<string, string>> = { until: 'a span like 2m, or a time like 14:30' };

function decisionMenu(step: CurrentStep): Menu | null {
  const { question } = step;
  if (question === null) return null;
  return menuOf({
    card: 'decision',
    title: step.title,
    selected: Math.max(
      0,
      question.options.findIndex(({ offered }) => offered !== 'fail'),
    ),
    attempt: step.attempt,
    rows: question.options.map((option) => {
      const recommended = option.id === question.recommended;
      const against = question.recommended !== null && !recommended;
      const must = against || option.offered === 'unknown';
      const fields: readonly Field[] = [
        ...option.needs.map((need) => textField(`need:${need}`, need, needHint[need] ?? '', true)),
        reasonField(
          against
            ? 'why not what is recommended'
            : option.offered === 'unknown'
              ? 'why, although a fact is unknown'
              : 'may stay empty',
          must,
        ),
        textField('objection', 'objection', 'who objects, and why; may stay empty', false),
        asideField('consulted', 'asked', 'who else was asked, with commas; Down leads here'),
      ];
      const form = openForm(
        { type: 'choose', ...about(step), option: option.id, needs: option.needs },
        option.title,
        {
          lead: against ? 'This goes against the recommendation: a reason is needed.' : null,
          fields,
          question: 'Take this option?',
        },
      );
      const reversible = option.reversible === null ? '' : `way back: ${option.reversible}`;
      return entry(
        option.id,
        option.title,
        [option.why, reversible].filter((text) => text !== '').join(' · '),
        toForm(form),
        {
          mark: recommended ? 'recommended' : option.offered === 'unknown' ? 'unknown' : null,
          role: recommended ? 'good' : option.offered === 'unknown' ? 'unknown' : null,
          closed: option.offered === 'fail' ? option.why : null,
        },
      );
    }),
  });
}

/** A choice that is held open: to act on it now, to object, and after an objection to choose again. */
function chosenMenu(step: CurrentStep, chosen: ChosenView): Menu {
  const objected = chosen.objections.length > 0;
  const goOn = openForm({ type: 'go_on', ...about(step) }, `Act now: ${chosen.title}`, {
    fields: [reasonField(objected ? 'why in spite of the objection' : 'why not wait for objections')],
    question: 'Act on it now?',
  });
  const object = openForm({ type: 'object', ...about(step) }, `Object to: ${chosen.title}`, {
    fields: [textField('text', 'objection', 'what speaks against it', true)],
    question: 'Object? It does not act then until somebody says so.',
  });
  const again = objected ? (decisionMenu(step)?.rows ?? []) : [];
  return menuOf({
    card: 'decision',
    title: step.title,
    attempt: step.attempt,
    rows: [
      entry('object', 'object', 'from any terminal; it waits for people then', toForm(object), {
        role: 'unknown',
      }),
      entry('go_on', `act now: ${chosen.title}`, 'with a reason', toForm(goOn)),
      ...again.map((row) => ({ ...row, title: `choose again: ${row.title}` })),
    ],
  });
}

function approvalMenu(step: CurrentStep): Menu | null {
  if (step.approval === null) return null;
  const sign = openForm({ type: 'sign', ...about(step) }, 'Give a signature', {
    lead: 'A name alone approves nothing: the signature over the request is checked against the allowed signers.',
    fields: [
      textField('principal', 'signer', 'as in the allowed signers file, for example eva@shop.example', true),
      textField('signature', 'signature', 'path of the .sig file, or paste the signature', true),
    ],
    question: 'Hand in this signature?',
  });
  const deny = openForm({ type: 'deny', ...about(step) }, 'Deny the approval', {
    fields: [reasonField('why not')],
    question: 'Deny it, with this reason?',
    severe: true,
  });
  return menuOf({
    card: 'approval',
    title: step.title,
    attempt: step.attempt,
    rows: [
      entry('sign', 'hand in a signature', 'made here or anywhere else', toForm(sign)),
      entry('deny', 'deny', 'with a reason; the step takes its way for a refusal', toForm(deny), {
        role: 'bad',
      }),
    ],
  });
}

function doubtMenu(step: CurrentStep): Menu {
  const answer = (
    as: 'done' | 'not_done' | 'run_again',
    title: string,
    detail: string,
    hint: string,
    severe: boolean,
  ): MenuRow =>
    entry(
      as,
      title,
      detail,
      toForm(
        openForm({ type: 'resolve_doubt', ...about(step), as }, title, {
          fields: [reasonField(hint)],
          question: severe ? 'Run it a second time?' : 'Record this answer?',
          severe,
        }),
      ),
      severe ? { role: 'bad' } : {},
    );
  return menuOf({
    card: 'doubt',
    title: step.title,
    // the author's own probe says it did not happen: that answer is at hand, not its opposite
    selected: step.probe?.result === 'fail' ? 1 : 0,
    attempt: step.attempt,
    rows: [
      answer('done', 'it was done', 'go on to its verification', 'how you know', false),
      answer(
        'not_done',
        'it was not done',
        'the step has failed and takes its way for that',
        'how you know',
        false,
      ),
      answer(
        'run_again',
        'run it again',
        'only where a second run does no harm',
        'why a second run does no harm',
        true,
      ),
    ],
  });
}

function waysOnMenu(step: CurrentStep): Menu {
  const rows = step.offers.flatMap((offer): readonly MenuRow[] => {
    switch (offer.intent) {
      case 'retry':
        return [
          entry(
            'retry',
            'retry the step',
            'starts it once more, as shown',
            toForm(
              openForm({ type: 'retry', ...about(step) }, 'Retry this step', {
                question: 'Run it once more, exactly as shown above?',
              }),
            ),
          ),
        ];
      case 'check_again':
        return [
          entry('check_again', 'check again', 'reads only, changes nothing', {
            kind: 'effect',
            effect: { kind: 'send', intent: { type: 'check_again', ...about(step) }, said: 'checking again' },
          }),
        ];
      case 'route':
        return [
          entry(
            `route:${offer.to}`,
            offer.title,
            offer.to.startsWith('@') ? 'recorded under your name' : `goes on at ${offer.to}`,
            toForm(
              openForm({ type: 'route', ...about(step), to: offer.to }, offer.title, {
                fields: [reasonField('why this way')],
                question: 'Take this way?',
              }),
            ),
          ),
        ];
      case 'skip':
        return [
          entry(
            `skip:${String(offer.override)}`,
            offer.override ? 'override: go on without it' : 'skip it, with a reason',
            offer.override ? 'recorded under your name' : '',
            toForm(skipForm(step, offer.override)),
            offer.override ? { role: 'bad' } : {},
          ),
        ];
      default:
        return [];
    }
  });
  return menuOf({
    card: 'ways_on',
    title: step.title,
    attempt: step.attempt,
    rows: [
      ...rows,
      entry('escalate', 'escalate', 'calls the next person of the runbook', toForm(escalateForm()), {}),
      entry('abort', 'abort through undo', 'undoes what was done, newest first', toForm(abortForm()), {
        role: 'bad',
      }),
    ],
  });
}

const reportForm = (step: CurrentStep): Form =>
  openForm({ type: 'report', ...about(step) }, step.title, {
    fields: [
      textField('text', 'what you saw', 'in your own words', true),
      textField('link', 'link', 'ticket, graph or log; may stay empty', false),
      {
        kind: 'choice',
        id: 'result',
        label: 'result',
        chosen: null,
        options: [
          { id: 'pass', title: 'pass' },
          { id: 'fail', title: 'fail' },
          { id: 'unknown', title: 'unknown' },
        ],
      },
    ],
    question: 'Report this?',
  });

const valueForm = (step: CurrentStep): Form =>
  openForm({ type: 'type_value', ...about(step) }, step.title, {
    fields: [textField('value', 'value', 'as you read it', true)],
    question: 'Is this the value?',
  });

/** What `a` opens for a step: its card, its dialog, or nothing. */
export function answerOf(step: CurrentStep): { readonly menu: Menu } | { readonly form: Form } | null {
  const offered = new Set(step.offers.map(({ intent }) => intent));
  if (step.chosen !== undefined) return { menu: chosenMenu(step, step.chosen) };
  if (offered.has('choose')) {
    const menu = decisionMenu(step);
    return menu === null ? null : { menu };
  }
  if (offered.has('sign')) {
    const menu = approvalMenu(step);
    return menu === null ? null : { menu };
  }
  if (offered.has('resolve_doubt')) return { menu: doubtMenu(step) };
  if (offered.has('report')) return { form: reportForm(step) };
  if (offered.has('type_value')) return { form: valueForm(step) };
  if (step.status === 'failed' || step.status === 'unknown' || step.status === 'in_doubt')
    return { menu: waysOnMenu(step) };
  return null;
}
