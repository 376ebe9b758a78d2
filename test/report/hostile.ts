import type { Fact } from '../../src/machine/facts.ts';
import { factSchema } from '../../src/machine/facts.ts';

/** Text that must stay text wherever it lands. */
export const hostileTexts: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<!-- comment -->',
  '</td></tr></table><h1>owned</h1>',
  '[click](https://evil.example)',
  '![pixel](https://evil.example/p.png)',
  '[ref]: https://evil.example',
  '[^1]: note',
  'https://evil.example/path www.evil.example',
  '<https://evil.example>',
  '@everyone please merge',
  '# heading',
  '\n# heading after a line end',
  'setext\n===',
  '---',
  '> quote',
  '- [x] task',
  '1. list',
  '1) list',
  '+ list',
  '**bold** _em_ __strong__ ~~gone~~ `code` $math$',
  '`` ` ``',
  '```\n# out of the fence\n```',
  '~~~~\nout',
  'a | b || c',
  String.raw`a \| b \\| c`,
  '\\',
  '    indented code',
  '\tindented code',
  '&lt;script&gt; &#60;b&#62; &amp;',
  '\u001b[31mred\u001b[0m',
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\',
  '\u001b]0;title\u0007\u001b[2J\u001b[?1049h\u001bP$q"p\u001b\\',
  '\u009b2J\u009d52;c;ZXZpbA==\u009c',
  'never closed \u001b]2;',
  'over\rwritten',
  'back\b\b\b\bspace\u0007',
  'user\u202Egnp.exe\u2066',
  'zero\u200bwidth\ufeff\u2060 tag\u{e0041}\u{e0020}',
  'line\u2028sep\u2029para',
  `e${'\u0301'.repeat(50)}`,
  'lone \ud800 surrogate',
  'nul\u0000byte',
];

/** The same but for lone surrogates, which the ledger mends before it writes. */
export const recordable = hostileTexts.filter((text) => text.isWellFormed());

/** Everything that may not stand in a text that is meant for people, wherever it is shown. */
export const unsafe = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Fields whose words are ours, or that hold the story together. */
const fixed = new Set(
  'type result ending doubt how mode review state verdict level confirm offered at as attempt item key sha256 hash recommended option shownAt againAt due until'.split(
    ' ',
  ),
);

/** The same fact with every free text replaced. */
export function poisoned(fact: Fact, text: string): Fact {
  const replace = (value: unknown, key: string): unknown => {
    if (fixed.has(key)) return value;
    if (typeof value === 'string') return text;
    if (Array.isArray(value)) return value.map((one) => replace(one, key));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replace(member, name)]));
  };
  return factSchema.parse(replace(fact, ''));
}
