import { HtmlRenderer, Parser } from 'commonmark';
import { parse } from 'csv-parse/sync';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { realNames, rolesFor } from '../../../src/report/actors.ts';
import { exportAsciicast } from '../../../src/report/export/asciicast.ts';
import { exportCloudEvents } from '../../../src/report/export/cloudevents.ts';
import { exportCsv } from '../../../src/report/export/csv.ts';
import { exportJunit } from '../../../src/report/export/junit.ts';
import { exportOtlp } from '../../../src/report/export/otlp.ts';
import { exportPrometheus } from '../../../src/report/export/prometheus.ts';
import { figuresOf } from '../../../src/report/figures.ts';
import { postmortemMarkdown } from '../../../src/report/postmortem.ts';
import { readStory } from '../../../src/report/story.ts';
import type { RecordedFact } from '../../../src/session/ports.ts';
import { eventsFrom, rollback, sessionId, toldRollback } from '../events.ts';
import { poisoned, recordable, unsafe } from '../hostile.ts';

const storyOf = (events: readonly RecordedFact[]) =>
  readStory({ session: { id: sessionId, outcome: null }, events });
const story = storyOf(rollback);
const output = (attempt: string) => (attempt === 'schema_down#1' ? 'lock timeout on orders' : '');

/** The same session with one hostile text in every free field. */
const hostile = recordable.map((text) =>
  eventsFrom(
    toldRollback.map(
      ([seconds, fact]) => [seconds, fact.type === 'session.started' ? fact : poisoned(fact, text)] as const,
    ),
  ),
);

describe('CSV', () => {
  const read = (text: string) => parse<Record<string, string>>(text, { columns: true });

  test('a reader finds one row an event, in order, with who, what and the hash', () => {
    const rows = read(exportCsv(rollback, realNames));

    expect(rows.map(({ seq }) => Number(seq))).toEqual(rollback.map(({ seq }) => seq));
    expect(rows.map(({ hash }) => hash)).toEqual(rollback.map(({ hash }) => hash));
    expect(rows.find(({ type }) => type === 'decision.made')).toMatchObject({
      actor: 'ada',
      step: 'cheaper_first',
      elapsed_s: '152.000',
    });
  });

  test('people are roles where roles are asked for', () => {
    const text = exportCsv(rollback, rolesFor(rollback));
    expect(read(text).find(({ type }) => type === 'decision.made')?.['actor']).toBe('operator');
  });

  test('no cell is a formula, and whatever was recorded stays in its cell', () => {
    for (const [index, text] of ['=1+1', '+1', '-1', '@SUM(A1)', ...recordable].entries()) {
      const told = toldRollback.map(
        ([seconds, fact]) =>
          [seconds, fact.type === 'session.started' ? fact : poisoned(fact, text)] as const,
      );
      const rows = read(exportCsv(eventsFrom(told), realNames));
      expect([index, rows.length]).toEqual([index, rollback.length]);
      for (const row of rows) {
        for (const [name, cell] of Object.entries(row)) {
          if (name !== 'elapsed_s') expect(cell).not.toMatch(/^[=+\-@\t\r]/);
          expect(cell).not.toMatch(unsafe);
        }
      }
    }
  });
});

describe('JUnit', () => {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' });
  interface Case {
    readonly name: string;
    readonly failure?: unknown;
    readonly error?: unknown;
    readonly skipped?: unknown;
  }
  const casesOf = (text: string) =>
    (parser.parse(text) as { testsuites: { testsuite: { testcase: Case[] } } }).testsuites.testsuite.testcase;

  test('every step is a case by its last attempt, and the counts agree with the cases', () => {
    const text = exportJunit({ story, output });
    expect(XMLValidator.validate(text)).toBe(true);
    const cases = casesOf(text);
    const suites = (parser.parse(text) as { testsuites: Record<string, string> }).testsuites;

    expect(cases.map(({ name }) => name)).toEqual([...new Set(story.attempts.map(({ place }) => place))]);
    expect(Number(suites['tests'])).toBe(cases.length);
    for (const kind of ['failure', 'error', 'skipped'] as const) {
      const counted = suites[kind === 'failure' ? 'failures' : kind === 'error' ? 'errors' : 'skipped'];
      expect([kind, Number(counted)]).toEqual([kind, cases.filter((one) => kind in one).length]);
    }
  });

  test('is well-formed whatever was recorded and printed', () => {
    for (const [index, events] of hostile.entries()) {
      const printed = recordable[index] ?? '';
      const text = exportJunit({ story: storyOf(events), output: () => printed });
      expect([printed, XMLValidator.validate(text)]).toEqual([printed, true]);
      expect(text).not.toMatch(unsafe);
    }
  });
});

