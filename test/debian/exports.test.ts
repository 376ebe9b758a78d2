import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HtmlRenderer, Parser } from 'commonmark';
import { parse } from 'csv-parse/sync';
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine } from '../cli/walkback.ts';
import { openMachine } from '../cli/walkback.ts';
import { readPng } from './png.ts';

/*
 * All exports of one drill session, each accepted by something that we did not write: a CommonMark parser, Chromium, the
 * protobuf decoder of OpenTelemetry, an XML parser, asciinema's player, promtool, a CSV reader.
 */

let machine: Machine;
let bundle = '';
const has = (name: string): string => readFileSync(join(bundle, name), 'utf8');

beforeAll(async () => {
  machine = await openMachine();
  const drill = await machine.walkback(['drill', '--fault', 'F01', '--operator', 'scripted']);
  expect([drill.code, drill.stderr]).toEqual([0, expect.anything()]);
  bundle = join(machine.folder, 'bundle');
  expect((await machine.walkback(['export', '--bundle', bundle])).code).toBe(0);
}, 180_000);
afterAll(() => machine.remove());

interface Row {
  readonly seq: number;
  readonly type: string;
  readonly hash: string;
}
const rows = (): readonly Row[] =>
  has('session.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

test('the session is whole and long enough to try them with', () => {
  expect(rows().length).toBeGreaterThan(100);
  const types = new Set(rows().map(({ type }) => type));
  for (const type of [
    'decision.made',
    'command.ended',
    'trigger.changed',
    'obligation.discharged',
    'session.closed',
  ])
    expect(types).toContain(type);
});

test('Markdown: a CommonMark parser finds its headings and no raw HTML', () => {
  const document = new Parser().parse(has('post-mortem.md'));
  const html = new HtmlRenderer().render(document);
  expect(html.match(/<h2>/g)?.length ?? 0).toBeGreaterThan(10);
  const walker = document.walker();
  for (let step = walker.next(); step !== null; step = walker.next())
    expect(['html_block', 'html_inline']).not.toContain(step.node.type);
});

test('CSV: a reader finds one row an event, with its hash', () => {
  const read = parse<{ readonly hash: string }>(has('events.csv'), { columns: true });
  expect(read.map(({ hash }) => hash)).toEqual(rows().map(({ hash }) => hash));
});

test('JUnit: an XML parser finds it well formed', () => {
  expect(XMLValidator.validate(has('junit.xml'))).toBe(true);
});

test('JSON and CloudEvents are read, event by event', () => {
  expect((JSON.parse(has('session.json')) as { readonly events: readonly unknown[] }).events).toHaveLength(
    rows().length,
  );
  const events = JSON.parse(has('cloudevents.json')) as readonly Record<string, unknown>[];
  expect(events).toHaveLength(rows().length);
  for (const event of events)
    expect(event).toMatchObject({
      specversion: '1.0',
      id: expect.any(String),
      source: expect.any(String),
      type: expect.stringMatching(/./),
    });
});

test('promtool accepts the figures', () => {
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: has('metrics.prom'),
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

interface MessageType {
  readonly verify: (message: object) => string | null;
  readonly fromObject: (plain: object) => object;
  readonly encode: (message: object) => { readonly finish: () => Uint8Array };
  readonly decode: (bytes: Uint8Array) => object;
  readonly toObject: (message: object, options: object) => Record<string, unknown>;
}

test('OTLP: the protobuf decoder of OpenTelemetry reads back every field that was written', () => {
  const root = createRequire(import.meta.url)(
    '@opentelemetry/otlp-transformer/build/src/generated/root.js',
  ) as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: {
          readonly trace: { readonly v1: { readonly ExportTraceServiceRequest: MessageType } };
        };
      };
    };
  };
  const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
  // OTLP/JSON writes ids in hex where the JSON of protobuf has base64; nothing else differs
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  const written = JSON.parse(has('trace.otlp.json'), (key, value: unknown) => {
    if (Array.isArray(value) && value.length === 0) return undefined; // to protobuf it is as if it were not there
    return /^(?:trace|span|parentSpan)Id$/.test(key) && typeof value === 'string' ? base64(value) : value;
  }) as object;
  const message = Request.fromObject(written);
  expect(Request.verify(message)).toBeNull();
  const decoded = Request.toObject(Request.decode(Request.encode(message).finish()), {
    longs: String,
    bytes: String,
  });
  // a field that the format does not know would be lost on the way
  expect(decoded).toEqual(written);
  const spans = JSON.stringify(decoded).match(/"spanId"/g) ?? [];
  expect(spans.length).toBeGreaterThan(30);
});

