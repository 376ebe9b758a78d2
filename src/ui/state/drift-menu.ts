import type { DriftView, ObligationView } from '../../machine/view.ts';
import { openForm, reasonField, textField } from './form.ts';
import { copyRow, entry, menuOf, toForm, type Menu, type MenuRow } from './menu.ts';

/** What can become of a change by hand: each of the three is on record with who said so. */
export function driftMenu(debt: ObligationView, drift: DriftView): Menu {
  const { key } = debt;
  const dispose = (
    as: 'codify' | 'revert' | 'accept',
    title: string,
    detail: string,
    form: Parameters<typeof openForm>[2],
  ): MenuRow =>
    entry(as, title, detail, toForm(openForm({ type: 'dispose_drift', key, as }, debt.title, form)));
  return menuOf({
    card: 'debt',
    title: debt.title,
    rows: [
      entry('stay', 'back', '', { kind: 'close' }),
      ...((drift.patch ?? '') === ''
        ? []
        : [copyRow('patch', drift.patch ?? '', 'export writes it to a file too')]),
      dispose('codify', 'codify it', 'it is right: it goes into the repository', {
        fields: [textField('reason', 'where', 'the commit or the pull request', true)],
        question: 'Is it in the repository, or on its way there?',
      }),
      dispose(
        'revert',
        'put back',
        drift.patch === undefined ? 'it is as it was' : 'it is as it was: that is looked at',
        {
          fields: [reasonField('how it was put back')],
          question: 'Is it as it was?',
        },
      ),
      dispose('accept', 'accept it until a date', 'it stays as it is, with an owner', {
        fields: [
          reasonField('why it may stay'),
          textField('owner', 'owner', 'who settles it', true),
          textField('until', 'until', 'a date such as 2026-12-31', true),
        ],
        question: 'Leave it as it is until then?',
      }),
    ],
  });
}