describe('OTLP/JSON', () => {
  interface Span {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId?: string;
    readonly name: string;
    readonly startTimeUnixNano: string;
    readonly endTimeUnixNano: string;
    readonly events: readonly { readonly timeUnixNano: string }[];
    readonly status: { readonly code?: number };
  }
  const spansOf = (events: readonly RecordedFact[]): readonly Span[] => {
    const text = exportOtlp({ story: storyOf(events), events, name: realNames, version: '1.2.3' });
    return (
      JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }
    ).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  };

  test('one trace: a root, a child for each attempt and each debt, ids of the right length, times in order', () => {
    const spans = spansOf(rollback);
    const [root, ...children] = spans;

    expect(children).toHaveLength(story.attempts.length + story.obligations.length);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    for (const span of spans) {
      expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(span.traceId).toBe(root?.traceId);
      expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
      for (const { timeUnixNano } of span.events) {
        expect(BigInt(timeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
      }
    }
    for (const child of children) expect(child.parentSpanId).toBe(root?.spanId);
    expect(root?.startTimeUnixNano).toBe(`${String(Date.parse(rollback[0]?.at ?? ''))}000000`);
  });

  test('no span ends before it begins, although the clock was set back meanwhile', () => {
    const back = rollback.map((event, index) => ({
      ...event,
      at: new Date(Date.parse(event.at) - index * 60_000).toISOString(),
    }));
    const wrong = spansOf(back).filter(
      ({ startTimeUnixNano, endTimeUnixNano }) => BigInt(endTimeUnixNano) < BigInt(startTimeUnixNano),
    );
    expect(wrong).toEqual([]);
  });

  test('an attempt that failed or stood in doubt is an error, one that went through is not', () => {
    const status = (name: string) =>
      spansOf(rollback)
        .filter((span) => span.name === name)
        .map((span) => span.status.code);

    expect(status('schema_down')).toEqual([2, 2]);
    expect(status('hold_pipeline')).toEqual([1]);
  });

  test('the same session gives the same trace', () => {
    expect(spansOf(rollback)).toEqual(spansOf(rollback));
  });
});

describe('CloudEvents', () => {
  test('a batch whose events have the attributes of version 1.0, in the order of their sequence', () => {
    const batch = JSON.parse(exportCloudEvents(sessionId, rollback)) as Record<string, unknown>[];

    expect(batch).toHaveLength(rollback.length);
    for (const [index, event] of batch.entries()) {
      expect(event).toMatchObject({
        specversion: '1.0',
        id: rollback[index]?.id,
        type: `walkback.${rollback[index]?.fact.type ?? ''}`,
        time: rollback[index]?.at,
        data: rollback[index]?.fact,
      });
      // names of attributes: lower case letters and digits, at most twenty (CloudEvents 1.0, 3.1)
      for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
      expect(URL.canParse(String(event['source']))).toBe(true);
    }
    const order = batch.map(({ sequence }) => String(sequence));
    expect(order.toSorted()).toEqual(order);
  });
});

describe('Prometheus', () => {
  test('every figure that is known has help, type and a value; what is not known is left out', () => {
    const figures = figuresOf(story, rollback);
    const text = exportPrometheus(story, { ...figures, toRestoreMs: null });

    expect(text).toContain(`walkback_session_decide_seconds{session="${sessionId}"`);
    expect(text).not.toContain('walkback_session_restore_seconds');
    for (const line of text.trim().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+\{.+\} -?[\d.]+)$/);
    }
  });
});

describe('asciicast', () => {
  const castOf = (format: 2 | 3, events: readonly RecordedFact[] = rollback) => {
    const text = exportAsciicast(format, { story: storyOf(events), events, output, name: realNames });
    const [header, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    return { header, lines: lines as [number, string, string][] };
  };

  test('version 2 has times from the start that never fall, version 3 the pauses between them', () => {
    const two = castOf(2);
    const three = castOf(3);
    let sum = 0;

    expect(two.header).toMatchObject({ version: 2, width: 100, height: 30 });
    expect(three.header).toMatchObject({ version: 3, term: { cols: 100, rows: 30 } });
    expect(two.lines).toHaveLength(rollback.length);
    for (const [index, [time, kind, text]] of two.lines.entries()) {
      sum += three.lines[index]?.[0] ?? Number.NaN;
      expect(kind).toBe('o');
      expect(time).toBeCloseTo(sum, 2);
      expect(three.lines[index]?.[2]).toBe(text);
    }
  });

  test('what a command printed is played back after it ended', () => {
    expect(castOf(2).lines.some(([, , text]) => text.includes('│ lock timeout on orders'))).toBe(true);
  });

  test('nothing that was recorded can drive the terminal that plays it', () => {
    const ours = new RegExp(`${String.fromCodePoint(0x1b)}\\[[02]m|\\r\\n`, 'g');
    for (const events of hostile) {
      for (const [, , text] of castOf(2, events).lines) expect(text.replaceAll(ours, '')).not.toMatch(unsafe);
    }
  });
});

describe('Markdown', () => {
  test('a CommonMark parser makes headings of ours only, and no tag, link or picture', () => {
    for (const events of [rollback, ...hostile]) {
      const session = { id: sessionId, outcome: null };
      const markdown = postmortemMarkdown({
        session,
        events,
        output: () => '',
        verified: { ok: true, brokenAt: null },
        program: 'walkback 1.2.3',
      });
      const tree = new Parser().parse(markdown);
      const kinds = new Set<string>();
      const walker = tree.walker();
      for (let at = walker.next(); at !== null; at = walker.next()) kinds.add(at.node.type);
      expect(
        [...kinds].filter((kind) => ['link', 'image', 'html_inline', 'html_block'].includes(kind)),
      ).toEqual([]);
      const heads = (new HtmlRenderer().render(tree).match(/<h2>/g) ?? []).length;
      expect(heads).toBe((markdown.match(/^## /gm) ?? []).length);
    }
  });
});
