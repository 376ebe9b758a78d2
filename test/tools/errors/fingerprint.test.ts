import { expect, test } from 'vitest';
import { idOf, normalise, type Normalisation } from '../../../src/tools/errors/fingerprint.ts';
import { badLevels, readLogLine } from '../../../src/tools/errors/log-line.ts';
import { systemTimes } from '../../../src/cli/tools/times.ts';

const usual: ReadonlySet<Normalisation> = new Set(['ids', 'hex', 'numbers']);

test.each([
  ['order 4711 of customer 12 failed', 'order <n> of customer <n> failed'],
  ['timeout after 1200ms on shop2', 'timeout after <n>ms on shop<n>'],
  ['request 6f1e2d3c-1b2a-4c5d-8e9f-001122334455 lost', 'request <id> lost'],
  ['at 0xDEADBEEF00 of deadbeef01', 'at <hex> of <hex>'],
  ['payment ord_8f3k2m9 refused', 'payment <id> refused'],
  ['java.lang.NullPointerException: a.b.C', 'java.lang.NullPointerException: a.b.C'],
  ['feedface is a word, and so is deadbeef', 'feedface is a word, and so is deadbeef'],
])('%s becomes %s', (message, fingerprint) => {
  expect(normalise(message, usual)).toBe(fingerprint);
});

test('what stands between quotes is taken out where it is asked for; an apostrophe opens nothing', () => {
  expect(normalise(`user "bob" can't read 'x y' don't`, new Set(['quoted']))).toBe(
    `user "<text>" can't read '<text>' don't`,
  );
  expect(normalise('order 1', new Set())).toBe('order 1');
});

test('a fingerprint has the same twelve digits for ever', () => {
  expect(idOf('order <n> failed')).toBe('4bbd2b665eed');
});

test('hostile lines take time in proportion to their length', () => {
  const hostile = [
    '-'.repeat(60_000),
    'a1'.repeat(30_000),
    '"'.repeat(60_000),
    '1-'.repeat(30_000),
    ' '.repeat(60_000),
    '['.repeat(60_000),
  ];
  const times = systemTimes();
  const startedAt = performance.now();
  for (const line of hostile)
    for (let count = 0; count < 20; count += 1) {
      const { message } = readLogLine(line, times);
      expect(normalise(message, new Set(['ids', 'hex', 'numbers', 'quoted'])).length).toBeLessThan(4_000);
    }
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test.each([
  ['2026-03-01T10:00:00.250Z ERROR no stock', '2026-03-01T10:00:00.250Z', 'ERROR', 'ERROR no stock'],
  ['2026-03-01 10:00:00,250+0100 [main] WARN slow', '2026-03-01T09:00:00.250Z', 'WARN', '[main] WARN slow'],
  [
    '10.0.0.1 - - [01/Mar/2026:10:00:00 +0100] "GET / HTTP/1.1" 500',
    '2026-03-01T09:00:00.000Z',
    null,
    '10.0.0.1 - - [ ] "GET / HTTP/1.1" 500',
  ],
  [
    '{"level":50,"time":1772359200000,"msg":"no stock","err":{"message":"gone"}}',
    '2026-03-01T10:00:00.000Z',
    'ERROR',
    'no stock: gone',
  ],
  [
    '{"severity":"error","ts":1772359200.5,"message":"no stock"}',
    '2026-03-01T10:00:00.500Z',
    'ERROR',
    'no stock',
  ],
  ['    at shop.js:12', null, null, '    at shop.js:12'],
] as const)('of %s the time, the level and the message are read', (line, at, level, message) => {
  const read = readLogLine(line, systemTimes());
  expect(read).toEqual({ atMs: at === null ? null : Date.parse(at), level, message });
});

test('nginx and syslog write the machine’s own time; syslog means the newest year that does not lie ahead', () => {
  const times = { ...systemTimes(), now: () => Date.parse('2026-01-02T00:00:00Z') };
  expect(readLogLine('2026/03/01 10:00:00 [error] 7#7: upstream', times)).toMatchObject({
    atMs: Date.parse('2026-03-01T10:00:00'),
    level: 'ERROR',
  });
  expect(readLogLine('Dec 31 23:59:00 host shop[7]: ERROR x', times).atMs).toBe(
    Date.parse('2025-12-31T23:59:00'),
  );
  expect(readLogLine('Jan  1 00:01:00 host shop[7]: ERROR x', times).atMs).toBe(
    Date.parse('2026-01-01T00:01:00'),
  );
});

test('on New Year’s night, while it is still last year in Greenwich, a line of syslog is of the new year', () => {
  const times = { ...systemTimes(), now: () => Date.parse('2025-12-31T22:30:00Z') };
  expect(readLogLine('Jan  1 00:20:00 host shop[7]: ERROR x', times).atMs).toBe(
    Date.parse('2026-01-01T00:20:00'),
  );
  expect(readLogLine('Dec 31 12:00:00 host shop[7]: ERROR x', times).atMs).toBe(
    Date.parse('2025-12-31T12:00:00'),
  );
});

test('a time that names Greenwich is not the machine’s own, and micro- and nanoseconds are no times of far away', () => {
  // a zone that is never that of a machine: read as local time the two would be the same
  const times = {
    ...systemTimes(),
    epochMsOf: (text: string) => Date.parse(text.endsWith('Z') ? text : `${text}+11:00`),
  };
  const at = Date.parse('2026-03-01T10:00:00.123Z');
  for (const line of [
    '2026-03-01 10:00:00.123 UTC [77] ERROR:  no stock',
    '2026-03-01 10:00:00.123 GMT [77] ERROR:  no stock',
    `{"ts":${String(at)}000,"msg":"x"}`,
    `{"ts":${String(at)}000000,"msg":"x"}`,
  ])
    expect([line, readLogLine(line, times).atMs]).toEqual([line, at]);
});

test.each(['[10:00:00 ERR] no stock', '[10:00:00 FTL] no stock', '{"level":"err","msg":"no stock"}'])(
  'the short level of %s says that something went wrong',
  (line) => expect(badLevels.has(readLogLine(line, systemTimes()).level ?? '')).toBe(true),
);
