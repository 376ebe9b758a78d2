import { asideField, openForm, reasonField, textField, type Form } from './form.ts';

export const noteForm = (): Form =>
  openForm({ type: 'note' }, 'Note', {
    fields: [textField('text', 'note', 'goes into the record with your name and the time', true)],
  });

export const driftForm = (): Form =>
  openForm({ type: 'drift' }, 'Drift: a change by hand that the runbook does not know', {
    fields: [
      textField('what', 'what was changed', '', true),
      textField('target', 'where', 'host, database, setting', true),
      asideField('why', 'why', ''),
      asideField('command', 'typed', 'the command'),
      asideField('link', 'seen in', 'a link, a ticket, a message'),
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
