import { canonicalJson } from '../../src/ledger/canonical.ts';
import { genesisHash, ledgerFormat, rowHash, type ChainRow } from '../../src/ledger/chain.ts';
import { seal } from '../../src/ledger/seal.ts';
import { sealedFields } from '../../src/ledger/sealed-fields.ts';
import { factSchema, type Fact, type FactOf } from '../../src/machine/facts.ts';
import type { Reading, Result, Shown } from '../../src/machine/facts/values.ts';
import type { RecordedFact } from '../../src/session/ports.ts';

export const sessionId = 'shop-20260314-140200-k7';
const runbookHash = `sha256:${'ab'.repeat(32)}`;

const startMs = Date.UTC(2026, 2, 14, 14, 2, 0);

/** ISO time so many seconds after the session's start. */
export const at = (seconds: number): string => new Date(startMs + seconds * 1000).toISOString();

/** `[seconds after the start, fact, who recorded it]`. */
export type Told = readonly [number, Fact, string?];

export const reading = (
  subject: string,
  result: Result,
  value: string | null,
  over: Partial<Reading> = {},
): Reading => ({
  subject,
  result,
  value,
  expected: '< 0.02',
  code: result === 'unknown' ? 'no_data' : null,
  detail: result === 'unknown' ? 'the query answered with nothing' : '',
  unit: null,
  ...over,
});

export const shown = (title: string, argv: readonly string[] | null, over: Partial<Shown> = {}): Shown => ({
  title,
  argv: argv === null ? null : [...argv],
  env: {},
  where: 'workstation',
  target: 'shop@db1',
  timeoutMs: 60_000,
  good: 'exit 0',
  leads: 'ask',
  undo: 'no way back',
  warn: null,
  why: null,
  body: null,
  ponr: null,
  confirm: 'yes',
  name: null,
  debt: null,
  ...over,
});

const work = (step: string, number = 1, item = '') => ({
  place: { step, item },
  attempt: `${item === '' ? step : `${step}@${item}`}#${String(number)}`,
});

export const started: FactOf<'session.started'> = {
  type: 'session.started',
  by: 'ada',
  runbook: {
    id: 'shop_rollback',
    title: 'Roll the shop back to its previous release',
    service: 'shop',
    hash: runbookHash,
    file: 'runbooks/shop.yaml',
    objectiveMs: 600_000,
  },
  mode: 'LIVE',
  environment: 'production',
  production: true,
  inputs: { release: '2.0.0', target: '1.9.3' },
  speed: 1,
  program: 'walkback 0.1.0',
  review: 'trusted',
  reason: null,
};

const ended = (step: string, exitCode: number, tail: string, number = 1): Fact => ({
  type: 'command.ended',
  ...work(step, number),
  ending: 'exited',
  exitCode,
  signal: null,
  durationMs: 4200,
  outputs: {},
  output: { sha256: 'cd'.repeat(32), bytes: tail.length, lines: tail.split('\n').length, truncated: false },
  tail,
  doubt: null,
});

const intent = (step: string, argv: readonly string[], number = 1): Fact => ({
  type: 'step.intent',
  ...work(step, number),
  command: { argv: [...argv], where: 'workstation', timeoutMs: 60_000, digest: 'ef'.repeat(32) },
  opens: null,
  captured: {},
});

const ci = {
  key: 'ci',
  id: 'ci',
  title: 'Deploy pipeline is paused',
  ttlMs: 7_200_000,
  release: ['shopctl', 'ci', 'resume'],
};
const freeze = {
  key: 'freeze',
  id: 'freeze',
  title: 'Writes are frozen',
  ttlMs: 300_000,
  release: ['shopctl', 'writes', 'thaw'],
};

const pause = ['shopctl', 'ci', 'pause'];
const down = ['sqitch', 'revert', '--to', '@v1.9.3', 'db:pg:shop'];

