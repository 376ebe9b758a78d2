import type { MessageView, ObligationView } from '../../machine/view.ts';
import { openForm, reasonField, textField, type Form } from './form.ts';
import { copyRow, entry, menuOf, toForm, type Menu, type MenuRow } from './menu.ts';
import { signatureFields } from './denied-menu.ts';

/** What can be done about one debt. */
export function debtMenu(debt: ObligationView, message: MessageView | null = null): Menu {
  const retro = debt.id === 'retro-approval';
  return menuOf({
    card: 'debt',
    title: debt.title,
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
  });
}

/** A message that did not arrive: its words to paste elsewhere, and saying that they were told. */
const toldRows = (debt: ObligationView, message: MessageView): readonly MenuRow[] => [
  copyRow('message', message.text, 'to paste it where they read it'),
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
  entry('resend', 'send it again', 'the same words, once more', {
    kind: 'effect',
    effect: { kind: 'send', intent: { type: 'resend', key: debt.key }, said: 'sending it again' },
  }),
];

export const releaseForm = (debt: ObligationView): Form =>
  openForm({ type: 'release', key: debt.key }, `Give back: ${debt.title}`, {
    question: 'Run this way back?',
  });
