import { createHash } from 'node:crypto';

/** What is taken out of a message: it differs each time that the same thing goes wrong. */
export const normalisations = ['ids', 'hex', 'numbers', 'quoted'] as const;
export type Normalisation = (typeof normalisations)[number];

/** A message is told apart by its beginning; the rest of a very long one is data. */
const longestMessage = 500;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hexadecimal = /^(?:0x[0-9a-f]+|[0-9a-f]{8,})$/i;
const word = /[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*/g;

/** The message without what differs from time to time. Takes time in proportion to its length, whatever it is. */
export function normalise(message: string, taken: ReadonlySet<Normalisation>): string {
  const short = message.slice(0, longestMessage);
  const unquoted = taken.has('quoted') ? withoutQuoted(short) : short;
  return unquoted
    .replaceAll(word, (text) => normalWord(text, taken))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function normalWord(text: string, taken: ReadonlySet<Normalisation>): string {
  const hasDigit = /\d/.test(text);
  if (!hasDigit) return text;
  if (taken.has('ids') && uuid.test(text)) return '<id>';
  if (/^\d+$/.test(text)) return taken.has('numbers') ? '<n>' : text;
  if (taken.has('hex') && hexadecimal.test(text)) return '<hex>';
  if (taken.has('ids') && isId(text)) return '<id>';
  return taken.has('numbers') ? text.replaceAll(/\d+/g, '<n>') : text;
}

/** Letters and digits in turn, as names are not: `ord_8f3k2m`, `01ARZ3NDEKTSV4RRFFQ69G5FAV`. */
function isId(text: string): boolean {
  const changes = text.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0;
  return text.length >= 8 && changes >= 3;
}

/** What stands between quotes becomes `<text>`; a quote that nothing closes is left as it is. */
function withoutQuoted(text: string): string {
  let out = '';
  let from = 0;
  while (from < text.length) {
    const sign = text[from] ?? '';
    const end = sign === '"' || sign === "'" || sign === '`' ? text.indexOf(sign, from + 1) : -1;
    // an apostrophe inside a word opens nothing
    const opens = end > from && !/\w/.test(text[from - 1] ?? ' ');
    out += opens ? `${sign}<text>${sign}` : sign;
    from = opens ? end + 1 : from + 1;
  }
  return out;
}

/** Twelve hex digits for a fingerprint: short enough to be said on the phone. */
export const idOf = (fingerprint: string): string =>
  createHash('sha256').update(fingerprint).digest('hex').slice(0, 12);
