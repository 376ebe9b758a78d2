import type { CurrentStep, SessionView } from '../../machine/view.ts';
import { evidenceKinds, nameField, openForm, reasonField, textField, type Field, type Form } from './form.ts';
import { entry, menuOf, toForm, type Menu } from './menu.ts';
import { skipForm } from './step-menus.ts';
import { escalateForm } from './session-forms.ts';

/** What `o` opens for a step whose start was denied: every way on, the safest first. */
export function deniedMenu(view: SessionView, step: CurrentStep): Menu {
  const { authorityRequest } = view;
  const skip = step.offers.find((offer) => offer.intent === 'skip');
  return menuOf({
    card: 'denied',
    title: `Denied: ${step.title}`,
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
  });
}

export const signatureFields: readonly Field[] = [
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