/** Chromium without a window, told what to do with one page. */
function browse(page: string, ...flags: readonly string[]): string {
  const own = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
    '--window-size=1100,1600',
  ];
  const profile = `--user-data-dir=${join(machine.folder, 'browser')}`;
  const { status, stdout } = spawnSync('chromium', [...own, profile, ...flags, `file://${page}`], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { PATH: process.env['PATH'], HOME: machine.env['HOME'] },
    maxBuffer: 50_000_000,
  });
  expect(status).toBe(0);
  return stdout;
}

test.each([
  ['light', '1', '253,253,252'],
  ['dark', '0', '22,24,27'],
])('HTML: Chromium draws the page in %s, with its plots, and runs nothing', (name, scheme, paper) => {
  const picture = join(machine.folder, `${name}.png`);
  browse(
    join(bundle, 'post-mortem.html'),
    `--blink-settings=preferredColorScheme=${scheme}`,
    `--screenshot=${picture}`,
  );
  const { width, height, colours } = readPng(readFileSync(picture));
  expect([width, height]).toEqual([1100, 1600]);
  // paper, boxes, ink and the colours of the plots: neither blank nor noise
  expect(colours.get(paper) ?? 0).toBeGreaterThan(0.2);
  expect(colours.get(paper) ?? 0).toBeLessThan(0.9);
  expect(colours.size).toBeGreaterThan(100);
  const bar = name === 'light' ? '43,122,75' : '108,196,144';
  expect(colours.get(bar) ?? 0).toBeGreaterThan(0.001);
});

test('HTML: what Chromium made of it holds the words, four plots, and no script', () => {
  const dom = browse(join(bundle, 'post-mortem.html'), '--dump-dom');
  expect(dom).toContain('<title>DRILL: Roll the shop back to its previous release</title>');
  expect(dom.match(/<svg/g)?.length ?? 0).toBeGreaterThanOrEqual(4);
  expect(dom).not.toMatch(/<script|javascript:|\son\w+=/);
  const words = dom.replaceAll(/<style>[^]*?<\/style>/g, '').replaceAll(/<[^>]+>/g, ' ');
  for (const said of ['ledger verified', 'Decision', 'Obligations', 'rolled back'])
    expect(words).toContain(said);
});

test.each(['session.cast', 'session.v3.cast'])(
  'asciicast: the player of asciinema plays %s to its end',
  (name) => {
    const player = join(import.meta.dirname, '../../node_modules/asciinema-player/dist/bundle');
    const inlined = (text: string): string => text.replaceAll('</', String.raw`<\/`);
    const page = join(machine.folder, `${name}.html`);
    writeFileSync(
      page,
      `<!doctype html><meta charset="utf-8"><style>${readFileSync(join(player, 'asciinema-player.css'), 'utf8')}</style>
<div id="here"></div><script src="file://${join(player, 'asciinema-player.min.js')}"></script><script>
const player = AsciinemaPlayer.create({ data: ${inlined(JSON.stringify(has(name)))} }, document.getElementById('here'), { fit: false });
// what it draws comes a frame later, or several where the machine is busy
const drawn = () => document.getElementById('here').innerText.includes('Drill scored');
const tell = (length, left) => {
  if (drawn() || left === 0) document.title = 'played ' + length;
  else setTimeout(tell, 100, length, left - 1);
};
player.seek('100%').then(() => player.getDuration()).then(
  (length) => tell(length, 300),
  (error) => { document.title = 'failed: ' + error; },
);
</script>`,
    );
    const dom = browse(page, '--virtual-time-budget=60000', '--dump-dom');
    const [, played = 'nothing'] = /<title>([^<]*)/.exec(dom) ?? [];
    expect(played).toMatch(/^played \d/);
    const last = Number(
      (JSON.parse(has('session.cast').trimEnd().split('\n').at(-1) ?? '[]') as readonly unknown[])[0],
    );
    expect(Math.abs(Number(played.replace('played ', '')) - last)).toBeLessThan(0.1);
    expect(dom.replaceAll(/<script>[^]*?<\/script>|<[^>]+>/g, '')).toContain('Drill scored');
  },
);
