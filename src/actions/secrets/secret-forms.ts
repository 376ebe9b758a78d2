import { Buffer } from 'node:buffer';
import { weaknessOf } from './weak-secret.ts';

/** Shorter pieces would mask harmless text everywhere. */
const shortestForm = 4;

/**
 * Every spelling in which a secret may turn up in output: as it is, each of its lines, escaped for JSON, encoded for
 * a URI, in hex, and in base64 and base64url wherever it may stand in the encoded bytes.
 */
export function formsOf(secret: string): ReadonlySet<string> {
  const value = secret.toWellFormed();
  const bytes = Buffer.from(value);
  const forms = [
    value,
    value.trim(),
    ...linesOf(value),
    ...jsonForms(value),
    // JSON in a text of JSON, as programs log what they were answered
    ...jsonForms(JSON.stringify(value).slice(1, -1)),
    ...uriForms(value),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64Forms(bytes),
  ];
  return new Set(forms.filter((form) => form.length >= shortestForm));
}

/** Lines that stand for the secret; one like `user` or `}` would mask ordinary text. */
function linesOf(value: string): readonly string[] {
  const lines = value.split(/\r\n|\r|\n/u).map((line) => line.trim());
  return lines.filter((line) => weaknessOf(line) === null);
}

/** As encoders write it: plain, in ASCII only, safe for HTML; each with `\/` too. */
function jsonForms(value: string): readonly string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const ascii = escapeAs(plain, /[\u0080-\uFFFF]/g);
  const html = escapeAs(plain, /[<>&\u2028\u2029]/g);
  const both = escapeAs(html, /[\u0080-\uFFFF]/g);
  return [plain, ascii, html, both]
    .flatMap((form) => [form, form.replaceAll('/', String.raw`\/`)])
    .flatMap(bothCases);
}

function escapeAs(text: string, which: RegExp): string {
  return text.replace(which, (unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function bothCases(form: string): readonly string[] {
  return [
    form,
    form.replace(
      /(\\u)([0-9a-f]{4})/g,
      (_all, start: string, digits: string) => start + digits.toUpperCase(),
    ),
  ];
}

function uriForms(value: string): readonly string[] {
  const component = encodeURIComponent(value);
  const strict = component.replace(
    /[!'()*~]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const upper = [
    component,
    encodeURI(value),
    strict,
    strict.replaceAll('%7E', '~'),
    strict.replaceAll('%2A', '*'),
  ];
  const all = [...upper, ...upper.map((form) => form.replaceAll('%20', '+'))];
  return all.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/**
 * Base64 of the secret at the three offsets it may have in what was encoded: only the symbols that depend on nothing
 * else, and the padded end. Also line by line, as `base64` and PEM wrap it.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  const forms: string[] = [];
  for (const offset of [0, 1, 2]) {
    const symbols = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const start = Math.ceil((offset * 8) / 6);
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    forms.push(symbols.slice(start, whole), symbols.slice(start), symbols.slice(start).replace(/=+$/u, ''));
  }
  const unwrapped = bytes.toString('base64');
  for (const width of [64, 76]) {
    const lines = unwrapped.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
    if (lines.length > 1) forms.push(...lines.filter(isLong), lines.join('\n'), lines.join('\r\n'));
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

const isLong = (line: string) => line.length >= 16;
