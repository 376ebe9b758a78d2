import type { ScopeView, SessionView } from '../../machine/view.ts';
import { openForm, reasonField, type Form } from './form.ts';
import { menuOf, type Menu, type MenuRow } from './menu.ts';

const row = (
  id: string,
  title: string,
  detail: string,
  opens: MenuRow['opens'],
  role: MenuRow['role'] = null,
): MenuRow => ({ id, title, detail, opens, role, mark: null, closed: null });

/** What can be said about one row of the scope table; a part of a unit is only ever said as a whole. */
export function scopeMenu({ component, unit, state, by }: ScopeView['rows'][number], drives: boolean): Menu {
  const name = unit ?? component;
  const whole = unit === null ? '' : `all of ${unit}: it goes as one unit`;
  const rows: readonly MenuRow[] = [
    row('stay', 'back', '', { kind: 'close' }),
    ...(drives
      ? [
          row('scope_include', `take ${name} in`, whole === '' ? 'goes back with the others' : whole, {
            kind: 'form',
            form: includeForm(name),
          }),
          row(
            'scope_exclude',
            `leave ${name} out`,
            whole === '' ? 'stays as it runs; a rule against it becomes a red edge' : whole,
            { kind: 'form', form: excludeForm(name) },
            state === 'in' && by === null ? 'bad' : null,
          ),
          row('scope_refresh', 'read the versions again', 'reads only, changes nothing', {
            kind: 'effect',
            effect: { kind: 'send', intent: { type: 'scope_refresh' }, said: 'Read the versions again' },
          }),
        ]
      : []),
  ];
  return menuOf({ card: 'scope', title: component, rows });
}

const includeForm = (component: string): Form =>
  openForm({ type: 'scope_include', component }, `Take ${component} in`, {
    fields: [reasonField('why it has to go back')],
    question: 'Take it in, with this reason?',
  });

const excludeForm = (component: string): Form =>
  openForm({ type: 'scope_exclude', component }, `Leave ${component} out`, {
    lead: 'Rules that need it stay in the record as red edges, under your name.',
    fields: [reasonField('why it may stay as it runs')],
    question: 'Leave it out, with this reason?',
    severe: true,
  });

/** Whether something can still be said about the scope. */
export const mayScope = ({ status }: SessionView): boolean => status === 'running' || status === 'held';
