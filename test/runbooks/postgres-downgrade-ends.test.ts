import { expect, test } from 'vitest';
import type { Json, Probe } from '../../src/runbook/model/values.ts';
import type { Measured } from '../../src/session/ports.ts';
import { openWorld, taken, type World } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { exits, loadShipped, owedBy, seriesOf, walk } from './walked-ends.ts';

/*
 * The ends of the database runbook that a good day never comes to, over a world that answers as the shop would. Its main
 * way and the backup in the place of the database run against a real server in test/debian.
 */

const book = loadShipped('postgres_downgrade', 'staging');
const releasedMs = Date.parse('2026-03-01T09:45:00Z');

/** What is bent, by the commands that ran. */
interface Shop {
  readonly world: World;
  readonly state: {
    version: string;
    schema: string;
    frozen: boolean;
    locked: boolean;
    ci: string;
    jobs: string;
    silences: string;
    swapped: boolean;
    /** The dump of before lies in its folder. */
    dumped: boolean;
  };
}

function shop(readings: Readonly<Record<string, Json | Measured>> = {}): Shop {
  const world = openWorld();
  const state = {
    version: '2.0.0',
    schema: 'refunds',
    frozen: false,
    locked: false,
    ci: 'running',
    jobs: 'running',
    silences: 'none',
    swapped: false,
    dumped: false,
  };
  Object.assign(world.readings, readings);
  Object.assign(world.prints, {
    schema_down_plan: `plan sha256:${'a'.repeat(64)}\n`,
    served_from: '2026-03-01T10:05:00Z\n',
    rows_lost: 'orders: 3 now, 2 in the backup; payments: 3 now, 3 in the backup; \n',
  });
  const runner = { ...world.runner };
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await runner.run(attempt, command, onOutput);
    if (ending.exitCode !== 0) return ending;
    const text = command.argv.join(' ');
    const [, verb = '', what = ''] = command.argv;
    if (text.startsWith('shopctl deploy')) state.version = what;
    if (text === 'shopctl stop') state.version = 'stopped';
    if (text.startsWith('shopctl ci')) state.ci = what === 'pause' ? 'paused' : 'running';
    if (text.startsWith('shopctl jobs')) state.jobs = what === 'pause' ? 'paused' : 'running';
    if (text.startsWith('shopctl silence')) state.silences = verb === 'silence' ? 'shop' : 'none';
    if (text.startsWith('walkback lease')) state.locked = what === 'acquire';
    if (text.startsWith('walkback freeze')) state.frozen = what === 'pg';
    if (text.startsWith('walkback schema down')) state.schema = 'orders';
    if (text.includes('sqitch --chdir')) state.schema = 'refunds';
    if (text.includes('pg_dump')) state.dumped = true;
    if (text.startsWith('rm -f')) state.dumped = false;
    if (text.includes('rename to shop_before')) state.swapped = true;
    if (text.includes('shop_before rename to shop')) state.swapped = false;
    return ending;
  };
  const measuredAt = ({ id }: Probe, released = state.version === '2.0.0'): number =>
    ({ errors: released ? 0.08 : 0.001, tried: 500, latency: 0.2, up: 1 })[id ?? ''] ?? (released ? 80 : 1);
  world.measurer.series = seriesOf((probe, ms) =>
    measuredAt(probe, ms > releasedMs && state.version === '2.0.0'),
  );
  world.measurer.measure = async (probe, fill) => {
    if (probe.source.kind === 'sql')
      return taken(probe.id === 'paid_twice' ? 0 : { counted: state.swapped ? 2 : 3, newest: null });
    if (probe.source.kind === 'prometheus')
      return taken(Number(world.readings[probe.id ?? ''] ?? measuredAt(probe)));
    if (probe.source.kind !== 'run' || probe.source.command.program.kind !== 'argv')
      throw new Error(`what is ${probe.id ?? 'that'}?`);
    const argv = probe.source.command.program.argv.map((part) => String(fill(part))).join(' ');
    const said = world.readings[probe.id ?? argv];
    if (said !== undefined)
      return typeof said === 'object' && said !== null && 'ok' in said
        ? (said as Measured)
        : taken(said as Json);
    switch (probe.id ?? '') {
      case 'version':
        return taken(state.version);
      case 'schema_now':
      case 'schema_down_version_now':
        return taken(state.schema);
      case 'holders':
        return taken('');
      case 'unreadable':
        return taken(0);
      case 'backup_age':
        return taken(3);
      case 'frozen_for':
        return taken(60);
      case 'ci_state':
        return taken(state.ci);
      case 'jobs_state':
        return taken(state.jobs);
      case 'silences':
        return taken(state.silences);
      case 'lock_state':
        return taken(state.locked ? 'held' : 'free');
      case 'swapped':
        return taken(state.swapped ? 1 : 0);
      case 'freeze_state':
        return taken(state.frozen ? 'frozen' : 'open');
      case 'proven_rows':
      case 'dump_whole':
        return taken(2);
      case 'proven_in_use':
        return taken(0);
    }
    if (argv === 'shopctl whoami') return taken('staging');
    if (argv === 'shopctl census') return taken(state.version);
    if (argv.startsWith('shopctl test-orders count')) return taken(0);
    if (argv === 'shopctl ci try') return exits(state.ci === 'paused' ? 3 : 0);
    if (argv === 'walkback freeze state') return taken(state.frozen ? 'frozen' : 'open');
    if (argv.includes('pg_stat_activity') || argv.includes('pg_database')) return taken(0);
    if (argv.startsWith('test -e')) return exits(state.dumped ? 0 : 1);
    if (argv.startsWith('walkback data integrity')) return taken('whole');
    return exits(0, 'ok');
  };
  return { world, state };
}

