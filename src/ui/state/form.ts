import type { Place } from '../../machine/facts/values.ts';
import type { Intent } from '../../session/intents.ts';
import { emptyField, fieldOf, type TextField } from '../kit/text-field.ts';

/** What a card or dialog is for: an intent of which only the written parts are missing. */
export type Purpose =
  | ({ readonly place: Place; readonly attempt: string } & (
      | {
          readonly type:
            'run' | 'stop_command' | 'retry' | 'sign' | 'deny' | 'go_on' | 'object' | 'report' | 'type_value';
        }
      | { readonly type: 'skip'; readonly override: boolean }
      | { readonly type: 'route'; readonly to: string }
      | { readonly type: 'resolve_doubt'; readonly as: 'done' | 'not_done' | 'run_again' }
      | { readonly type: 'choose'; readonly option: string; readonly needs: readonly string[] }
    ))
  | {
      readonly type:
        | 'hand_over'
        | 'take_command'
        | 'keep_command'
        | 'note'
        | 'drift'
        | 'hold'
        | 'unhold'
        | 'abort'
        | 'escalate'
        | 'stop'
        | 'tell_event';
    }
  | { readonly type: 'override'; readonly evidence: number }
  | { readonly type: 'prove' }
  | { readonly type: 'approve_override'; readonly key: string }
  | { readonly type: 'scope_include' | 'scope_exclude'; readonly component: string }
  | { readonly type: 'accept_data'; readonly override: boolean }
  | { readonly type: 'release' | 'waive' | 'carry' | 'told'; readonly key: string }
  | { readonly type: 'dispose_drift'; readonly key: string; readonly as: 'codify' | 'revert' | 'accept' };

export type Field =
  | {
      readonly kind: 'text';
      readonly id: string;
      readonly label: string;
      readonly hint: string;
      readonly required: boolean;
      /** Enter goes past it: whoever is in a hurry need not know of it, Tab and the arrows lead to it. */
      readonly aside?: boolean;
      readonly field: TextField;
    }
  /** The name that must be typed, letter by letter: pasting it is refused. */
  | {
      readonly kind: 'name';
      readonly id: string;
      readonly label: string;
      readonly expected: string;
      readonly field: TextField;
    }
  | {
      readonly kind: 'choice';
      readonly id: string;
      readonly label: string;
      readonly options: readonly { readonly id: string; readonly title: string }[];
      readonly chosen: number | null;
    };

export interface Form {
  readonly purpose: Purpose;
  readonly title: string;
  /** What is said above the fields, in the program's own words. */
  readonly lead: string | null;
  readonly fields: readonly Field[];
  /** The field that has the keyboard; one past the last is the question. */
  readonly focus: number;
  /** Asked last, answered by `y`; null: Enter in the last field is enough, since nothing happens to the system. */
  readonly question: string | null;
  readonly severe: boolean;
  readonly problem: string | null;
}

export const textField = (id: string, label: string, hint: string, required: boolean): Field => ({
  kind: 'text',
  id,
  label,
  hint,
  required,
  field: emptyField,
});

/** One that may stay empty and costs nobody a key. */
export const asideField = (id: string, label: string, hint: string): Field => ({
  kind: 'text',
  id,
  label,
  hint,
  required: false,
  aside: true,
  field: emptyField,
});

export const reasonField = (hint: string, required = true): Field =>
  textField('reason', 'reason', hint, required);

export const nameField = (expected: string): Field => ({
  kind: 'name',
  id: 'typed',
  label: `type ${expected}`,
  expected,
  field: emptyField,
});

/** A form as it opens: the first field has the keyboard. */
export const openForm = (
  purpose: Purpose,
  title: string,
  parts: Partial<Pick<Form, 'lead' | 'fields' | 'question' | 'severe'>>,
): Form => ({
  purpose,
  title,
  lead: parts.lead ?? null,
  fields: parts.fields ?? [],
  focus: 0,
  question: parts.question ?? null,
  severe: parts.severe ?? false,
  problem: null,
});

export const attemptOf = (purpose: Purpose): string | null => ('attempt' in purpose ? purpose.attempt : null);

export const atQuestion = ({ focus, fields }: Form): boolean => focus >= fields.length;

/** Why a field cannot stay as it is, or null. */
export function fieldProblem(field: Field): string | null {
  switch (field.kind) {
    case 'text':
      return field.required && field.field.value.trim() === ''
        ? `${field.label}: please fill this in.`
        : null;
    case 'name':
      return field.field.value === field.expected ? null : `What is typed is not ${field.expected}.`;
    case 'choice':
      return field.chosen === null ? `${field.label}: choose one with the arrow keys.` : null;
  }
}

const valueOf = (field: Field): string =>
  field.kind === 'choice'
    ? field.chosen === null
      ? ''
      : (field.options[field.chosen]?.id ?? '')
    : field.kind === 'name'
      ? field.field.value
      : field.field.value.trim();

