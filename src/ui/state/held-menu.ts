import type { SessionView } from '../../machine/view.ts';
import { abortForm } from './leave-menu.ts';
import { copyRow, entry, menuOf, toForm, type Menu } from './menu.ts';
import { unholdForm } from './session-forms.ts';

/** What `p` opens while the session is held: to stay, to take back what was done, to go on in spite of it, or to mend the runbook. */
export function heldMenu({ takesBack = [], session }: SessionView): Menu {
  const back =
    takesBack.length === 0
      ? 'nothing was changed yet: the session ends'
      : `undoes ${takesBack.length === 1 ? 'one change' : `${takesBack.length} changes`}, newest first; each is shown before it runs`;
  return menuOf({
    card: 'held',
    title: 'Paused: what now?',
    rows: [
      entry('stay', 'stay paused', 'nothing new starts', { kind: 'close' }),
      entry('abort', 'take it back: abort through undo', back, toForm(abortForm())),
      entry('unhold', 'go on all the same', 'the next step can start', toForm(unholdForm()), { role: 'bad' }),
      copyRow(
        'rebase',
        `walkback rebase ${session.id} --reason "…"`,
        'mend its file, then run this in a shell',
      ),
    ],
  });
}
