import { type Evaluated, type UnknownCode, type Values, compileExpression, evaluate } from './expressions.ts';
import type { Expression, Position, Template } from './model/values.ts';
import type { ScalarNode } from './node.ts';
import { type Problem, problem } from './problem.ts';
import type { Scope } from './scope.ts';

export type Piece = { readonly text: string } | { readonly source: string; readonly index: number };

/** Cuts a text at its `${{ … }}` places; answers how many places came before one that is not closed. */
export function splitTemplate(text: string): {
  readonly pieces: readonly Piece[];
  readonly unclosed: number | null;
} {
  const pieces: Piece[] = [];
  let index = 0;
  let from = 0;
  for (;;) {
    const open = text.indexOf('${{', from);
    if (open < 0) break;
    const close = closeOf(text, open + 3);
    if (close < 0) return { pieces, unclosed: index };
    if (open > from) pieces.push({ text: text.slice(from, open) });
    pieces.push({ source: text.slice(open + 3, close).trim(), index });
    index += 1;
    from = close + 2;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return { pieces, unclosed: null };
}

/** Where the `}}` of a place stands: not inside a quoted text, not inside a map of the expression. */
function closeOf(text: string, from: number): number {
  let quote = '';
  let braces = 0;
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (quote !== '') {
      if (letter === '\\') at += 1;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '{') braces += 1;
    else if (letter === '}' && braces > 0) braces -= 1;
    else if (letter === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

export const hasPlaces = (value: unknown): value is string =>
  typeof value === 'string' && value.includes('${{');

/** A text with its expressions compiled; problems go to `report`, and the place then holds its own source as text. */
export function compileTemplate(node: ScalarNode, scope: Scope, report: (found: Problem) => void): Template {
  const text = typeof node.value === 'string' ? node.value : String(node.value);
  if (!text.includes('${{')) return { parts: text === '' ? [] : [text], at: node.at };
  const { pieces, unclosed } = splitTemplate(text);
  if (unclosed !== null)
    report(problem('WB407', node.placeAt(unclosed), 'This `${{` is not closed by `}}`.'));
  const parts = pieces.map((piece): string | Expression => {
    if ('text' in piece) return piece.text;
    const compiled = compileExpression(piece.source, scope, node.placeAt(piece.index));
    if (compiled.ok) return compiled.expression;
    report(compiled.problem);
    return piece.source;
  });
  return { parts, at: node.at };
}

/** A template without places. */
export const literal = (text: string, at: Position): Template => ({ parts: text === '' ? [] : [text], at });

/** Templates one after the other, as one. */
export const joined = (templates: readonly Template[], at: Position): Template => ({
  parts: templates.flatMap(({ parts }) => parts),
  at,
});

/** The template up to the end of its first line. */
export function firstLine({ parts, at }: Template): Template {
  const until = parts.findIndex((part) => typeof part === 'string' && part.includes('\n'));
  const last = parts[until];
  if (typeof last !== 'string') return { parts, at };
  return { parts: [...parts.slice(0, until), last.slice(0, last.indexOf('\n'))], at };
}

/** The text of a template that has no places, or null. */
export function plainText({ parts }: Template): string | null {
  const texts = parts.filter((part) => typeof part === 'string');
  return texts.length === parts.length ? texts.join('') : null;
}

/** The template as its author wrote it. */
export const templateSource = ({ parts }: Template): string =>
  parts.map((part) => (typeof part === 'string' ? part : `\${{ ${part.source} }}`)).join('');

/**
 * Puts the values in place. A template that is exactly one expression keeps that expression's type. Nothing that is
 * unset ever becomes an empty text: the answer is then why, and the step that asked is blocked.
 */
export function fillTemplate(template: Template, values: Values): Evaluated {
  const [only, ...rest] = template.parts;
  if (only !== undefined && typeof only !== 'string' && rest.length === 0) return evaluate(only, values);
  let text = '';
  for (const part of template.parts) {
    if (typeof part === 'string') text += part;
    else {
      const answer = evaluate(part, values);
      if (!answer.ok) return answer;
      if (answer.value === null || typeof answer.value === 'object')
        return notText(part.source, answer.value);
      text += String(answer.value);
    }
  }
  return { ok: true, value: text };
}

export type Filled =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly code: UnknownCode; readonly detail: string };

/** As `fillTemplate`, where a text is needed: for an argument, an address, a message. */
export function fillText(template: Template, values: Values): Filled {
  const answer = fillTemplate(template, values);
  if (!answer.ok) return answer;
  if (answer.value === null || typeof answer.value === 'object') {
    const { code, detail } = notText(templateSource(template), answer.value);
    return { ok: false, code, detail };
  }
  return { ok: true, text: String(answer.value) };
}

function notText(source: string, value: unknown): Evaluated & { readonly ok: false } {
  if (value === null) return { ok: false, code: 'unset', detail: `\`${source}\` is absent` };
  return { ok: false, code: 'wrong_type', detail: `\`${source}\` is not a single value` };
}
