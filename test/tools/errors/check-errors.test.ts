import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { isoOf } from '../../../src/machine/iso-time.ts';
import { listen } from '../../../src/sandbox/http.ts';
import { checkErrors, type ErrorReport } from '../../../src/tools/errors/check-errors.ts';
import { logSource } from '../../../src/tools/errors/log-source.ts';
import { trackerSource } from '../../../src/tools/errors/tracker-source.ts';
import type { ErrorSource } from '../../../src/tools/errors/model.ts';

const minute = 60_000;
/** The failed release began at 0, the rollback ended forty minutes later. */
const releasedMs = Date.parse('2026-03-01T10:00:00Z');
const sinceMs = releasedMs + 40 * minute;
const spans = { baselineMs: releasedMs - 60 * minute, releasedMs, sinceMs };

interface Stand {
  readonly file: string;
  readonly name: (suffix: string) => string;
  /** Writes one line of that minute after the release. */
  readonly say: (minutes: number, text: string, file?: string) => void;
  /** By minutes after the release; `at` happens at the pause that reaches it. */
  readonly check: (options?: {
    readonly from?: number;
    readonly within?: number;
    readonly at?: Readonly<Record<number, () => void>>;
    readonly alive?: boolean;
    readonly more?: readonly ErrorSource[];
    readonly novel?: boolean;
    readonly match?: string;
  }) => Promise<ErrorReport>;
}

function openStand(): Stand {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-errors-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'app.log');
  const times = { now: () => now, isoOf, epochMsOf: (text: string) => Date.parse(text) };
  let now = sinceMs;
  return {
    file,
    name: (suffix) => `${file}${suffix}`,
    say: (minutes, text, into = file) =>
      appendFileSync(into, `${isoOf(releasedMs + minutes * minute)} ${text}\n`),
    check: ({ from = 40, within = 0, at = {}, alive = false, more = [], novel = true, match } = {}) => {
      now = releasedMs + from * minute;
      const done = new Set<string>();
      const plan = {
        file,
        spans,
        taken: new Set(['ids', 'hex', 'numbers'] as const),
        match: match ?? null,
        ignore: null,
        alive,
      };
      return checkErrors([logSource(plan, times), ...more], {
        spans,
        maxAgeMs: 10 * minute,
        withinMs: within * minute,
        everyMs: minute,
        fails: { residual: true, novel },
        now: () => now,
        pause: async (ms) => {
          now += ms;
          for (const [when, act] of Object.entries(at)) {
            if (done.has(when) || now < releasedMs + Number(when) * minute) continue;
            done.add(when);
            act();
          }
        },
      });
    },
  };
}

const told = ({ errors }: ErrorReport) =>
  errors.map((one) => `${one.class} ${one.after} ${one.counts} ${one.fingerprint}`);

test('R6.4: of three fingerprints one goes on: it is told with its count and its last line', async () => {
  const { say, check } = openStand();
  say(-30, 'ERROR cache miss for order 1');
  say(5, 'ERROR cache miss for order 2');
  say(10, 'ERROR coupon 17 cannot be read');
  say(12, 'ERROR no column discount_2');
  say(41, 'ERROR coupon 18 cannot be read');
  say(43, 'ERROR coupon 19 cannot be read');
  say(43, 'INFO all is well');

  const report = await check({ from: 45 });
  expect(report).toMatchObject({ verdict: 'fail', why: '1 residual and 0 novel errors go on' });
  expect(told(report)).toEqual([
    'residual 2 true ERROR coupon <n> cannot be read',
    'known 0 false ERROR cache miss for order <n>',
    'gone 0 false ERROR no column discount_<n>',
  ]);
  expect(report.errors[0]?.lastLine).toBe('2026-03-01T10:43:00.000Z ERROR coupon 19 cannot be read');
});

test('R6.4: silence for ten minutes passes, and not before', async () => {
  const { say, check } = openStand();
  say(10, 'ERROR coupon 17 cannot be read');
  say(42, 'ERROR coupon 18 cannot be read');

  expect(await check({ from: 49 })).toMatchObject({ verdict: 'fail' });
  const passed = await check({ from: 43, within: 20 });
  expect(passed).toMatchObject({ verdict: 'pass', quietMs: 10 * minute });
  expect(told(passed)).toEqual(['residual 1 false ERROR coupon <n> cannot be read']);
});

