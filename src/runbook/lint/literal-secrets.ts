import { entriesOf, type MapNode, type Node, textOf } from '../node.ts';
import { type Problem, problem } from '../problem.ts';
import type { Position } from '../model/values.ts';

interface Look {
  readonly what: string;
  /** A text without it holds none: most texts are looked through once for each of these, and for nothing more. */
  readonly hint: string;
  /** One group: the secret. Every repetition is bounded, so that a text of any length costs linear time. */
  readonly pattern: RegExp;
}

/** What gives a secret away by its looks, wherever it stands in a file, comments included: the published prefixes of tokens. */
const looks: readonly Look[] = [
  {
    what: 'the password of an address',
    hint: '://',
    pattern: /:\/\/[^\s:@/"'<>]{0,100}:([^\s@/"'<>${}*…]{1,200})@/g,
  },
  {
    what: 'the token of a header',
    hint: 'earer ',
    pattern: /\bBearer {1,4}((?=[^\s"']{0,200}\d)[A-Za-z0-9._~+/=-]{16,1000})/gi,
  },
  {
    what: 'the password of a header',
    hint: 'asic ',
    pattern: /\bBasic {1,4}((?=[^\s"']{0,200}\d)[A-Za-z0-9+/=]{12,1000})/gi,
  },
  {
    what: 'a private key',
    hint: 'PRIVATE KEY',
    pattern: /(-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----)/g,
  },
  { what: 'an AWS access key', hint: 'AKIA', pattern: /\b(AKIA[A-Z0-9]{16})\b/g },
  { what: 'an AWS access key', hint: 'ASIA', pattern: /\b(ASIA[A-Z0-9]{16})\b/g },
  { what: 'a token of GitHub', hint: 'gh', pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,255})\b/g },
  { what: 'a token of GitHub', hint: 'github_pat_', pattern: /\b(github_pat_[A-Za-z0-9_]{60,255})\b/g },
  { what: 'a token of GitLab', hint: 'glpat-', pattern: /\b(glpat-[A-Za-z0-9_-]{20,100})/g },
  { what: 'a token of Slack', hint: 'xox', pattern: /\b(xox[abeoprs]-[A-Za-z0-9-]{10,250})/g },
  {
    what: 'a webhook of Slack',
    hint: 'hooks.slack.com/',
    pattern: /hooks\.slack\.com\/services\/(T[A-Z0-9]{5,20}\/B[A-Z0-9]{5,20}\/[A-Za-z0-9]{16,50})/g,
  },
  { what: 'a key of Google', hint: 'AIza', pattern: /\b(AIza[A-Za-z0-9_-]{35})/g },
  { what: 'a key of Stripe', hint: 'k_live_', pattern: /\b([sr]k_live_[A-Za-z0-9]{16,250})\b/g },
  { what: 'a token of npm', hint: 'npm_', pattern: /\b(npm_[A-Za-z0-9]{36})\b/g },
  { what: 'a token of Vault', hint: 'hvs.', pattern: /\b(hvs\.[A-Za-z0-9_-]{24,500})/g },
  {
    what: 'a signed token (JWT)',
    hint: 'eyJ',
    pattern:
      /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000})/g,
  },
  {
    what: 'a secret that is given by name',
    hint: '=',
    pattern:
      /(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)=["']?([^\s"'$<>{}()&|;,`*…@/~.=][^\s"'$<>{}()&|;,`*…]{5,500})/gi,
  },
];

/** A word that stands for a secret, as documentation writes one. */
const placeholder =
  /^(?:pass(?:word|wd|phrase)?|pw|secret|token|user|example|redacted|hidden|x+|(?:your|my|the)[-_].*|[A-Z][A-Z_]*)$/;

/** Secrets that stand in the files of a runbook in so many words: whoever reads the runbook, or a session of it, has them. */
export function lintLiteralSecrets(texts: ReadonlyMap<string, string>, root: Node): readonly Problem[] {
  const found = [...[...texts].flatMap(([file, text]) => byLooks(file, text)), ...byPlace(root)];
  const lines = new Set<string>();
  return found.flatMap(({ at, what }) => {
    const line = `${at.file}:${at.line}`;
    if (lines.has(line)) return [];
    lines.add(line);
    return [problem('WB520', at, `This looks like ${what}, written out.`)];
  });
}

interface Found {
  readonly at: Position;
  readonly what: string;
}

function byLooks(file: string, text: string): readonly Found[] {
  const place = placesIn(file, text);
  return looks
    .filter(({ hint }) => text.includes(hint))
    .flatMap(({ what, pattern }) =>
      [...text.matchAll(pattern)].flatMap((match): readonly Found[] => {
        const [whole, secret = ''] = match;
        if (placeholder.test(secret)) return [];
        return [{ at: place(match.index + whole.lastIndexOf(secret)), what }];
      }),
    );
}

/** Offsets to lines and columns. */
function placesIn(file: string, text: string): (offset: number) => Position {
  let starts: readonly number[] | null = null; // most texts hold no secret: nobody asks
  return (offset) => {
    starts ??= [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

const variable =
  /(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS)$/i;
const header =
  /^(?:(?:proxy-)?authorization|cookie|private-token|(?:x-)?(?:api-key|auth-token|access-token))$/i;
const flag = /^--?(?:[a-z-]{0,30}-)?(?:password|passwd|passphrase|secret|token|api-key|access-key)$/;

/** Texts that are secrets by where they stand: a variable, a header, a flag, an input of that type. */
function byPlace(node: Node): readonly Found[] {
  if (node.kind === 'scalar') return [];
  if (node.kind === 'list') return [...inArguments(node.items), ...node.items.flatMap(byPlace)];
  return [
    ...named(node, 'env', variable, 'a secret in a variable'),
    ...named(node, 'headers', header, 'the secret of a header'),
    ...inInput(node),
    ...[...node.entries.values()].flatMap(({ value }) => byPlace(value)),
  ];
}

const named = (node: MapNode, key: string, names: RegExp, what: string): readonly Found[] =>
  [...entriesOf(node, key)].flatMap(([name, { value }]) =>
    names.test(name) && isWrittenOut(value) ? [{ at: value.at, what }] : [],
  );

function inInput(node: MapNode): readonly Found[] {
  const value = node.entries.get('value')?.value;
  return textOf(node, 'type') === 'secret' && value !== undefined && isWrittenOut(value)
    ? [{ at: value.at, what: 'a secret' }]
    : [];
}

const inArguments = (items: readonly Node[]): readonly Found[] =>
  items.flatMap((item, index) => {
    const before = items[index - 1];
    return before?.kind === 'scalar' && flag.test(String(before.value)) && isWrittenOut(item)
      ? [{ at: item.at, what: 'a secret in an argument' }]
      : [];
  });

/** A text of its own: no placeholder is filled in, and it is no path to where the secret lies. */
const isWrittenOut = (node: Node): boolean =>
  node.kind === 'scalar' &&
  typeof node.value === 'string' &&
  node.value.length >= 4 &&
  !/\$\{\{|^\$|^[~./@-]|^file:/.test(node.value) &&
  !placeholder.test(node.value);