/** A rollback that worked in the end: one command failed, one was in doubt, a debt went past its limit. */
export const toldRollback: readonly Told[] = [
  [0, started],
  [0, { type: 'client.attached', by: 'ada', client: 'tty-1', drives: true }],
  [
    1,
    {
      type: 'trigger.changed',
      id: 'err',
      state: 'PENDING',
      value: 0.081,
      detail: 'errors 0.081 > 0.02',
      samples: [[1, 0.081]],
      code: null,
    },
  ],
  [
    2,
    {
      type: 'window.changed',
      state: 'open',
      until: '2026-03-14T18:20:00.000Z',
      reason: 'release finished at 13:50',
      leftMs: null,
      event: null,
    },
  ],
  [
    3,
    {
      type: 'evidence.captured',
      id: 'threads',
      file: 'evidence/threads.txt',
      sha256: '12'.repeat(32),
      bytes: 4096,
      partial: false,
      detail: '',
    },
  ],
  [
    61,
    {
      type: 'trigger.changed',
      id: 'err',
      state: 'FIRED',
      value: 0.081,
      detail: 'errors 0.081 > 0.02 for 2 min',
      samples: [[1, 0.081]],
      code: null,
    },
  ],
  [
    62,
    {
      type: 'step.readied',
      ...work('cheaper_first'),
      shown: shown('Is the failing feature behind a flag?', null, { confirm: 'none' }),
      debt: null,
    },
  ],
  [
    62,
    {
      type: 'question.posed',
      ...work('cheaper_first'),
      facts: [reading('errors', 'fail', '0.081', { unit: 'ratio' }), reading('latency', 'unknown', null)],
      options: [
        {
          id: 'flag',
          title: 'Turn the flag off',
          offered: 'fail',
          why: 'no flag in scope',
          reversible: 'seconds',
          needs: [],
        },
        {
          id: 'rollback',
          title: 'Roll back',
          offered: 'pass',
          why: 'always',
          reversible: 'minutes',
          needs: [],
        },
      ],
      recommended: 'rollback',
      because: "triggers.err.state == 'FIRED'",
    },
  ],
  [
    152,
    {
      type: 'decision.made',
      ...work('cheaper_first'),
      by: 'ada',
      option: 'rollback',
      title: 'Roll back',
      reason: 'the checkout fails for one in twelve',
      fields: {},
      objection: 'grace: try the cache first',
      shownAt: at(62),
      recommended: 'rollback',
      againAt: null,
    },
  ],
  [
    153,
    {
      type: 'comms.sent',
      at: 'decided',
      to: 'chat',
      result: 'pass',
      text: 'Rolling shop back to 1.9.3',
      detail: '200',
      key: null,
      tries: 1,
      ack: null,
      debt: null,
    },
  ],
  [
    154,
    { type: 'step.readied', ...work('hold_pipeline'), shown: shown('Hold the pipeline', pause), debt: null },
  ],
  [160, { type: 'operator.ran', ...work('hold_pipeline'), by: 'ada', typed: null }],
  [
    160,
    {
      type: 'guard.read',
      ...work('hold_pipeline'),
      result: 'pass',
      readings: [reading('identity', 'pass', '"production"', { expected: 'equals production' })],
    },
  ],
  [160, { ...(intent('hold_pipeline', pause) as Extract<Fact, { type: 'step.intent' }>), opens: ci }],
  [164, ended('hold_pipeline', 0, 'paused')],
  [
    165,
    {
      type: 'check.judged',
      ...work('hold_pipeline'),
      result: 'pass',
      timedOut: false,
      readings: [reading('try', 'pass', '3', { expected: 'exit 3' })],
      durationMs: 800,
    },
  ],
  [
    166,
    {
      type: 'step.readied',
      ...work('freeze'),
      shown: shown('Freeze writes', ['shopctl', 'writes', 'freeze'], { confirm: 'name', name: 'shop@db1' }),
      debt: null,
    },
  ],
  [175, { type: 'operator.ran', ...work('freeze'), by: 'ada', typed: 'shop@db1' }],
  [
    175,
    {
      ...(intent('freeze', ['shopctl', 'writes', 'freeze']) as Extract<Fact, { type: 'step.intent' }>),
      opens: freeze,
      captured: { proxy_mode: 'open', banner: null },
    },
  ],
  [179, ended('freeze', 0, 'frozen')],
  [
    180,
    {
      type: 'approval.requested',
      ...work('may_execute'),
      request: 'walkback approval…',
      digest: 'aa'.repeat(32),
      expiresAt: at(780),
    },
  ],
  [
    200,
    {
      type: 'approval.given',
      ...work('may_execute'),
      by: 'grace',
      principal: 'grace@shop',
      key: 'SHA256:abc',
      signature: 'sig',
      level: 'L1',
    },
  ],
  [
    201,
    {
      type: 'step.readied',
      ...work('schema_down'),
      shown: shown('Take the schema back to 41', down, { ponr: { lost: 'orders with coupons' } }),
      debt: null,
    },
  ],
  [220, { type: 'operator.ran', ...work('schema_down'), by: 'ada', typed: 'shop@db1' }],
  [220, { type: 'guard.read', ...work('schema_down'), result: 'pass', readings: [] }],
  [220, intent('schema_down', down)],
  [225, ended('schema_down', 1, 'lock timeout on orders\nERROR: canceling statement due to lock timeout')],
  [226, { type: 'note.added', by: 'ada', text: 'the report job holds a lock on orders' }],
  [227, { type: 'drift.added', by: 'ada', what: 'killed backend 4211 by hand', target: 'db1' }],
  [240, { type: 'operator.retried', ...work('schema_down', 2), by: 'ada', reason: 'the lock is gone' }],
  [
    240,
    {
      type: 'step.readied',
      ...work('schema_down', 2),
      shown: shown('Take the schema back to 41', down),
      debt: null,
    },
  ],
  [246, { type: 'operator.ran', ...work('schema_down', 2), by: 'ada', typed: 'shop@db1' }],
  [246, intent('schema_down', down, 2)],
  [
    306,
    {
      ...(ended('schema_down', 0, 'reverting 42', 2) as Extract<Fact, { type: 'command.ended' }>),
      ending: 'timed_out',
      exitCode: null,
      signal: 'SIGTERM',
      durationMs: 60_000,
      doubt: 'timeout',
    },
  ],
  [
    307,
    {
      type: 'probe.read',
      ...work('schema_down', 2),
      reading: reading('schema_version', 'pass', '41', { expected: 'equals 41' }),
    },
  ],
  [
    330,
    {
      type: 'doubt.resolved',
      ...work('schema_down', 2),
      by: 'ada',
      as: 'done',
      reason: 'the schema answers 41',
    },
  ],
  [
    331,
    {
      type: 'check.judged',
      ...work('schema_down', 2),
      result: 'pass',
      timedOut: false,
      readings: [reading('schema_version', 'pass', '41', { expected: 'equals 41' })],
      durationMs: 90,
    },
  ],
  [475, { type: 'obligation.overdue', key: 'freeze' }],
  [
    476,
    {
      type: 'watch.breached',
      id: 'version',
      hold: true,
      reading: reading('version', 'fail', '"2.0.0"', { expected: 'all 1.9.3' }),
    },
  ],
  [476, { type: 'session.held', by: 'walkback', reason: 'the watch version was breached' }],
  [
    477,
    {
      type: 'watch.cleared',
      id: 'version',
      reading: reading('version', 'pass', '"1.9.3"', { expected: 'all 1.9.3' }),
    },
  ],
  [480, { type: 'session.unheld', by: 'ada' }],
  [482, { type: 'each.started', ...work('switch_app'), items: [{ name: 'a' }, { name: 'b' }] }],
  [
    483,
    {
      type: 'step.readied',
      ...work('restart', 1, '0'),
      shown: shown('Restart a', ['shopctl', 'deploy', 'a', '1.9.3']),
      debt: null,
    },
  ],
  [484, { type: 'operator.ran', ...work('restart', 1, '0'), by: 'ada', typed: null }],
  [
    484,
    {
      type: 'step.readied',
      ...work('old_cache'),
      shown: shown('Clear the old cache', ['shopctl', 'cache', 'clear']),
      debt: null,
    },
  ],
  [
    485,
    {
      type: 'operator.skipped',
      ...work('old_cache'),
      by: 'ada',
      reason: 'the cache was not changed by 2.0.0',
      override: false,
    },
  ],
  [
    486,
    { type: 'intent.refused', by: 'ada', intent: 'close', code: 'E_DEBTS', message: 'two debts are open' },
  ],
  // Nobody wrote anything for six minutes and a half.
  [
    876,
    {
      type: 'trigger.changed',
      id: 'err',
      state: 'CLEARED',
      value: 0.004,
      detail: 'errors 0.004 < 0.016',
      samples: [],
      code: null,
    },
  ],
  [
    880,
    {
      type: 'check.judged',
      ...work('smoke'),
      result: 'unknown',
      timedOut: true,
      readings: [reading('smoke', 'unknown', null, { expected: 'exit 0' })],
      durationMs: 60_000,
    },
  ],
  [
    881,
    {
      type: 'operator.routed',
      ...work('smoke'),
      by: 'ada',
      to: 'dashboards',
      reason: 'the smoke runner is down, the dashboards are not',
    },
  ],
  [
    890,
    {
      type: 'person.reported',
      ...work('dashboards'),
      by: 'ada',
      text: 'checkout is green',
      link: 'https://dash.example/d/1',
      result: 'pass',
    },
  ],
  [
    892,
    {
      type: 'check.judged',
      ...work('baseline'),
      result: 'pass',
      timedOut: false,
      readings: [reading('latency', 'pass', 'RECOVERED', { expected: 'within 25 %' })],
      durationMs: 600,
    },
  ],
  [
    893,
    {
      type: 'invariant.measured',
      id: 'orders_kept',
      moment: 'end',
      step: '',
      hash: null,
      reading: reading('orders', 'pass', '1204', { expected: 'same' }),
    },
  ],
  [895, { type: 'release.requested', by: 'ada', key: 'freeze' }],
  [
    899,
    {
      type: 'obligation.discharged',
      by: 'ada',
      key: 'freeze',
      how: 'proved',
      reason: 'a write succeeds',
      owner: null,
      due: null,
    },
  ],
  [
    905,
    {
      type: 'obligation.discharged',
      by: 'ada',
      key: 'ci',
      how: 'carried',
      reason: 'the pipeline owner resumes it',
      owner: 'linus',
      due: '2026-03-15',
    },
  ],
  [906, { type: 'session.ended', outcome: 'rolled_back', reason: 'done' }],
  [907, { type: 'session.closed', openDebts: 0 }],
];