test('right after the end nothing is known yet: a quiet minute is not ten', async () => {
  const { say, check } = openStand();
  say(39, 'INFO up');
  expect(await check({ from: 41 })).toMatchObject({
    verdict: 'unknown',
    why: expect.stringContaining('long enough'),
  });
});

test('R6.4: a file that is rotated in the middle of the check loses nothing, also what is still written to the old one', async () => {
  const { file, name, say, check } = openStand();
  say(10, 'ERROR coupon 17 cannot be read');
  const report = await check({
    within: 8,
    at: {
      41: () => say(41, 'ERROR coupon 1 cannot be read'),
      42: () => {
        say(42, 'ERROR coupon 2 cannot be read');
        renameSync(file, name('.1'));
        say(42, 'ERROR coupon 3 cannot be read', name('.1'));
        say(42, 'ERROR coupon 4 cannot be read');
      },
      43: () => {
        // twice between two looks: the file in the middle was never seen under its name
        say(43, 'ERROR coupon 5 cannot be read', name('.1'));
        say(43, 'ERROR coupon 6 cannot be read');
        renameSync(name('.1'), name('.2'));
        renameSync(file, name('.1'));
        writeFileSync(file, '');
        say(43, 'ERROR coupon 7 cannot be read');
        renameSync(name('.2'), name('.3'));
        renameSync(name('.1'), name('.2'));
        renameSync(file, name('.1'));
        say(43, 'ERROR coupon 8 cannot be read');
      },
    },
  });
  expect(told(report)).toEqual(['residual 8 true ERROR coupon <n> cannot be read']);
  expect(report.problems).toEqual([]);
});

test('a log that is copied and emptied goes on in its copy; where no copy is, lines are missing, and that is unknown', async () => {
  const copied = openStand();
  copied.say(10, 'ERROR coupon 17 cannot be read');
  const report = await copied.check({
    within: 8,
    at: {
      42: () => {
        copied.say(42, 'ERROR coupon 1 cannot be read');
        copyFileSync(copied.file, copied.name('.1'));
        truncateSync(copied.file);
        for (let line = 0; line < 5; line += 1) copied.say(42, 'ERROR coupon 2 cannot be read');
      },
    },
  });
  expect(told(report)).toEqual(['residual 6 true ERROR coupon <n> cannot be read']);

  const emptied = openStand();
  emptied.say(10, 'INFO a line');
  const lost = await emptied.check({ within: 20, at: { 42: () => truncateSync(emptied.file) } });
  expect(lost).toMatchObject({
    verdict: 'unknown',
    why: expect.stringContaining('was emptied while it was read'),
  });
});

test('the baseline is read from rotated files too, packed ones as well', async () => {
  const { name, say, check } = openStand();
  writeFileSync(name('.2.gz'), gzipSync(`${isoOf(releasedMs - 50 * minute)} ERROR old 1\n`));
  say(-20, 'ERROR older 1', name('.1'));
  say(41, 'ERROR old 2');
  say(41, 'ERROR older 2');
  say(41, 'ERROR never before');
  expect(told(await check({ from: 42 }))).toEqual([
    'novel 1 true ERROR never before',
    'known 1 false ERROR old <n>',
    'known 1 false ERROR older <n>',
  ]);
});

test('a log that cannot be read is unknown, never quiet; what another one says is still a fail', async () => {
  const { check, file, say } = openStand();
  const none = await check({ from: 60 });
  expect(none).toMatchObject({ verdict: 'unknown', why: expect.stringContaining(`${file} cannot be read`) });

  const other = openStand();
  other.say(41, 'ERROR never before');
  const missing = logSource(
    { file: `${file}-other`, spans, taken: new Set(), match: null, ignore: null, alive: false },
    { now: () => sinceMs, isoOf, epochMsOf: (text) => Date.parse(text) },
  );
  expect(await other.check({ from: 42, more: [missing] })).toMatchObject({
    verdict: 'fail',
    problems: [expect.any(String)],
  });

  say(1, 'INFO up');
  expect(await check({ from: 60, alive: true })).toMatchObject({
    verdict: 'unknown',
    why: expect.stringContaining('no line at all'),
  });
});

