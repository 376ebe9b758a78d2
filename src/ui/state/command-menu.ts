import { openForm, textField, type Form } from './form.ts';
import { entry, menuOf, toForm, type Menu } from './menu.ts';

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
  return menuOf({
    card: 'command',
    title: `Command is offered to ${to}`,
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
  });
}
