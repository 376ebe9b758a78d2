import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FakeMonitoring } from './fake-monitoring.ts';
import { openMonitoring, watchedRunbook } from './fake-monitoring.ts';
import { openMachine, until } from './walkback.ts';
import type { Machine } from './walkback.ts';

const slow = { timeout: 180_000 };
let machine: Machine;
let monitoring: FakeMonitoring;

const quiet = { errors: 0.001, latency: 0.2, requests: 4000 };

beforeAll(async () => {
  machine = await openMachine();
  monitoring = await openMonitoring(quiet);
}, 180_000);
beforeEach(() => {
  for (const [metric, value] of Object.entries(quiet)) monitoring.set(metric, value);
  machine.file('shop.yaml', watchedRunbook(monitoring.url));
});
afterAll(async () => {
  await monitoring.close();
  await machine.remove();
});

const evaluate = (...args: readonly string[]) => machine.walkback(['evaluate', 'shop.yaml', ...args]);

test(
  '0 is healthy, 10 investigate, 20 roll back, 30 unknown, and each verdict is a record in the ledger',
  slow,
  async () => {
    const seen: Record<string, number> = {};
    const records: string[] = [];
    const judge = async (name: string): Promise<void> => {
      const { code, stdout } = await evaluate('--json', '--release', '2.0.0');
      const said = JSON.parse(stdout) as { verdict: string; exit: number; record: string };
      expect([said.verdict, said.exit]).toEqual([name, code]);
      seen[name] = code;
      records.push(said.record);
    };
    await judge('healthy');
    monitoring.set('latency', 1.4);
    await judge('investigate');
    monitoring.set('errors', 0.08);
    await judge('rollback');
    monitoring.set('errors', null);
    monitoring.set('latency', 0.2);
    await judge('unknown');
    expect(seen).toEqual({ healthy: 0, investigate: 10, rollback: 20, unknown: 30 });

    const rows = machine.sql(
      `SELECT id, outcome FROM session_row WHERE mode = 'EVALUATION' ORDER BY last_at`,
    ) as readonly { readonly id: string; readonly outcome: string }[];
    expect(rows.slice(-4)).toEqual(
      ['healthy', 'investigate', 'rollback', 'unknown'].map((outcome, index) => ({
        id: records[index],
        outcome,
      })),
    );
    const [first = ''] = records;
    expect((await machine.walkback(['verify', first])).stdout).toContain('ledger verified, 1 events');
    expect((await machine.walkback(['show', first])).stdout).toContain('evaluated on staging: healthy');
    // a list of sessions is not flooded by a pipeline
    expect((await machine.walkback(['sessions'])).stdout).toBe('No sessions yet.\n');
  },
);

test(
  'the JSON says of every trigger its state, value with unit, samples, coverage and why',
  slow,
  async () => {
    monitoring.set('errors', 0.08);
    const { stdout, stderr } = await evaluate('--json', '--release', '2.0.0');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'walkback.evaluation/1',
      verdict: 'rollback',
      because: expect.stringContaining('err fired') as string,
      environment: 'staging',
      release: '2.0.0',
      inputs: { release: '2.0.0' },
      waited: null,
      triggers: [
        {
          id: 'err',
          state: 'FIRED',
          value: 0.08,
          unit: 'ratio',
          breach: '> 0.02',
          coverage: 1,
          due: 10,
          events: 4000,
          code: null,
          why: expect.stringMatching(/^0.08 > 0.02 for|^8 % > 2 %/) as string,
        },
        { id: 'p95', state: 'OK', advise: 'investigate' },
      ],
    });
  },
);

test('text says the verdict first, and what it rests on', slow, async () => {
  monitoring.set('errors', 0.08);
  const { stdout, code } = await evaluate();
  expect(code).toBe(20);
  expect(stdout).toMatch(/^ROLL BACK \(exit 20\): err fired/);
  expect(stdout).toMatch(/err\s+FIRED\s+8 %\s+> 0.02 for \S+ s\s+\d+ of 10\s+4000 \(≥ 100\)\s+rollback/);
});

test('monitoring that nobody reaches is 30, never 0', slow, async () => {
  machine.file('shop.yaml', watchedRunbook('http://127.0.0.1:1'));
  const { stdout, code } = await evaluate();
  expect(code).toBe(30);
  expect(stdout).toMatch(/^UNKNOWN \(exit 30\)/);
  expect(stdout).toContain('UNKNOWN connection');
});

