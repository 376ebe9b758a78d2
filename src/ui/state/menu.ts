import type {
  ChosenView,
  CurrentStep,
  MessageView,
  ObligationView,
  SessionView,
} from '../../machine/view.ts';
import type { Role } from '../theme.ts';
import { evidenceKinds, nameField, openForm, reasonField, textField, type Field, type Form } from './form.ts';
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

const entry = (
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

const toForm = (form: Form): Opening => ({ kind: 'form', form });
const about = ({ place, attempt }: CurrentStep) => ({ place, attempt });

/** The same menu with the cursor on the same row, as far as it still exists. */
export function keepSelection(fresh: Menu, old: Menu): Menu {
  const id = old.rows[old.selected]?.id;
  const selected = fresh.rows.findIndex((entryRow) => entryRow.id === id);
  return { ...fresh, selected: Math.max(0, selected), leadTop: old.leadTop };
}

// ---- running ----

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

// ---- cards of a step ----

/** How to write the answers whose form the session checks. */
const needHint: Readonly<Record<string, string>> = { until: 'a span like 2m, or a time like 14:30' };

function decisionMenu(step: CurrentStep): Menu | null {
  const { question } = step;
  if (question === null) return null;
  return {
    card: 'decision',
    title: step.title,
    selected: Math.max(
      0,
      question.options.findIndex(({ offered }) => offered !== 'fail'),
    ),
    leadTop: 0,
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
  };
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
  return {
    card: 'decision',
    title: step.title,
    selected: 0,
    leadTop: 0,
    attempt: step.attempt,
    rows: [
      entry('object', 'object', 'from any terminal; it waits for people then', toForm(object), {
        role: 'unknown',
      }),
      entry('go_on', `act now: ${chosen.title}`, 'with a reason', toForm(goOn)),
      ...again.map((row) => ({ ...row, title: `choose again: ${row.title}` })),
    ],
  };
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
  return {
    card: 'approval',
    title: step.title,
    selected: 0,
    leadTop: 0,
    attempt: step.attempt,
    rows: [
      entry('sign', 'hand in a signature', 'made here or anywhere else', toForm(sign)),
      entry('deny', 'deny', 'with a reason; the step takes its way for a refusal', toForm(deny), {
        role: 'bad',
      }),
    ],
  };
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
  return {
    card: 'doubt',
    title: step.title,
    // the author's own probe says it did not happen: that answer is at hand, not its opposite
    selected: step.probe?.result === 'fail' ? 1 : 0,
    leadTop: 0,
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
  };
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
            `goes on at ${offer.to}`,
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
  return {
    card: 'ways_on',
    title: step.title,
    selected: 0,
    leadTop: 0,
    attempt: step.attempt,
    rows: [
      ...rows,
      entry('escalate', 'escalate', 'calls the next person of the runbook', toForm(escalateForm()), {}),
      entry('abort', 'abort through undo', 'undoes what was done, newest first', toForm(abortForm()), {
        role: 'bad',
      }),
    ],
  };
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

// ---- a start that was denied ----

/** What `o` opens for a step whose start was denied: every way on, the safest first. */
export function deniedMenu(view: SessionView, step: CurrentStep): Menu {
  const { authorityRequest } = view;
  const skip = step.offers.find((offer) => offer.intent === 'skip');
  return {
    card: 'denied',
    title: `Denied: ${step.title}`,
    selected: 0,
    leadTop: 0,
    attempt: step.attempt,
    rows: [
      entry('escalate', 'escalate', 'calls the next person of the runbook', toForm(escalateForm())),
      ...(authorityRequest === null
        ? []
        : [
            entry(
              'prove',
              `hand in a signature of ${authorityRequest.roles.join(' or ')}`,
              'made here or anywhere else',
              toForm(
                openForm({ type: 'prove' }, 'A signature of one who may start', {
                  lead: 'The signature over the request is checked against the allowed signers; it counts once.',
                  fields: signatureFields,
                  question: 'Hand in this signature?',
                }),
              ),
            ),
          ]),
      entry(
        'override',
        'override: start all the same',
        'stays on the screen and on record; somebody else approves it afterwards',
        toForm(overrideForm(view)),
        { role: 'bad' },
      ),
      ...(skip?.intent === 'skip' && skip.override
        ? [
            entry(
              'skip',
              'override: go on without this step',
              'recorded under your name',
              toForm(skipForm(step, true)),
              { role: 'bad' },
            ),
          ]
        : []),
    ],
  };
}

const signatureFields: readonly Field[] = [
  textField('principal', 'signer', 'as in the allowed signers file, for example eva@shop.example', true),
  textField('signature', 'signature', 'path of the .sig file, or paste the signature', true),
];

/** Evidence and a second person are asked for as far as what stands in the way takes them. */
function overrideForm({ denial, overrideNeeds }: SessionView): Form {
  const kinds = new Set(denial?.blocks.map(({ kind }) => kind));
  const evidence = kinds.has('triggers') ? Math.max(1, overrideNeeds.evidence) : 0;
  const paired = kinds.has('authority') || (kinds.has('triggers') && overrideNeeds.secondPerson);
  return openForm({ type: 'override', evidence }, 'Override: start all the same', {
    lead: denial?.blocks.map(({ text }) => text).join(' ') ?? null,
    fields: [
      ...Array.from({ length: evidence }, (_, at): readonly Field[] => [
        { kind: 'choice', id: `kind:${at}`, label: 'evidence', chosen: null, options: evidenceKinds },
        textField(
          `evidence:${at}`,
          'shows',
          'ticket, line, graph, or what you feel',
          overrideNeeds.evidence > 0,
        ),
      ]).flat(),
      reasonField('why it is right all the same'),
      ...(paired ? [textField('second', 'second', 'who agrees, and will approve it', true)] : []),
      nameField(overrideNeeds.system),
    ],
    question: 'Override, with this reason?',
    severe: true,
  });
}

// ---- the session ----

export const noteForm = (): Form =>
  openForm({ type: 'note' }, 'Note', {
    fields: [textField('text', 'note', 'goes into the record with your name and the time', true)],
  });

export const driftForm = (): Form =>
  openForm({ type: 'drift' }, 'Drift: a change by hand that the runbook does not know', {
    fields: [
      textField('what', 'what was changed', '', true),
      textField('target', 'where', 'host, database, setting', true),
    ],
  });

export const eventForm = (events: readonly string[]): Form =>
  openForm({ type: 'tell_event' }, 'Tell what opens or closes the window', {
    fields: [
      {
        kind: 'choice',
        id: 'event',
        label: 'what',
        chosen: null,
        options: events.map((id) => ({ id, title: id })),
      },
      textField('at', 'when', 'now, 09:50 (UTC), or a time such as 2026-03-01T09:50:00Z', true),
      textField('source', 'known from', 'pipeline run, log, person', true),
    ],
    question: 'Put it on record?',
  });

export const holdForm = (): Form =>
  openForm({ type: 'hold' }, 'Pause the session', {
    lead: 'Nothing new starts until it goes on; what runs now runs to its end.',
    fields: [reasonField('why')],
    question: 'Pause?',
  });

export const unholdForm = (): Form =>
  openForm({ type: 'unhold' }, 'Go on', { question: 'Go on with the session?' });

export const escalateForm = (): Form =>
  openForm({ type: 'escalate' }, 'Escalate', { question: 'Call the next person that the runbook names?' });

export const handOverForm = (): Form =>
  openForm({ type: 'hand_over' }, 'Hand over command', {
    lead: 'The next person gets a briefing, and has command once they have read back where this stands.',
    fields: [textField('to', 'to whom', 'their user name', true)],
    question: 'Offer command?',
  });

/** The next person reads the briefing above the rows, then reads back; whoever offered may keep command. */
export function commandMenu(to: string, drives: boolean): Menu {
  const take = openForm({ type: 'take_command' }, `Take command as ${to}`, {
    lead: 'Read back where this session stands: the step at hand by its id, and how many debts are owed.',
    fields: [
      textField('step', 'step at hand', 'its id, as the briefing names it', true),
      textField('owed', 'debts owed', 'how many', true),
      ...(drives ? [textField('name', 'your name', 'as command was offered to', true)] : []),
    ],
    question: 'Take command?',
  });
  return {
    card: 'command',
    title: `Command is offered to ${to}`,
    selected: 0,
    leadTop: 0,
    attempt: null,
    rows: [
      entry('stay', 'not now', '', { kind: 'close' }),
      entry('take', `take command, as ${to}`, 'after reading back where this stands', toForm(take)),
      ...(drives
        ? [
            entry(
              'keep',
              'keep command',
              'withdraws the offer',
              toForm(openForm({ type: 'keep_command' }, 'Keep command', { question: 'Withdraw the offer?' })),
            ),
          ]
        : []),
    ],
  };
}

const abortForm = (): Form =>
  openForm({ type: 'abort' }, 'Abort through undo', {
    lead: 'Undoes what was done, newest first. Each way back is shown before it runs.',
    fields: [reasonField('why')],
    question: 'Abort the session?',
    severe: true,
  });

const stopForm = (): Form =>
  openForm({ type: 'stop' }, 'Stop after this step', {
    lead: 'The session can be resumed.',
    fields: [reasonField('why')],
    question: 'Stop after this step?',
  });

function stopCommandForm(step: CurrentStep): Form | null {
  const offer = step.offers.find(({ intent }) => intent === 'stop_command');
  if (offer?.intent !== 'stop_command') return null;
  const name = offer.confirm === 'name' ? (offer.name ?? step.shown?.target ?? '') : null;
  return openForm({ type: 'stop_command', ...about(step) }, 'Stop the command now', {
    lead: 'The command is killed. What it had done by then has to be found out.',
    fields: name === null ? [] : [nameField(name)],
    question: 'Kill the command?',
    severe: true,
  });
}

/** The menu of Ctrl-C and of `q`: the safe row first, killing last. */
export function leaveMenu(view: SessionView, card: 'leave' | 'interrupt', drives: boolean): Menu {
  const over = view.status === 'ended' || view.status === 'closed';
  const killable = view.current.flatMap((step) => {
    const form = stopCommandForm(step);
    return form === null
      ? []
      : [
          entry(
            `stop_command:${step.attempt}`,
            `stop it now: ${step.title}`,
            'kills the command',
            toForm(form),
            { role: 'bad' },
          ),
        ];
  });
  const rows: readonly MenuRow[] = [
    entry('stay', 'stay', '', { kind: 'close' }),
    entry(
      'detach',
      'detach',
      over
        ? 'leaves; the debts stay on the home screen'
        : 'leaves the screen; the session goes on and can be resumed',
      {
        kind: 'effect',
        effect: { kind: 'leave', left: 'detached' },
      },
    ),
    ...(over || !drives
      ? []
      : [
          entry('stop', 'stop after this step', 'ends here for now, resumable', toForm(stopForm())),
          ...killable,
          entry('abort', 'abort through undo', 'undoes what was done, newest first', toForm(abortForm()), {
            role: 'bad',
          }),
        ]),
  ];
  return {
    card,
    title: card === 'leave' ? 'Leave?' : 'Ctrl-C: what now?',
    rows,
    selected: 0,
    leadTop: 0,
    attempt: null,
  };
}

/** What can be done about one debt. */
export function debtMenu(debt: ObligationView, message: MessageView | null = null): Menu {
  const retro = debt.id === 'retro-approval';
  return {
    card: 'debt',
    title: debt.title,
    selected: 0,
    leadTop: 0,
    attempt: null,
    rows: [
      ...(message === null ? [] : toldRows(debt, message)),
      ...(retro
        ? [
            entry(
              'approve_override',
              'approve it',
              'by the signature of somebody else',
              toForm(
                openForm({ type: 'approve_override', key: debt.key }, debt.title, {
                  lead: 'Somebody else than the one who used it signs exactly what is shown.',
                  fields: signatureFields,
                  question: 'Hand in this signature?',
                }),
              ),
            ),
          ]
        : []),
      ...(debt.release.length === 0
        ? []
        : [entry('release', 'give it back', 'runs its way back, then the proof', toForm(releaseForm(debt)))]),
      entry(
        'carry',
        'carry it: due later',
        'needs an owner and a date',
        toForm(
          openForm({ type: 'carry', key: debt.key }, `Carry: ${debt.title}`, {
            fields: [
              textField('owner', 'owner', 'who gives it back', true),
              textField('due', 'due', 'a time in UTC such as 2026-03-01T12:00:00Z', true),
              reasonField('why later'),
            ],
            question: 'Carry this debt?',
          }),
        ),
      ),
      ...(retro
        ? []
        : [
            entry(
              'waive',
              'waive it',
              'it stays as it is, for good',
              toForm(
                openForm({ type: 'waive', key: debt.key }, `Waive: ${debt.title}`, {
                  fields: [reasonField('why it need not be given back')],
                  question: 'Waive this debt?',
                  severe: true,
                }),
              ),
              { role: 'bad' },
            ),
          ]),
    ],
  };
}

/** A message that did not arrive: its words to paste elsewhere, and saying that they were told. */
const toldRows = (debt: ObligationView, message: MessageView): readonly MenuRow[] => [
  entry('copy', 'copy the message', 'to paste it where they read it', {
    kind: 'effect',
    effect: { kind: 'copy', what: 'message', text: message.text },
  }),
  entry(
    'told',
    'they were told',
    'says how, and who; the debt is paid',
    toForm(
      openForm({ type: 'told', key: debt.key }, debt.title, {
        fields: [textField('how', 'how and who', 'for example: called Lin of support', true)],
        question: 'Were they told?',
      }),
    ),
  ),
];

export const releaseForm = (debt: ObligationView): Form =>
  openForm({ type: 'release', key: debt.key }, `Give back: ${debt.title}`, {
    question: 'Run this way back?',
  });
