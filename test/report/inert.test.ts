import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, commandText, inertJson, visible, visibleLine } from '../../src/report/inert.ts';
import { fenced, inline, table } from '../../src/report/markdown.ts';
import { postmortemMarkdown } from '../../src/report/postmortem.ts';
import { showText } from '../../src/report/show.ts';
import { eventsFrom, sessionId, toldRollback } from './events.ts';
import { hostileTexts, poisoned, recordable, unsafe } from './hostile.ts';

const poisonedEvents = (text: string) =>
  eventsFrom(toldRollback.map(([seconds, fact]) => [seconds, poisoned(fact, text)] as const));

const documentOf = (text: string): string =>
  postmortemMarkdown({
    session: { id: sessionId, outcome: null },
    events: poisonedEvents(text),
    output: () => text,
    verified: { ok: true, brokenAt: null },
    program: 'walkback 0.1.0',
  });

/**
 * What gives a document its shape: markers at line starts, fences, and every character with a meaning that is not
 * escaped. Two documents with the same skeleton differ in plain words only.
 */
function skeleton(document: string): readonly string[] {
  let fence: string | null = null;
  return document.split('\n').flatMap((line) => {
    if (fence !== null) {
      if (line === fence) fence = null;
      return fence === null ? ['end of fence'] : [];
    }
    const opened = /^(`{3,})\w*$/.exec(line);
    if (opened !== null) {
      fence = opened[1] ?? null;
      return ['fence'];
    }
    const bare = line.replaceAll(/\\[!-/:-@[-`{-~]/g, '').replaceAll(/&(?:#\d+|\w+);/g, '');
    const marker = /^(?: {4}|\t|#{1,6} |[-+*>=] ?|\d+[.)]|~~~|```)/.exec(line)?.[0] ?? '';
    return [
      `${marker} ${[...bare.matchAll(/[`*[\]<>|~$!]|:\/\/|\bwww\.|\b_|_\b/g)].map(([found]) => found).join('')}`,
    ];
  });
}

const benign = skeleton(documentOf('word'));

describe('hostile text', () => {
  test.each(recordable)('%j changes nothing but words in the post-mortem', (text) => {
    const document = documentOf(text);

    expect(skeleton(document)).toEqual(benign);
    expect(document).not.toMatch(unsafe);
  });

  test.each(recordable)('%j cannot act in a terminal', (text) => {
    const shown = showText({
      session: { id: text, outcome: null },
      events: poisonedEvents(text),
      verified: { ok: true, brokenAt: null },
      width: 100,
    });

    expect(shown).not.toMatch(unsafe);
    expect(shown.split('\n')).toHaveLength(
      showText({
        session: { id: 'x', outcome: null },
        events: poisonedEvents('word'),
        verified: { ok: true, brokenAt: null },
        width: 100,
      }).split('\n').length,
    );
  });

  test.each(hostileTexts)('%j is inert in JSON and reads back as it was', (text) => {
    const json = inertJson({ [text]: text });

    expect(json).not.toMatch(unsafe);
    expect(json).not.toContain('<');
    expect(JSON.parse(json)).toEqual({ [text]: text });
  });
});

test('no text at all changes the shape of a table cell or a line', () => {
  const cells = skeleton(table(['head'], [['word']]));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(skeleton(table(['head'], [[text]]))).toEqual(cells);
      expect(skeleton(inline(text))).toEqual([' ']);
      expect(skeleton(fenced(text))).toEqual(['fence', 'end of fence']);
      expect(inline(text)).not.toMatch(unsafe);
    }),
    { numRuns: 2000 },
  );
});

test('the shape check can see: raw text does change it', () => {
  const raw = hostileTexts.filter((text) => skeleton(`| ${text} |`).join() !== skeleton('| word |').join());
  expect(raw.length).toBeGreaterThan(20);
});

test('a value stays readable: only what could act is escaped', () => {
  expect(inline('schema_down on db-1 (attempt 2): 3 < 4')).toBe('schema_down on db-1 (attempt 2): 3 &lt; 4');
  expect(inline('')).toBe('—');
});

test('a fence is longer than any run of backticks inside it', () => {
  expect(fenced('a\n````\nb', '')).toBe('`````\na\n````\nb\n`````');
});

test('names what it takes out, so that nothing hides', () => {
  expect(visible('user\u202Egnp.exe')).toBe('user<U+202E>gnp.exe');
  expect(visible('\u001b[31mred\u001b[0m')).toBe('red');
  expect(visibleLine('one\r\ntwo\tthree')).toBe('one two three');
});

test('quotes an argument the way a shell needs it', () => {
  expect(commandText(['echo', 'two words', "it's", '', '--to=@v1.9.3'])).toBe(
    String.raw`echo 'two words' 'it'\''s' '' --to=@v1.9.3`,
  );
});

test('cuts by whole characters', () => {
  expect(clip('😀😀😀😀', 3)).toBe('😀😀…');
  expect(clip('abc', 3)).toBe('abc');
});
