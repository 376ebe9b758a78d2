import { expect, test } from 'vitest';
import { enterWords, formKey } from '../../src/ui/state/form-keys.ts';
import {
  atQuestion,
  fieldProblem,
  nameField,
  openForm,
  type Field,
  type Form,
} from '../../src/ui/state/form.ts';
import { fieldOf } from '../../src/ui/kit/text-field.ts';
import { driftForm, eventForm, holdForm, noteForm } from '../../src/ui/state/session-forms.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, viewAt } from './fake-client.ts';

const filled = (field: Field): Field => {
  switch (field.kind) {
    case 'text':
      return { ...field, field: fieldOf('words') };
    case 'name':
      return { ...field, field: fieldOf(field.expected) };
    case 'choice':
      return { ...field, chosen: 0 };
  }
};

const forms: readonly (readonly [string, Form])[] = [
  ['drift', driftForm()],
  ['note', noteForm()],
  ['pause', holdForm()],
  ['event', eventForm(['release.finished'])],
  [
    'typed name',
    openForm({ type: 'unhold' }, 'Run', { fields: [nameField('shop@production')], question: 'Run?' }),
  ],
];

test.each(forms)('at every field of %s the hint says what Enter does there', (_name, form) => {
  const all = { ...form, fields: form.fields.map(filled) };
  expect(all.fields.map(fieldProblem)).toEqual(all.fields.map(() => null));
  for (const focus of all.fields.keys()) {
    const here = { ...all, focus };
    const step = formKey(here, 'enter');
    const words = enterWords(here, '·');
    if (step === 'submit') expect(words).toMatch(/^Enter records it · Esc drops it/);
    else if (atQuestion(step.form)) expect(words).toMatch(/^Enter goes on to the question/);
    else expect(words).toContain(`Enter goes on to “${step.form.fields[step.form.focus]?.label ?? '?'}”`);
  }
});

test.each([100, 80, 60])('at %i columns the drift form says which fields Enter goes past', (columns) => {
  const screen = openTestScreen({
    view: viewAt({}, { phases: freshPhases }),
    columns,
    rows: columns === 60 ? 16 : 24,
  });
  screen.calmly('d');
  expect(screen.text()).toContain('Enter goes on to “where”');
  screen.type('the pool');
  screen.calmly('enter');
  expect(screen.text()).toContain('Enter records it · Esc drops it · Tab: why, typed, seen in');
});