test('errors without a time cannot be put before or after the release; below a line with one they are of its time', async () => {
  const { file, say, check } = openStand();
  appendFileSync(file, 'ERROR without a time\n');
  expect(await check({ from: 60 })).toMatchObject({
    verdict: 'unknown',
    why: expect.stringContaining('without a time'),
  });

  writeFileSync(file, '');
  say(41, 'it begins');
  appendFileSync(file, 'FATAL in the next line\n');
  expect(told(await check({ from: 42 }))).toEqual(['novel 1 true FATAL in the next line']);
});

test('a class that is only noted does not stand in the way', async () => {
  const { say, check } = openStand();
  say(41, 'ERROR never before');
  expect(await check({ from: 55, novel: false })).toMatchObject({ verdict: 'pass' });
});

test('a log of nothing but different errors is one error, and does not fill the memory', async () => {
  const { file, check } = openStand();
  const at = isoOf(sinceMs + minute);
  const letters = (at: number): string =>
    [...String(at)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  writeFileSync(file, Array.from({ length: 6_000 }, (_, line) => `${at} ERROR ${letters(line)}\n`).join(''));
  const report = await check({ from: 42 });
  expect(report.errors).toHaveLength(5_001);
  expect(report.errors[0]).toMatchObject({
    after: 1_000,
    fingerprint: expect.stringContaining('all different'),
  });
});

const issue = (id: string, firstSeen: number, lastSeen: number, more: object = {}) => ({
  id,
  title: `Error ${id}`,
  count: '4',
  firstSeen: isoOf(releasedMs + firstSeen * minute),
  lastSeen: isoOf(releasedMs + lastSeen * minute),
  status: 'unresolved',
  ...more,
});

test('R6.4: the issues of a tracker are read by release: new, regressed, resolved', async () => {
  let answer: unknown = [];
  const asked: string[] = [];
  const server = await listen(({ path: page, query, headers }) => {
    asked.push(`${page}?${String(query)} ${headers['authorization'] ?? ''}`);
    const second = query.get('page') === '2';
    const issues = Array.isArray(answer) ? (second ? answer.slice(2) : answer.slice(0, 2)) : answer;
    return {
      status: 200,
      headers: { link: `<${server.url}/issues/?page=2>; rel="next"; results="${second ? 'false' : 'true'}"` },
      body: JSON.stringify(issues),
    };
  });
  onTestFinished(() => server.close());
  const { file, check } = openStand();
  writeFileSync(file, '');
  const times = { now: () => sinceMs, isoOf, epochMsOf: (text: string) => Date.parse(text) };
  const tracker = () =>
    trackerSource(
      {
        url: `${server.url}/issues/?query=release:2.0.0`,
        headers: { authorization: 'Bearer canary' },
        spans,
      },
      times,
    );

  answer = [
    issue('old', -500, 45),
    issue('new', 41, 44, { substatus: 'new', permalink: 'https://errors.example/1' }),
    issue('resolved', 5, 45, { status: 'resolved' }),
    issue('regressed', -500, 45, { substatus: 'regressed', culprit: 'coupons.read' }),
    issue('ours', 5, 44),
    issue('gone', 5, 30),
  ];
  const report = await check({ from: 46, more: [tracker()] });
  expect(report).toMatchObject({ verdict: 'fail', why: '2 residual and 1 novel errors go on' });
  expect(told(report)).toEqual([
    'novel 4 true Error new',
    'residual 4 true Error regressed in coupons.read',
    'residual 4 true Error ours',
    'known 4 false Error old',
    'gone 0 false Error resolved',
    'gone 0 false Error gone',
  ]);
  expect(asked).toEqual(['/issues/?query=release%3A2.0.0 Bearer canary', '/issues/?page=2 Bearer canary']);

  answer = { detail: 'no such project' };
  expect(await check({ from: 60, more: [tracker()] })).toMatchObject({
    verdict: 'unknown',
    why: expect.stringContaining('not a list of issues'),
  });
  const elsewhere = trackerSource({ url: 'http://127.0.0.1:1/issues/', headers: {}, spans }, times);
  expect(await check({ from: 60, more: [elsewhere] })).toMatchObject({ verdict: 'unknown' });
});

test('the last line of a packed log counts although no line end follows it', async () => {
  const { name, say, check } = openStand();
  say(41, 'INFO up');
  writeFileSync(name('.1.gz'), gzipSync(`${isoOf(releasedMs + 41 * minute)} FATAL out of memory`));

  expect(await check({ from: 45 })).toMatchObject({ verdict: 'fail' });
});