const open = ({ world }: Shop): Promise<TestSession> =>
  book.open(world, {
    inputs: {
      release: '2.0.0',
      target: '1.9.3',
      released_at: new Date(releasedMs).toISOString(),
      application: 'postgres://shop_app@db.staging/shop',
      backup: '/backups/monday.dump',
      old_reads_new: false,
    },
    monitored: true,
  });

const rollback = { what_to_do: 'rollback' };
/** What is owed after the downgrade, as `expectOver` words it: the dump of before has an owner and a date. */
const keptDump = 'carried The';

/** Over, as said; nothing is frozen, locked, paused or silenced, and nothing is owed but what is due later. */
function expectOver(session: TestSession, made: Shop, outcome: string, later: readonly string[] = []): void {
  const { status, outcome: ended } = session.session.view();
  expect([status, ended]).toEqual(['closed', outcome]);
  expect(owedBy(session).map((text) => text.replace(':', '').split(' ').slice(0, 2).join(' '))).toEqual(
    later,
  );
  const { frozen, locked, ci, jobs, silences } = made.state;
  expect({ frozen, locked, ci, jobs, silences }).toEqual({
    frozen: false,
    locked: false,
    ci: 'running',
    jobs: 'running',
    silences: 'none',
  });
}

test('a release that is healthy is left as it is, and nothing was run', async () => {
  const made = shop({ errors: 0.001 });
  const session = await open(made);
  await walk(session, { what_to_do: 'nothing' });
  expectOver(session, made, 'not_needed');
  expect(made.world.ran).toEqual([]);
});

test('an abort on the way gives everything back, and the new release serves', async () => {
  const made = shop();
  const session = await open(made);
  await walk(session, rollback, 'stop_app');
  expect(made.state).toMatchObject({ version: '2.0.0', frozen: true, locked: true, dumped: true });
  await session.say('abort', { reason: 'it heals' });
  await walk(session);
  expectOver(session, made, 'aborted');
  expect(made.state).toMatchObject({ version: '2.0.0', schema: 'refunds', dumped: false });
});

test('without room for a dump it is tried again, or the shop thaws and stays', async () => {
  const made = shop();
  made.world.endings['dump_dump'] = [1, 0];
  const session = await open(made);
  await walk(session, rollback, 'room_or_stay');
  expect(made.state.frozen).toBe(true);
  await walk(session, rollback);
  expectOver(session, made, 'rolled_back', [keptDump]);

  const other = shop();
  other.world.endings['dump_dump'] = [1];
  const stays = await open(other);
  await walk(stays, { ...rollback, room_or_stay: 'stay' });
  expectOver(stays, other, 'rolled_forward');
  expect(other.state).toMatchObject({ version: '2.0.0', schema: 'refunds' });
});

test('a freeze that lets a write through is tried again, or the shop stays; the schema is not touched before', async () => {
  const made = shop();
  made.world.endings['freeze_stop'] = [3, 0];
  const session = await open(made);
  await walk(session, rollback, 'leak');
  expect(made.state.schema).toBe('refunds');
  await walk(session, rollback);
  expectOver(session, made, 'rolled_back', [keptDump]);

  const other = shop();
  other.world.endings['freeze_stop'] = [3];
  const stays = await open(other);
  await walk(stays, { ...rollback, leak: 'stay' });
  expectOver(stays, other, 'rolled_forward'); // and nothing was dumped
  expect(other.world.ran.join(' ')).not.toContain('schema_down');
});

