import type { CurrentStep, SessionView } from '../../machine/view.ts';
import { nameField, openForm, reasonField, type Form } from './form.ts';
import { about, entry, menuOf, toForm, type Menu, type MenuRow } from './menu.ts';

export const abortForm = (): Form =>
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
  return menuOf({ card, title: card === 'leave' ? 'Leave?' : 'Ctrl-C: what now?', rows });
}