/** The intent that a filled-in form comes to. */
export function intentOf(form: Form): Intent {
  const values = new Map(form.fields.map((field) => [field.id, valueOf(field)]));
  const value = (id: string): string => values.get(id) ?? '';
  const orNull = (id: string): string | null => (value(id) === '' ? null : value(id));
  const { purpose } = form;
  switch (purpose.type) {
    case 'run':
    case 'stop_command':
      return { type: purpose.type, ...at(purpose), typed: orNull('typed') };
    case 'retry':
      return { type: 'retry', ...at(purpose) };
    case 'skip':
      return { type: 'skip', ...at(purpose), reason: value('reason'), override: purpose.override };
    case 'route':
      return { type: 'route', ...at(purpose), to: purpose.to, reason: value('reason') };
    case 'resolve_doubt':
      return { type: 'resolve_doubt', ...at(purpose), as: purpose.as, reason: value('reason') };
    case 'choose':
      return {
        type: 'choose',
        ...at(purpose),
        option: purpose.option,
        reason: orNull('reason'),
        fields: Object.fromEntries(purpose.needs.map((need) => [need, value(`need:${need}`)])),
        objection: orNull('objection'),
        consulted: orNull('consulted'),
      };
    case 'go_on':
      return { type: 'go_on', ...at(purpose), reason: value('reason') };
    case 'object':
      return { type: 'object', ...at(purpose), text: value('text') };
    case 'sign':
      return { type: 'sign', ...at(purpose), signature: value('signature'), principal: value('principal') };
    case 'deny':
      return { type: 'deny', ...at(purpose), reason: value('reason') };
    case 'report': {
      const result = value('result');
      return {
        type: 'report',
        ...at(purpose),
        text: value('text'),
        link: orNull('link'),
        result: result === 'pass' || result === 'fail' ? result : 'unknown',
      };
    }
    case 'type_value':
      return { type: 'type_value', ...at(purpose), value: value('value') };
    case 'hand_over':
      return { type: 'hand_over', to: value('to') };
    case 'take_command':
      return { type: 'take_command', step: value('step'), owed: value('owed'), name: value('name') };
    case 'keep_command':
      return { type: 'keep_command' };
    case 'note':
      return { type: 'note', text: value('text') };
    case 'override':
      return {
        type: 'override',
        reason: value('reason'),
        evidence: Array.from({ length: purpose.evidence }, (_, at) => ({
          kind: evidenceKindOf(value(`kind:${at}`)),
          text: value(`evidence:${at}`),
        })),
        system: value('typed'),
        second: orNull('second'),
      };
    case 'prove':
      return { type: 'prove', signature: value('signature'), principal: value('principal') };
    case 'approve_override':
      return {
        type: 'approve_override',
        key: purpose.key,
        signature: value('signature'),
        principal: value('principal'),
      };
    case 'tell_event':
      return { type: 'tell_event', event: value('event'), at: value('at'), source: value('source') };
    case 'drift':
      return {
        type: 'drift',
        what: value('what'),
        target: value('target'),
        ...written('why', value('why')),
        ...written('command', value('command')),
        ...written('link', value('link')),
      };
    case 'dispose_drift':
      return {
        type: 'dispose_drift',
        key: purpose.key,
        as: purpose.as,
        reason: value('reason'),
        owner: orNull('owner'),
        until: orNull('until'),
      };
    case 'hold':
    case 'abort':
    case 'stop':
      return { type: purpose.type, reason: value('reason') };
    case 'unhold':
    case 'escalate':
      return { type: purpose.type };
    case 'accept_data':
      return {
        type: 'accept_data',
        reason: value('reason'),
        principal: orNull('principal'),
        signature: orNull('signature'),
        override: purpose.override,
      };
    case 'scope_include':
    case 'scope_exclude':
      return { type: purpose.type, component: purpose.component, reason: value('reason') };
    case 'release':
      return { type: 'release', key: purpose.key };
    case 'told':
      return { type: 'told', key: purpose.key, how: value('how') };
    case 'waive':
      return { type: 'waive', key: purpose.key, reason: value('reason') };
    case 'carry':
      return {
        type: 'carry',
        key: purpose.key,
        reason: value('reason'),
        owner: value('owner'),
        due: value('due'),
      };
  }
}

const written = (id: string, text: string): Readonly<Record<string, string>> =>
  text.trim() === '' ? {} : { [id]: text };

export const evidenceKinds = [
  { id: 'customer_report', title: 'customer report' },
  { id: 'log', title: 'log' },
  { id: 'graph', title: 'graph' },
  { id: 'gut', title: 'gut' },
] as const;

const evidenceKindOf = (id: string): (typeof evidenceKinds)[number]['id'] =>
  evidenceKinds.find((kind) => kind.id === id)?.id ?? 'gut';

const at = ({ place, attempt }: { readonly place: Place; readonly attempt: string }) => ({ place, attempt });

/** A form whose text at hand was written in an editor. */
export function writtenInto(form: Form, text: string): Form {
  const fields = form.fields.map((field, at) =>
    at === form.focus && field.kind === 'text' ? { ...field, field: fieldOf(text.trim()) } : field,
  );
  return { ...form, fields };
}
