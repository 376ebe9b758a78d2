import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';

/*
 * Fills a ledger through the ledger's own door: `fill.ts <ledger> events <session> <events>` adds facts of no step to
 * a session until it has so many events; `fill.ts <ledger> sessions <count>` adds closed sessions of twelve events;
 * `fill.ts <ledger> figures <count>` adds closed rollbacks of seven events, twenty minutes apart, and a deployment for
 * each of every seven; `fill.ts <ledger> copies <count>` adds so many copies of all rows that are there, later by their place:
 * what lists and statistics read is as it would be, only the chains of the copies do not hold.
 */

const [path = '', what = '', ...rest] = process.argv.slice(2);
let at = Date.now();
const now = () => {
  at += 1;
  return { ms: at, iso: new Date(at).toISOString() };
};
const ledger = openLedger({ path, now, mono: () => performance.now(), boot: 'bench' });

const note = (text: string): Fact => ({ type: 'note.added', by: 'ana', text });
/** What is recorded and moves nothing: somebody looks on. */
const seen = (client: string): Fact => ({ type: 'client.detached', client, reason: 'left' });
const item = (fact: Fact) => ({ fact, actor: 'ana', at: now().iso });

function startedAs(runbook: string, environment: string, release = ''): Fact {
  return {
    type: 'session.started',
    by: 'ana',
    runbook: {
      id: runbook,
      title: 'A runbook of the bench',
      service: `service_${runbook.slice(-1)}`,
      hash: 'a'.repeat(64),
      file: 'bench.yaml',
      objectiveMs: 900_000,
    },
    mode: 'LIVE',
    environment,
    production: environment === 'production',
    inputs: release === '' ? {} : { release },
    speed: 1,
    program: 'walkback bench',
    review: 'not_required',
    reason: null,
  };
}

/** A rollback of production whose times differ from the next one's. */
function fillRollback(index: number): void {
  const begun = Date.UTC(2020, 0, 1) + index * 1_200_000;
  const release = `r${index}`;
  const runbook = `runbook_${index % 20}`;
  const later = (seconds: number): string => new Date(begun + seconds * 1000).toISOString();
  const work = { place: { step: 'decide', item: '' }, attempt: 'decide#1' };
  const facts: readonly (readonly [number, Fact])[] = [
    [0, startedAs(runbook, 'production', release)],
    [
      5,
      {
        type: 'trigger.changed',
        id: 'errors',
        state: 'FIRED',
        value: 0.08,
        detail: '8 % > 2 %',
        samples: [],
        code: null,
        breachedForMs: 120_000,
      },
    ],
    [
      20 + (index % 97),
      {
        type: 'decision.made',
        ...work,
        by: 'ana',
        option: 'rollback',
        title: 'Roll back',
        reason: null,
        fields: {},
        objection: null,
        shownAt: later(10),
        recommended: 'rollback',
        againAt: null,
      },
    ],
    [
      200 + (index % 389),
      {
        type: 'trigger.changed',
        id: 'errors',
        state: 'CLEARED',
        value: 0,
        detail: 'well',
        samples: [],
        code: null,
      },
    ],
    [
      600 + (index % 89),
      {
        type: 'obligation.discharged',
        by: 'ana',
        key: 'ci',
        how: 'proved',
        reason: 'it runs',
        owner: null,
        due: null,
      },
    ],
    [700, { type: 'session.ended', outcome: 'rolled_back', reason: 'done' }],
    [701, { type: 'session.closed', openDebts: 0 }],
  ];
  const log = openSessionLog(ledger, `bench-${String(index).padStart(6, '0')}`);
  log.append(facts.map(([seconds, fact]) => ({ fact, actor: 'ana', at: later(seconds) })));
  log.close();
  if (index % 7 !== 0) return;
  const deployment = openSessionLog(ledger, `deploy-${String(index).padStart(6, '0')}`);
  deployment.append([
    {
      fact: {
        type: 'deployment.recorded',
        by: 'ci',
        service: `service_${runbook.slice(-1)}`,
        environment: 'production',
        production: true,
        release,
        finishedAt: later(-600),
        committedAt: null,
        unplanned: false,
        session: null,
        program: 'walkback bench',
      },
      actor: 'ci',
      at: later(-600),
    },
  ]);
  deployment.close();
}

const copied = {
  session: ['id'],
  event: ['session'],
  session_row: ['id'],
  session_figure: ['session'],
  deployment_row: ['record'],
} as const;

function copyRows(count: number): void {
  const connection = ledger.store.connection();
  connection.pragma('synchronous = OFF');
  connection.pragma('foreign_keys = OFF');
  const guards = connection
    .prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'`)
    .all();
  for (const { name } of guards) connection.exec(`DROP TRIGGER ${name}`);
  const spanMs = connection
    .prepare<[], number>('SELECT max(started_ms) - min(started_ms) + 1200000 FROM session_figure')
    .pluck()
    .get();
  for (const [table, [key]] of Object.entries(copied)) {
    const columns = connection.pragma(`table_info(${table})`) as readonly { readonly name: string }[];
    const values = columns.map(({ name }) =>
      name === key ? `${name} || '-' || n` : name.endsWith('_ms') ? `${name} + n * ${String(spanMs)}` : name,
    );
    connection.exec(
      `WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < ${String(count)})
       INSERT INTO ${table} SELECT ${values.join(', ')} FROM (SELECT * FROM ${table}) CROSS JOIN copies`,
    );
  }
  for (const { sql } of guards) connection.exec(sql);
}

if (what === 'events') {
  const [session = '', wanted = '0'] = rest;
  const log = openSessionLog(ledger, session);
  for (let has = log.facts().length; has < Number(wanted);) {
    const more = Math.min(1000, Number(wanted) - has);
    log.append(Array.from({ length: more }, (_, index) => item(seen(`client-${has + index}`))));
    has += more;
  }
  log.close();
} else if (what === 'figures') {
  // what is measured later is reading: nothing is lost where power fails meanwhile
  ledger.store.connection().pragma('synchronous = OFF');
  const [count = '0'] = rest;
  for (let index = 0; index < Number(count); index += 1) fillRollback(index);
} else if (what === 'copies') {
  copyRows(Number(rest[0] ?? '0'));
} else {
  const [count = '0'] = rest;
  for (let index = 0; index < Number(count); index += 1) {
    const id = `20260101-0000-${String(index).padStart(6, '0')}`;
    const log = openSessionLog(ledger, id);
    log.append([
      item(startedAs(`runbook_${index % 20}`, 'staging')),
      ...Array.from({ length: 10 }, (_, line) => item(note(`note ${line}`))),
      item({ type: 'session.closed', openDebts: 0 }),
    ]);
    log.close();
  }
}
ledger.close();