test(
  'it reads only: nothing but queries reaches the monitoring, and no input of the steps is asked for',
  slow,
  async () => {
    const before = monitoring.asked().length;
    expect((await evaluate()).code).toBe(0);
    const asked = monitoring.asked().slice(before);
    expect(asked.every((one) => /^POST \/api\/v1\/query(_range)? /.test(one))).toBe(true);
  },
);

test('--wait goes on until a trigger fires, and tells what changes on the way', slow, async () => {
  const waiting = machine.start(['evaluate', 'shop.yaml', '--wait', '90s', '--json']);
  let told = '';
  waiting.child.stderr?.on('data', (text: string) => (told += text));
  await until(() => told.includes('err OK'), 'the first reading');
  monitoring.set('errors', 0.08);
  const { code, stdout } = await waiting.ended;
  expect(code).toBe(20);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'rollback', waited: { for: '90s' } });
  expect(told).toContain('err FIRED');
});

test('--wait window ends with the window of the runbook', slow, async () => {
  const window = 'window: { opens: release.finished, evaluate: 1s, extended: 1h }\n';
  machine.file('shop.yaml', watchedRunbook(monitoring.url, { extra: window }));
  const { code, stdout } = await evaluate('--wait', 'window', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'healthy', waited: { for: 'window' } });
  // a window that is over already is judged at once
  const over = await evaluate('--wait', 'window', '--released', '2026-01-01T00:00:00Z', '--json');
  expect([over.code, over.stderr]).toEqual([0, expect.stringContaining('err OK')]);
});

test(
  'a pipeline that is cancelled while it waits gets the code of the signal, and the reading is kept',
  slow,
  async () => {
    const waiting = machine.start(['evaluate', 'shop.yaml', '--wait', '90s', '--json']);
    let told = '';
    waiting.child.stderr?.on('data', (text: string) => (told += text));
    await until(() => told.includes('p95 OK'), 'the first reading');
    waiting.child.kill('SIGTERM');
    const { code, stdout } = await waiting.ended;
    expect(code).toBe(143);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'unknown',
      because: expect.stringContaining('stopped before the end; until then healthy') as string,
    });
  },
);

test.each([
  [['--wait', 'window'], 'has no `window:`'],
  [['--wait', 'soon'], '--wait takes'],
  [['--released', 'yesterday', '--wait', '1s'], '--released takes a time'],
  [['--env', 'production'], 'has no environment called production'],
  [['--input', 'nothing=1'], 'has no input called nothing'],
  [['--release', '2.0.0', '--input', 'release=1.9.3'], 'differ'],
])('%j is bad usage: 2', slow, async (args, words) => {
  const { code, stderr, stdout } = await evaluate(...args);
  expect(stderr).toContain(words);
  expect([code, stdout]).toEqual([2, '']);
});

test('a runbook without triggers has nothing to evaluate: 2, not healthy', slow, async () => {
  machine.file('shop.yaml', watchedRunbook(monitoring.url).replace(/triggers:[\s\S]*?decide: .*\n/, ''));
  const { code, stderr } = await evaluate();
  expect(stderr).toContain('has no triggers');
  expect(code).toBe(2);
});

test('a verdict that cannot be recorded is not given', slow, async () => {
  const { code, stdout } = await machine.walkback(['evaluate', 'shop.yaml'], {
    env: { WALKBACK_LEDGER: `${machine.folder}/shop.yaml/ledger.db` },
  });
  expect(stdout).toBe('');
  expect([0, 10, 20, 30]).not.toContain(code);
});

const decidedIn = (record: string): readonly unknown[] =>
  (
    machine.sql(`SELECT body FROM event WHERE session = '${record}' AND type = 'decision.recorded'`) as {
      body: string;
    }[]
  ).map(({ body }) => JSON.parse(body) as unknown);