/** Rows of a real chain, with sealed values and their openings, as the ledger makes them. */
export function rowsOf(told: readonly Told[]): readonly ChainRow[] {
  const rows: ChainRow[] = [];
  for (const [seconds, fact, actor = 'walkback'] of told) {
    const { type, ...body } = factSchema.parse(fact);
    const { body: sealed, openings } = seal(body, sealedFields[type]);
    const row = {
      session: sessionId,
      seq: rows.length + 1,
      id: `0195-${String(rows.length + 1)}`,
      at: at(seconds),
      mono: seconds * 1000,
      boot: 'boot-1',
      actor,
      role: 'operator',
      type,
      format: ledgerFormat,
      body: canonicalJson(sealed),
      prev: rows.at(-1)?.hash ?? genesisHash(sessionId, runbookHash, ledgerFormat),
    };
    rows.push({ ...row, hash: rowHash(row), openings });
  }
  return rows;
}

export function eventsFrom(told: readonly Told[], rows = rowsOf(told)): readonly RecordedFact[] {
  return told.map(([, fact], index) => {
    const row = rows[index];
    if (row === undefined) throw new Error('a fact without its row');
    return { seq: row.seq, id: row.id, at: row.at, actor: row.actor, fact, hash: row.hash };
  });
}

export const rollbackRows = rowsOf(toldRollback);
export const rollback = eventsFrom(toldRollback, rollbackRows);
