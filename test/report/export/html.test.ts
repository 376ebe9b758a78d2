import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { exportHtml } from '../../../src/report/export/html/page.ts';
import type { RecordedFact } from '../../../src/session/ports.ts';
import { eventsFrom, rollback, sessionId, toldRollback } from '../events.ts';
import { poisoned, recordable, unsafe } from '../hostile.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');
const page = (events: readonly RecordedFact[] = rollback): string =>
  exportHtml({
    session: { id: sessionId, outcome: null },
    events,
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback 1.2.3',
    series: [
      {
        id: 'err',
        unit: 'ratio',
        limit: 0.02,
        points: [
          [0, 0.001],
          [60_000, null],
          [120_000, 0.081],
          [180_000, 0.004],
        ],
      },
    ],
    sha256,
  });

test('needs nothing from elsewhere: its policy forbids all but its own style, which it names by hash', () => {
  const html = page();
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';

  expect(html).toContain(`default-src 'none'; style-src 'sha256-${sha256(style)}'`);
  expect(html).not.toMatch(/<script|\sstyle=|\son\w+=|javascript:|<link|<iframe|<img|@import|url\(/i);
  expect(html).not.toMatch(/\s(?:href|src|action)=/i);
});

test('draws the timeline, the metric with its limit and its gap, and the durations', () => {
  const html = page();

  expect(html.match(/<svg /g)).toHaveLength(3);
  expect(html).toContain('<title>schema_down, attempt 1: exit 1');
  expect(html).toContain('class="limit"');
  expect(html.match(/class="series"/g)).toHaveLength(2);
  expect(html).toContain('ledger verified');
});

test('what it is about stands first, then how it came out, then the drawings, then the text', () => {
  const html = page();
  const order = ['<h1>Post-mortem: ', '<ul class="badges">', '<figure>', '<main>', 'Derived from the ledger'];
  const places = order.map((part) => html.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(html.match(/<h1>/g)).toHaveLength(1);
});

test('a session in which nothing has happened has no empty drawings', () => {
  const html = exportHtml({
    session: { id: sessionId, outcome: null },
    events: rollback.slice(0, 1),
    output: () => '',
    verified: { ok: true, brokenAt: null },
    program: 'walkback 1.2.3',
    series: [],
    sha256,
  });
  expect(html).not.toContain('<figure>');
  expect(html).toContain('goes on: this is a draft');
});

test('the words at two moments that lie near each other do not lie on each other, nor beyond the drawing', () => {
  const placed = [...page().matchAll(/<text x="([\d.]+)" y="24"( text-anchor="end")?>(decided|recovered)</g)];
  expect(placed.map(([, , anchor, word]) => [word, anchor !== undefined])).toEqual([
    ['decided', true],
    ['recovered', false],
  ]);
  // eleven units high, a letter takes less than seven
  expect(Number(placed[1]?.[1]) + 'recovered'.length * 7).toBeLessThan(960);
});

test('a drill says so before anything else, on the screen and at the top of every printed page; a session does not', () => {
  const drilled = page(
    eventsFrom(
      toldRollback.map(([seconds, fact]) => [
        seconds,
        fact.type === 'session.started' ? { ...fact, mode: 'DRILL' as const } : fact,
      ]),
    ),
  );
  expect(drilled).toMatch(
    /<body class="drilled">\n<p class="drill"><strong>DRILL<\/strong> This was practice/,
  );
  expect(drilled).toMatch(/@media print[\s\S]*\.drill \{ position: fixed; top: 0;/);
  expect(page()).not.toContain('<p class="drill">');
});

test('whatever was recorded stays text: no element is there that the harmless page has not', () => {
  const names = (html: string) => new Set(html.match(/<\/?[a-z][\w-]*/gi));
  const harmless = names(page());
  for (const text of recordable) {
    const told = toldRollback.map(
      ([seconds, fact]) => [seconds, fact.type === 'session.started' ? fact : poisoned(fact, text)] as const,
    );
    const html = page(eventsFrom(told));
    expect([text, [...names(html)].filter((name) => !harmless.has(name))]).toEqual([text, []]);
    expect(html).not.toMatch(unsafe);
  }
});
