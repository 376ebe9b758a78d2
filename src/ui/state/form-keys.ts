import type { KeyName } from '../keys/split-keys.ts';
import { pasteInto, typeInto } from '../kit/text-field.ts';
import { atQuestion, fieldProblem, type Field, type Form } from './form.ts';

const withField = (form: Form, index: number, field: Field): Form => ({
  ...form,
  problem: null,
  fields: form.fields.map((old, at) => (at === index ? field : old)),
});

const focusOn = (form: Form, focus: number): Form => {
  const stops = form.question === null ? form.fields.length : form.fields.length + 1;
  return { ...form, focus: (focus + stops) % stops, problem: null };
};

/** The first field that cannot stay as it is. */
function firstProblem(form: Form): { readonly at: number; readonly problem: string } | null {
  for (const [at, field] of form.fields.entries()) {
    const problem = fieldProblem(field);
    if (problem !== null) return { at, problem };
  }
  return null;
}

function choose(form: Form, field: Extract<Field, { kind: 'choice' }>, by: number): Form {
  const { length } = field.options;
  const chosen = field.chosen === null ? (by > 0 ? 0 : length - 1) : (field.chosen + by + length) % length;
  return withField(form, form.focus, { ...field, chosen });
}

export type FormStep = { readonly form: Form } | 'submit';

const isAside = (field: Field | undefined): boolean => field?.kind === 'text' && field.aside === true;

/** Enter goes on to the next field and never past the question: only `y` answers that. */
function goOn(form: Form, past: (field: Field | undefined) => boolean = isAside): FormStep {
  if (atQuestion(form)) return { form };
  const field = form.fields[form.focus];
  const problem = field === undefined ? null : fieldProblem(field);
  if (problem !== null) return { form: { ...form, problem } };
  const focus = nextFocus(form, past);
  return focus === null ? submit(form) : { form: { ...form, focus, problem: null } };
}

/** The field or the question that comes next; null where there is none, and the form is sent. */
function nextFocus(form: Form, past: (field: Field | undefined) => boolean): number | null {
  const last = form.question === null ? form.fields.length - 1 : form.fields.length;
  let focus = form.focus + 1;
  while (past(form.fields[focus])) focus += 1;
  return focus > last ? null : focus;
}

/** Where Enter leads once the field at hand is filled in, in words; and the fields that it goes past. */
export function enterWords(form: Form, dot: string): string {
  const next = nextFocus(form, isAside);
  const field = form.fields[next ?? -1];
  const leads =
    next === null ? 'records it' : `goes on to ${field === undefined ? 'the question' : `“${field.label}”`}`;
  const past = form.fields.slice(form.focus + 1, next ?? form.fields.length).map(({ label }) => label);
  const more = past.length === 0 ? [] : [`Tab: ${past.join(', ')}`];
  return [`Enter ${leads}`, 'Esc drops it', ...more].join(` ${dot} `);
}

/** Ready to send, or back to the field that is not. */
function submit(form: Form): FormStep {
  const wrong = firstProblem(form);
  return wrong === null ? 'submit' : { form: { ...form, focus: wrong.at, problem: wrong.problem } };
}

/** One key in a form. */
export function formKey(form: Form, key: KeyName): FormStep {
  if (key === 'tab' || key === 'shift+tab')
    return { form: focusOn(form, form.focus + (key === 'tab' ? 1 : -1)) };
  if (key === 'enter') return goOn(form);
  if (atQuestion(form)) {
    if (key === 'y') return submit(form);
    return key === 'up' ? { form: focusOn(form, form.focus - 1) } : { form };
  }
  const field = form.fields[form.focus];
  if (field === undefined) return { form };
  if (field.kind === 'choice') {
    if (key === 'right' || key === 'down' || key === ' ') return { form: choose(form, field, 1) };
    if (key === 'left' || key === 'up') return { form: choose(form, field, -1) };
    return { form };
  }
  if (key === 'up') return { form: form.focus > 0 ? focusOn(form, form.focus - 1) : form };
  if (key === 'down') return goOn(form, () => false);
  const typed = typeInto(field.field, key);
  return { form: typed === null ? form : withField(form, form.focus, { ...field, field: typed }) };
}

/** Pasted text goes into a text field and nowhere else; it never confirms, and never is the typed name. */
export function formPaste(form: Form, text: string): Form {
  const field = form.fields[form.focus];
  if (field?.kind === 'text')
    return withField(form, form.focus, { ...field, field: pasteInto(field.field, text) });
  return {
    ...form,
    problem:
      field?.kind === 'name'
        ? 'The name has to be typed: pasting it is not accepted.'
        : 'Pasted text answers nothing.',
  };
}
