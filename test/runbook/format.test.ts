import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { formatRunbook } from '../../src/runbook/format/format.ts';
import { parseYaml } from '../../src/runbook/parse-yaml.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const inFolder = (folder: string): readonly string[] =>
  readdirSync(path.join(repository, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(folder, name));
const textOf = (name: string): string => readFileSync(path.join(repository, name), 'utf8');

const shipped = ['runbooks', 'runbooks/steps', 'runbooks/templates'].flatMap(inFolder);
const wrong = ['test/wrong-runbooks', 'test/wrong-runbooks/parts', 'test/golden'].flatMap(inFolder);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const format = (text: string): string => {
  const made = formatRunbook(bytes(text), 'book.yaml');
  if (!made.ok) throw new Error(made.problems.map(({ message }) => message).join());
  return made.text;
};
const head = 'walkback: 1\n';
/** Every form that a value can be written in, in few lines. */
const everyForm = `# about
walkback: 1
id: a
owner: "it's"

probes: # all
  one: { run: [sh, -c, 'a b'], expect: { equals: "x" } }
  two:
    query: >-
      sum(a)
      / sum(b)
    words: plain text that
      goes on
    list:
      - - x
        - y
      - {}
  three:
    text: |
      first
        second

      third
    quoted: "a
      b"
    open: {
      a: 1,
      b: [2, 3],
    }

phases:
  - id: go
    steps:
      - { id: x, end: mitigated }
      - id: y
        opens:
          title: T
          id: z
        env:
`;
/** The text of a comment may hold everything but the end of its line. */
const comments = (text: string): readonly string[] =>
  [...text.matchAll(/# c\d+/g)].map(([comment]) => comment).toSorted();

describe('formatting', () => {
  test.each([...shipped, ...wrong])(
    '%s: values stay what they are, and a second time changes nothing',
    (name) => {
      const before = textOf(name);
      const made = formatRunbook(bytes(before), name);
      if (!made.ok) {
        // what is refused does not parse, or is no runbook
        const parsed = parseYaml(bytes(before), name);
        expect(parsed.ok && parsed.root.entries.has('walkback')).toBe(false);
        return;
      }
      expect(parse(made.text)).toEqual(parse(before));
      expect(format(made.text)).toBe(made.text);
    },
  );

  test.each(shipped)('%s is written as fmt writes it', (name) => {
    expect(format(textOf(name))).toBe(textOf(name));
  });

  test.each([
    [
      'two spaces, list items under their key',
      'phases:\n- id: a\n  steps:\n      -   id: b\n',
      'phases:\n  - id: a\n    steps:\n      - id: b\n',
    ],
    ['one space before a comment, and the comment stays on its line', 'id: a    # why  \n', 'id: a # why\n'],
    [
      'a comment behind a key that opens a block',
      'probes:   # all\n    a: { run: [x] }\n',
      'probes: # all\n  a: { run: [x] }\n',
    ],
    ['a comment above a list item', 'watch:\n    # why\n    - probe: a\n', 'watch:\n  # why\n  - probe: a\n'],
    [
      'a comment at the end of a block stays in it',
      'probes:\n    a: { run: [x] }\n    # more\ntriggers: []\n',
      'probes:\n  a: { run: [x] }\n  # more\ntriggers: []\n',
    ],
    ['one empty line, however many there were', 'id: a\n\n\n\ntitle: b\n', 'id: a\n\ntitle: b\n'],
    ['no empty line at the top of a block', 'probes:\n\n  a: { run: [x] }\n', 'probes:\n  a: { run: [x] }\n'],
    [
      'flow with spaces inside braces and none inside brackets',
      'probes: {a: {run: [ x,y ]}}\n',
      'probes: { a: { run: [x, y] } }\n',
    ],
    ['flow over several lines that fits on one', 'probes:\n  {\n    a: {},\n  }\n', 'probes: { a: {} }\n'],
    [
      'single quotes, double ones round an apostrophe',
      `id: "a"\ntitle: 'it''s'\nowner: "say \\"x\\""\n`,
      `id: 'a'\ntitle: "it's"\nowner: 'say "x"'\n`,
    ],
    ['quotes that an escape needs', 'id: "a\\tb"\n', 'id: "a\\tb"\n'],
    [
      'names first in an item',
      'phases:\n  - off_path: true\n    title: T\n    id: a\n',
      'phases:\n  - id: a\n    title: T\n    off_path: true\n',
    ],
    [
      'the blocks in the order of the format',
      'phases: []\nid: a\nprobes: {}\n',
      'id: a\nprobes: {}\nphases: []\n',
    ],
    [
      'a block that is not known stays behind the one before it',
      'title: t\nnew_block: 1\nid: a\n',
      'id: a\ntitle: t\nnew_block: 1\n',
    ],
    [
      'a block scalar keeps its lines',
      'probes:\n      a:\n            query: >-\n                 one\n                   two\n\n                 three\n',
      'probes:\n  a:\n    query: >-\n      one\n        two\n\n      three\n',
    ],
    ['Windows line ends', 'id: a\r\ntitle: b\r\n', 'id: a\ntitle: b\n'],
    ['a value that is not there', 'owner:\nid: a\n', 'id: a\nowner:\n'],
  ])('%s', (_what, before, after) => {
    expect(format(head + before)).toBe(head + after);
    expect(format(head + after)).toBe(head + after);
  });

  test('a flow collection that does not fit its line becomes a block', () => {
    const words = Array.from({ length: 14 }, (_none, index) => `word_${index}`);
    expect(
      format(`${head}watch: [{ probe: a, text: '${words.join(' ')}', more: [${words.join(', ')}] }]\n`),
    ).toBe(
      `${head}watch:\n  - probe: a\n    text: '${words.join(' ')}'\n    more:\n${words.map((word) => `      - ${word}\n`).join('')}`,
    );
  });

  test('a comment inside a flow collection is kept by opening it', () => {
    expect(format(`${head}probes: { a: 1, # c1\n  b: 2 }\n`)).toBe(`${head}probes:\n  a: 1 # c1\n  b: 2\n`);
  });

  test('comments and empty lines anywhere: nothing is lost, and a second time changes nothing', () => {
    let formatted = 0;
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ at: fc.nat(), indent: fc.nat(12), kind: fc.constantFrom('own', 'tail', 'empty') }),
          {
            minLength: 1,
            maxLength: 12,
          },
        ),
        (inserted) => {
          const lines = everyForm.split('\n');
          inserted.forEach(({ at, indent, kind }, index) => {
            const line = at % lines.length;
            if (kind === 'empty') lines.splice(line, 0, '');
            if (kind === 'own') lines.splice(line, 0, `${' '.repeat(indent)}# c${index}`);
            if (kind === 'tail') lines[line] = `${lines[line] ?? ''}  # c${index}`;
          });
          const messy = lines.join('\n');
          if (!parseYaml(bytes(messy), 'book.yaml').ok) return;
          const made = format(messy);
          expect(parse(made)).toEqual(parse(messy));
          expect(comments(made)).toEqual(comments(messy));
          expect(format(made)).toBe(made);
          formatted += 1;
        },
      ),
      { numRuns: 400, seed: 11 },
    );
    expect(formatted).toBeGreaterThan(200);
  });

  test('the same values written another way come to the same text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(everyForm, textOf('runbooks/templates/basic.yaml')),
        fc.record({
          indent: fc.integer({ min: 2, max: 7 }),
          indentSeq: fc.boolean(),
          singleQuote: fc.boolean(),
          lineWidth: fc.constantFrom(0, 60, 200),
          flowCollectionPadding: fc.boolean(),
        }),
        (text, options) => {
          const other = parseDocument(text).toString(options);
          const made = format(other);
          expect(parse(made)).toEqual(parse(text));
          expect(format(made)).toBe(made);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  test.each([
    ['what does not parse', `${head}phases: [\n`, 'WB011', 3],
    ['an alias', `${head}id: *a\n`, 'WB006', 2],
    ['a file that is no runbook', 'services:\n  shop: {}\n', 'WB012', 1],
  ])('refuses %s, with its place', (_what, text, code, line) => {
    const made = formatRunbook(bytes(text), 'book.yaml');
    expect(made).toMatchObject({ ok: false, problems: [{ code, at: { file: 'book.yaml', line } }] });
  });
});
