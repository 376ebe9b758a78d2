import type { SessionView } from '../../machine/view.ts';
import { openForm, reasonField, textField, type Form } from './form.ts';
import { menuOf, type Menu, type MenuRow } from './menu.ts';

const row = (
  id: string,
  title: string,
  detail: string,
  opens: MenuRow['opens'],
  role: MenuRow['role'] = null,
): MenuRow => ({ id, title, detail, opens, role, mark: null, closed: null });

/** The data before and now, and what can be done about it. */
export function dataMenu({ data }: SessionView, drives: boolean): Menu {
  const blocked = (data?.blocks.length ?? 0) > 0;
  const rows: readonly MenuRow[] = [
    row('stay', 'back', '', { kind: 'close' }),
    ...(drives
      ? [
          row('measure', 'measure again', 'reads only, changes nothing', {
            kind: 'effect',
            effect: { kind: 'send', intent: { type: 'measure_data' }, said: 'Measure the data again' },
          }),
        ]
      : []),
    ...(drives && blocked && data !== undefined
      ? [
          row('accept', 'agree to it as it stands', 'opens the way on; recorded with who agreed', {
            kind: 'form',
            form: acceptForm(data.request !== null),
          }),
          row(
            'accept_override',
            'override: go past the owner of the data',
            'a review is owed within a day',
            { kind: 'form', form: overrideForm() },
            'bad',
          ),
        ]
      : []),
  ];
  return menuOf({ card: 'data', title: 'Data', rows });
}

const acceptForm = (signed: boolean): Form =>
  openForm({ type: 'accept_data', override: false }, 'Agree to the data as it stands', {
    lead: signed
      ? 'The owner of the data signs the request that stands above, word for word: ssh-keygen -Y sign -n walkback -f KEY FILE'
      : null,
    fields: [
      reasonField('why it may go on like this'),
      ...(signed
        ? [
            textField('principal', 'who signs', 'the name in the list of signers', true),
            textField('signature', 'signature', 'pasted whole', true),
          ]
        : []),
    ],
    question: 'Go on with the data as it stands?',
    severe: true,
  });

const overrideForm = (): Form =>
  openForm({ type: 'accept_data', override: true }, 'Override: go past the owner of the data', {
    lead: 'Going on without the owner of the data is recorded under your name, and a review is owed.',
    fields: [reasonField('why it cannot wait for the owner of the data')],
    question: 'Override, with this reason?',
    severe: true,
  });
