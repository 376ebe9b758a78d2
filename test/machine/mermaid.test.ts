import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mermaid } from '../../src/machine/mermaid.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  checkStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  oneOfEachKind,
  opensOf,
  parallelStep,
  readStep,
  releaseStep,
  runStep,
  runbookOf,
  titledRunbook,
} from './runbook-builder.ts';

const book = (): Runbook =>
  runbookOf({
    phases: [
      {
        id: 'decide',
        title: 'Decide',
        steps: [decideStep('which', { roll_back: 'next', nothing: endAt('not_needed') })],
      },
      {
        id: 'execute',
        title: 'Execute',
        steps: [
          approveStep('permit', { on: { denied: goTo('aside') } }),
          runStep('hold', { opens: opensOf('ci'), on: { fail: goTo('aside'), unknown: goTo('aside') } }),
          runStep('down', { ponr: { lost: 'orders', confirm: 'name' }, before: [checkOf()] }),
          eachStep('nodes', [readStep('restart')]),
          parallelStep('looks', [checkStep('smoke'), checkStep('census', { when: expressionOf('x') })]),
          releaseStep('back', ['ci']),
          endStep('done'),
        ],
      },
      {
        id: 'aside',
        title: 'Give up',
        offPath: true,
        steps: [releaseStep('back_too', ['ci']), endStep('over', 'not_possible')],
      },
    ],
  });

describe('the drawing', () => {
  test('has a box a phase, dotted failures, a thick line out of the point of no return, and is always the same', () => {
    const text = mermaid(book());
    expect(text).toBe(mermaid(book()));
    expect(text).toMatchInlineSnapshot(`
      "flowchart TD
        n0(["start"])
        n18(["not_needed"])
        n19(["rolled_back"])
        n20(["not_possible"])
        subgraph p0["Decide"]
          n4{"which"}
        end
        subgraph p1["Execute"]
          n5{{"permit"}}
          n6["hold<br/>opens ci"]
          n7["down<br/>no return: orders"]
          n8[["nodes"]]
          n9["restart"]
          n10[["looks"]]
          n11(("joined"))
          n12["smoke"]
          n13["census"]
          n14[/"back<br/>releases ci"/]
          n15(["done"])
        end
        subgraph p2["Give up (off the path)"]
          n16[/"back too<br/>releases ci"/]
          n17(["over"])
        end
        n0 --> n4
        n4 -->|"roll_back"| n5
        n4 -->|"nothing"| n18
        n5 --> n6
        n5 -.->|"denied"| n16
        n6 --> n7
        n6 -.->|"fail, unknown"| n16
        n7 ==>|"no way back"| n8
        n8 --> n10
        n8 -->|"each item"| n9
        n9 --> n8
        n10 --> n12
        n12 --> n11
        n10 --> n13
        n13 -->|"or not needed"| n11
        n11 --> n14
        n14 --> n15
        n15 --> n19
        n16 --> n17
        n17 --> n20
        classDef noReturn stroke:#c00,stroke-width:4px
        class n7 noReturn
        classDef offPath stroke-dasharray:4 4
        class p2 offPath
      "
    `);
  });

  test.each(Object.entries(oneOfEachKind()))('draws a step of kind %s', (kind, step) => {
    expect(mermaid(bookOfSteps(step, endStep('z')))).toContain(`"${kind}`);
  });

  test('shows where a path falls off', () => {
    expect(mermaid(bookOfSteps(readStep('a')))).toMatch(/(n\d+)\(\["nowhere"\]\)[^]*class \1 broken/);
  });
});

describe('texts from outside', () => {
  /** Every line that the drawing may consist of: nothing else, whatever the titles say. */
  const text = String.raw`"(?:[\p{L}\p{N}\p{M} .,:?!()/+=_…×–-]|#\d+;|<br/>)*"`;
  const allowed = new RegExp(
    [
      'flowchart TD',
      String.raw`  (?:  )?n\d+(?:\[${text}\]|\{${text}\}|\{\{${text}\}\}|\[\[${text}\]\]|\[/${text}/\]|\(\[${text}\]\)|\(\(${text}\)\))`,
      String.raw`  subgraph p\d+\[${text}\]`,
      '  end',
      String.raw`  n\d+ (?:-->|-\.->|==>)(?:\|${text}\|)? n\d+`,
      String.raw`  classDef \w+ [\w:#,\- ]+`,
      String.raw`  class [np\d,]+ \w+`,
    ]
      .map((line) => `(?:${line})`)
      .join('|')
      .replace(/^/, '^(?:')
      .replace(/$/, ')$'),
    'u',
  );
  const isSafe = (drawing: string): boolean =>
    drawing
      .trimEnd()
      .split('\n')
      .every((line) => allowed.test(line));
  const titled = (title: string): Runbook => titledRunbook(title, [title]);

  test('the drawing of a plain runbook is within what is allowed', () => {
    expect(
      mermaid(book())
        .trimEnd()
        .split('\n')
        .filter((line) => !allowed.test(line)),
    ).toEqual([]);
  });

  test.each([
    '"] --> n0["',
    'end',
    'a\n  click n0 "javascript:alert(1)"',
    '`markdown`',
    '%%{init: {"securityLevel":"loose"}}%%',
    '<img src=x onerror=alert(1)>',
    '#quot; &quot; ;',
    'safe \u202e evil \u200b \u0007 \u{E0041}',
    '|pipe| {brace} [bracket] \\back',
    '',
  ])('%j stays inside its label', (title) => {
    expect(isSafe(mermaid(titled(title)))).toBe(true);
    expect(mermaid(titled(title)).split('\n').length).toBe(mermaid(titled('plain')).split('\n').length);
  });

  test('no text whatever leaves its label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (title) => {
        expect(isSafe(mermaid(titled(title)))).toBe(true);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  test('a long title is cut, and readable words stay readable', () => {
    expect(mermaid(titled('ü'.repeat(500)))).toContain(`"${'ü'.repeat(80)}…"`);
    expect(mermaid(titled('Schema zurück auf 42, 100 % (prüfen!)'))).toContain(
      'Schema zurück auf 42, 100 #37; (prüfen!)',
    );
    expect(mermaid(titled('a\u202eb'))).toContain('aU+202Eb');
    expect(mermaid(titled('a\u3164b'))).toContain('aU+3164b'); // a letter that is not seen
    expect(mermaid(titled(' a \n\t b '))).toContain('"a b"');
  });
});
