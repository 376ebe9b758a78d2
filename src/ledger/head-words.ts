import { wordlist } from '@scure/bip39/wordlists/english.js';

const bitsOfWord = 11;
const wordCount = 12;
/** 132 bits: what twelve words can hold, and more than anybody can search. */
const digits = (wordCount * bitsOfWord) / 4;

/** The head of a chain as twelve words that can be read out and written down: the first 132 bits of its hash (hex). */
export function headWords(hash: string): string {
  const bits = Array.from(hash.slice(0, digits), (digit) =>
    Number.parseInt(digit, 16).toString(2).padStart(4, '0'),
  );
  const words = bits.join('').match(/.{11}/g) ?? [];
  return words.map((word) => wordlist[Number.parseInt(word, 2)] ?? '').join(' ');
}

/** The 33 hex digits that a hash begins with by its words, or the word that is none; null where they are not twelve. */
export function hashOfWords(text: string): { readonly prefix: string } | { readonly unknown: string } | null {
  const words = text.trim().toLowerCase().split(/\s+/);
  if (words.length !== wordCount) return null;
  const unknown = words.find((word) => !wordlist.includes(word));
  if (unknown !== undefined) return { unknown };
  const bits = words.map((word) => wordlist.indexOf(word).toString(2).padStart(bitsOfWord, '0')).join('');
  return {
    prefix: (bits.match(/.{4}/g) ?? []).map((four) => Number.parseInt(four, 2).toString(16)).join(''),
  };
}