describe('R3.4: a no-rollback decided outside a session is a decision on record', () => {
  const stay = (what: string, ...args: readonly string[]) => machine.walkback(['stay', what, ...args]);

  test('of a runbook, with what the numbers said and who was there', slow, async () => {
    monitoring.set('errors', 0.08);
    const early = await stay('shop.yaml', '--reason', '  ');
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining('A reason is needed')]);

    const { stdout, code } = await stay('shop.yaml', '--reason', 'only the canary', '--present', 'kim, lee');
    expect(code).toBe(0);
    expect(stdout).toContain('no rollback, where the numbers said rollback (err fired');
    const record = stdout.slice(0, stdout.indexOf(':'));
    expect(decidedIn(record)).toMatchObject([
      {
        about: 'evaluation',
        decision: 'no_rollback',
        offered: ['roll back', 'no rollback'],
        recommended: 'roll back',
      },
    ]);
    const shown = await machine.walkback(['show', record]);
    expect(shown.stdout).toContain('Evaluation decided: no rollback');
    const exported = await machine.walkback(['export', record, '--format', 'jsonl']);
    for (const words of ['only the canary', 'kim', 'lee', 'err FIRED'])
      expect(exported.stdout).toContain(words);
    expect((await machine.walkback(['verify', record])).code).toBe(0);
  });

  test('of an evaluation that a pipeline made, once', slow, async () => {
    const { record } = JSON.parse((await evaluate('--json')).stdout) as { record: string };
    expect(await stay(record, '--reason', 'all is well')).toMatchObject({
      code: 0,
      stdout: `${record}: no rollback\n`,
    });
    expect(decidedIn(record)).toMatchObject([{ recommended: 'no rollback' }]);

    const again = await stay(record, '--reason', 'twice');
    expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('decided already')]);
    expect(decidedIn(record)).toHaveLength(1);
  });

  test('also where the numbers cannot be read: they are unknown then, never good', slow, async () => {
    monitoring.set('errors', null);
    const { stdout, code } = await stay('shop.yaml', '--reason', 'the monitoring is being moved');
    expect(code).toBe(0);
    expect(stdout).toContain('where the numbers said unknown');
    expect(decidedIn(stdout.slice(0, stdout.indexOf(':')))).toMatchObject([{ recommended: null }]);
  });
});

test(
  'the window is the one of the deploy event that the runbook reads, and an event that cannot be read is said',
  slow,
  async () => {
    const reading = (events: string, evaluateFor: string): string =>
      watchedRunbook(monitoring.url, {
        extra: `window: { opens: release.finished, events: { run: [cat, ${events}] }, evaluate: ${evaluateFor}, extended: 24h }\n`,
      });
    const events = machine.file(
      'events.json',
      '[{ "id": "deploy-7", "event": "release.finished", "at": "2026-01-01T00:00:00Z" }]',
    );
    machine.file('shop.yaml', reading(events, '30m'));
    const over = await evaluate('--wait', 'window', '--json');
    expect(JSON.parse(over.stdout)).toMatchObject({
      released: { at: '2026-01-01T00:00:00.000Z', source: 'deploy-7 (the events that the runbook reads)' },
      waited: { for: 'window' },
    });
    expect((JSON.parse(over.stdout) as { waited: { ms: number } }).waited.ms).toBeLessThan(60_000);

    machine.file('shop.yaml', reading('no-such-file', '2s'));
    const unread = await evaluate('--wait', 'window', '--json');
    expect(unread.stderr).toMatch(/release\.finished is not known: .*; the window counts from now/);
    expect(JSON.parse(unread.stdout)).toMatchObject({ released: { source: 'this call' } });
  },
);

test(
  'a trigger on a metric that does not exist, and one whose query writes, are unknown with their codes: 30',
  slow,
  async () => {
    const database = new Database(join(machine.folder, 'orders.db'));
    database.exec('CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1)');
    machine.file(
      'shop.yaml',
      watchedRunbook(monitoring.url)
        .replace('query: errors,', 'query: no_such_metric,')
        .replace(/latency: \{.*\}/, 'latency: { sql: shop, query: "delete from orders returning 1" }')
        .replace('probes:', 'connections: { shop: { sqlite: ./orders.db } }\nprobes:'),
    );

    const { code, stdout } = await evaluate('--json');
    expect(code).toBe(30);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'unknown',
      triggers: [
        { id: 'err', state: 'UNKNOWN', code: 'no_data' },
        { id: 'p95', state: 'UNKNOWN', code: 'writes' },
      ],
    });
    expect(database.prepare('SELECT count(*) AS n FROM orders').get()).toEqual({ n: 1 });
    database.close();
    const checked = await machine.walkback(['check', 'shop.yaml', '--json', '--input', 'release=2.0.0']);
    expect(
      (JSON.parse(checked.stdout) as { results: readonly { name: string; code: string | null }[] }).results,
    ).toContainEqual(expect.objectContaining({ name: 'latency', code: 'writes' }));
  },
);