test.each([
  ['thaws on the new release, as recommended', {}, 'rolled_forward', 'refunds'],
  ['goes on once, where the commander extends it', { thaw_or_extend: 'extend' }, 'rolled_back', 'orders'],
] as const)('a freeze of more than six minutes %s', async (_what, options, outcome, schema) => {
  const made = shop({ frozen_for: 400 });
  const session = await open(made);
  await walk(session, { ...rollback, ...options });
  expectOver(session, made, outcome, [keptDump]); // it was taken, so it is owed, whatever the end
  expect(made.state.schema).toBe(schema);
  const asked = session.facts('decision.made').filter(({ place }) => place.step === 'thaw_or_extend');
  expect(asked).toHaveLength(1); // it is extended once
});

test('the originals of converted rows are owed from then on, with an owner and a date', async () => {
  const made = shop({ unreadable: 3 });
  const session = await open(made);
  await walk(session, rollback, 'old_app');
  const { obligations } = session.session.view();
  expect(obligations.find(({ key }) => key === 'kept_rows')).toMatchObject({
    state: 'carried',
    owner: 'payments',
  });
  expect(made.world.ran.join(' ')).toMatch(/transform#1 keep_originals#1/);
});

test('who holds the tables is named, and ended once the owner of the database has signed for exactly these sessions', async () => {
  const made = shop();
  made.world.readings['holders'] = '4711 (report since 09:12:00)';
  made.world.endings['schema_down_revert'] = [3, 0];
  const session = await open(made);
  await walk(session, { ...rollback, which_way: 'end_holders', dba_agrees: 'edsger' }, 'end_them');
  const [asked] = session.facts('approval.requested').slice(-1);
  expect(asked?.request).toContain('4711 (report since 09:12:00)');
  await walk(session, { ...rollback, which_way: 'end_holders', dba_agrees: 'edsger' });

  const ended = [...made.world.argv].filter(([attempt]) => attempt.startsWith('end_them'));
  expect(ended.map(([, argv]) => argv[3])).toEqual(['4711 (report since 09:12:00)']);
  expectOver(session, made, 'rolled_back', [keptDump]);
});

test('payments that still fail once customers write again lead to what can still be done, and are proven again', async () => {
  const made = shop();
  const session = await open(made);
  await walk(session, rollback, 'served');
  made.world.readings['errors'] = 0.02;
  await walk(session, rollback, 'what_now');
  expect(made.state).toMatchObject({ schema: 'orders', frozen: false });
  delete made.world.readings['errors'];
  await walk(session, { what_now: 'prove' });
  expectOver(session, made, 'rolled_back', [keptDump]);
});

test('rows that point at nothing are mended by their owner while nobody writes, then looked at again', async () => {
  const broken = 'walkback data integrity --baseline table';
  const made = shop({ [broken]: exits(3, 'payments(order_id): 1 row') });
  const session = await open(made);
  await walk(session, rollback, 'mend');
  expect(made.state).toMatchObject({ frozen: true, schema: 'orders' });
  await walk(session, rollback, 'mended');
  delete made.world.readings[broken];
  await walk(session, rollback);
  expectOver(session, made, 'rolled_back', [keptDump]);
});

test('a backup that was put in place is taken out again, while nobody wrote to it', async () => {
  const made = shop();
  made.world.endings['schema_down_revert'] = [3];
  const session = await open(made);
  const way = { ...rollback, which_way: 'restore' };
  await walk(session, way, 'deploy_restored');
  expect(made.state).toMatchObject({ swapped: true, frozen: true, locked: true });
  expect(session.facts('data.accepted')).toMatchObject([{ principal: 'grace', role: 'data_owner' }]);
  await session.say('abort', { reason: 'the wrong backup' });
  await walk(session, { ...way, swapped_over: 'back' });

  expect(made.state).toMatchObject({ swapped: false, version: '2.0.0' });
  expectOver(session, made, 'rolled_forward', [keptDump, 'carried shop_before']);
});

test('where the backup did not restore, what is dumped now is a way out of nothing but the downgrade', async () => {
  const made = shop();
  made.world.endings['proven_restore'] = [1];
  made.world.endings['schema_down_revert'] = [3];
  Object.assign(made.world.readings, { proven_now_in_use: 0, proven_now_rows: 3, dump_now_whole: 3 });
  const session = await open(made);
  await walk(session, rollback, 'which_way');
  const offered = session.at().question?.options.map(({ id, offered: how }) => [id, how]) ?? [];
  expect(Object.fromEntries(offered)).toEqual({
    again: 'pass',
    end_holders: 'fail',
    forward: 'pass',
    restore: 'unknown',
  });

  // nor for somebody who insists, with a reason: the copy was never counted
  await walk(session, { ...rollback, which_way: 'restore' }, 'not_restored');
  expect(session.status('copy_is_proven')).not.toBe('done');
  expect(made.world.ran.join(' ')).not.toMatch(/rows_lost|swap/);
});
