import { describe, expect, test } from 'vitest';
import { loaded } from '../runbook/memory-files.ts';
import type { World } from './fake-world.ts';
import { missed, openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const components = `scope:
  components:
    - { id: api, type: app, live: { run: [version-of, api] }, from: 2.0.0, to: 1.9.3 }
    - { id: db, type: database, live: { run: [version-of, db] }, to: '41' }
  needs:
    - { from: api, to: db, when: "target.api < version('2.0.0')", requires: live.db <= 41 }`;

const steps = `- { id: look, run: [look], read_only: true }
- { id: schema_down, run: [migrate, down], undo: { run: [migrate, up] }, when: "'db' in scope.included", on: { fail: done } }
- { id: swap, run: [deploy], undo: { run: [deploy, back] }, on: { fail: done } }
- { id: done, end: rolled_back }`;

const runbook = loaded(steps, components);

/** What runs, by component. */
const worldWith = (versions: Readonly<Record<string, World['readings'][string]>>): World =>
  Object.assign(openWorld(), {
    readings: Object.fromEntries(Object.entries(versions).map(([id, value]) => [`version-of ${id}`, value])),
  });
const open = (versions: Readonly<Record<string, World['readings'][string]>>, book = runbook) =>
  openTestSession({ runbook: book, world: worldWith(versions) });

describe('a session over components', () => {
  test('works out what goes back together before anything that changes is shown', async () => {
    const session = await open({ api: '2.0.0', db: 42 });

    const [decided] = session.facts('scope.decided');
    expect(decided?.rows).toMatchObject([
      { component: 'api', state: 'in', live: '2.0.0', from: '2.0.0', to: '1.9.3' },
      { component: 'db', state: 'in', live: '42', reason: 'api needs live.db <= 41 (db is 42)' },
    ]);
    expect(decided?.order).toEqual([['api'], ['db']]);
    await session.say('run', {}, 'schema_down');
    const types = session.types();
    const firstChange = session.log
      .facts()
      .findIndex(({ fact }) => fact.type === 'step.readied' && fact.place.step !== 'look');
    expect(types.indexOf('scope.decided')).toBeLessThan(firstChange);
  });

  test('lets a step ask what goes back, and passes over what stays', async () => {
    const session = await open({ api: '2.0.0', db: 40 });

    expect(session.facts('scope.decided')[0]?.rows).toMatchObject([{ state: 'in' }, { state: 'out' }]);
    expect(session.status('schema_down')).toBe('skipped');
    await session.say('run', {}, 'swap');
    expect(session.world.ran).toEqual(['look#1', 'swap#1']);
  });

  test('says that something else runs than the release brought, before any step that changes', async () => {
    const session = await open({ api: '2.0.1', db: 40 });

    expect(session.facts('drift.added')).toEqual([
      {
        type: 'drift.added',
        by: 'walkback',
        what: 'api runs 2.0.1; the runbook says 2.0.0',
        target: 'api',
        key: 'drift_1',
      },
    ]);
    expect(session.world.ran).toEqual(['look#1']);
  });

  test('does not work it out where no components are named', async () => {
    const session = await openTestSession({ runbook: loaded('- { id: done, end: rolled_back }') });

    expect(session.types()).not.toContain('scope.decided');
    expect(await session.say('scope_refresh')).toMatchObject({ ok: false, code: 'E_NO_SCOPE' });
  });

  test('has what a command printed before it failed for no version', async () => {
    const failed = { ok: true as const, value: '1.9.3', exit: 1, status: null, headers: {}, text: '1.9.3' };
    const session = await open({ api: failed, db: 40 });

    expect(session.session.view().scope?.rows[0]).toMatchObject({ state: 'ask', live: null });
  });
});

describe('a version that cannot be read', () => {
  const plain = loaded(steps.replace(`, when: "'db' in scope.included"`, ''), components);

  test('holds the first change back with its reason until a person settles it', async () => {
    const session = await open({ api: '2.0.0', db: missed('connection') }, plain);

    expect(session.session.view().scope).toMatchObject({ open: ['db'], blocks: true });
    expect(session.at('schema_down').offers.map(({ intent }) => intent)).toEqual(['skip']);
    expect(await session.say('run', {}, 'schema_down')).toMatchObject({ ok: false, code: 'E_SCOPE' });
    expect(session.world.ran).toEqual(['look#1']);

    expect(await session.say('scope_include', { component: 'db', reason: ' ' })).toMatchObject({
      code: 'E_REASON',
    });
    expect(await session.say('scope_include', { component: 'dbs' })).toMatchObject({ code: 'E_COMPONENT' });
    expect(await session.say('scope_include', { component: 'db', reason: 'I looked on the host' })).toEqual({
      ok: true,
    });
    expect(session.session.view().scope).toMatchObject({ open: [], blocks: false });
    await session.say('run', {}, 'schema_down');
    expect(session.world.ran).toEqual(['look#1', 'schema_down#1']);
  });

  test('keeps a step waiting that asks what goes back, and lets it go on once it is settled', async () => {
    const session = await open({ api: '2.0.0', db: missed('connection') });

    expect(session.at('schema_down').status).toBe('idle');
    expect(session.session.view().scope?.blocks).toBe(true);
    await session.say('scope_exclude', { component: 'db', reason: 'the schema did not change' });
    expect(session.status('schema_down')).toBe('skipped');
    expect(session.at('swap').status).toBe('ready');
  });

  test('is read again when a person asks for it', async () => {
    const session = await open({ api: '2.0.0', db: missed('connection') }, plain);

    session.world.readings['version-of db'] = 42;
    await session.say('scope_refresh');
    expect(session.session.view().scope).toMatchObject({ open: [], rows: [{}, { state: 'in', live: '42' }] });
  });

  test('is still to be settled after the session was taken up again', async () => {
    const before = await open({ api: '2.0.0', db: missed('connection') }, plain);

    const after = await before.dies('resumed');
    expect(after.facts('scope.decided')).toHaveLength(1);
    expect(after.session.view().scope?.open).toEqual(['db']);
    expect(await after.say('run', {}, 'schema_down')).toMatchObject({ code: 'E_SCOPE' });
  });

  test('never keeps what is owed from being given back', async () => {
    const bent = loaded(
      `- id: pause
  run: [pause]
  opens: { id: ci, title: Paused, release: { run: [resume] }, proof: { run: [ci], expect: { exit: 0 } } }
  on: { fail: back }
- { id: back, release: [ci] }
- { id: done, end: rolled_back }`,
      components,
    );
    const session = await open({ api: '2.0.0', db: 40 }, bent);

    await session.say('run', {}, 'pause');
    session.world.readings['version-of db'] = missed('connection');
    await session.say('scope_refresh');
    expect(session.session.view().scope).toMatchObject({ open: ['db'], blocks: false });
    await session.say('run', {}, 'back');
    expect(session.world.ran).toEqual(['pause#1', 'back#1']);
  });
});

describe('a person who leaves a part out that was pulled in', () => {
  test('needs a reason, and leaves a red edge on record', async () => {
    const session = await open({ api: '2.0.0', db: 42 });

    expect(await session.say('scope_exclude', { component: 'db', reason: '' })).toMatchObject({
      code: 'E_REASON',
    });
    await session.say('scope_exclude', { component: 'db', reason: 'expand only' });
    expect(session.facts('scope.overridden')).toEqual([
      { type: 'scope.overridden', by: 'ada', component: 'db', as: 'out', was: 'in', reason: 'expand only' },
    ]);
    expect(session.facts('scope.decided').at(-1)).toMatchObject({
      rows: [{ state: 'in' }, { state: 'out', by: 'ada', reason: 'expand only' }],
      edges: [{ from: 'api', to: 'db', result: 'fail', red: true, detail: 'db is 42' }],
    });
    expect(session.session.view().scope?.overrides).toHaveLength(1);
  });
});

describe('a monolith', () => {
  const monolith = loaded(
    '- { id: swap, run: [deploy], undo: { run: [deploy, back] }, on: { fail: done } }\n- { id: done, end: rolled_back }',
    `scope:
  components:
    - { id: app, type: app, live: { run: [version-of, app] }, to: 1.9.3 }
    - { id: db, type: database, live: { run: [version-of, db] }, to: '41' }
    - { id: settings, type: config, live: { run: [version-of, settings] }, to: '7' }
topology: monolith`,
  );

  test('is refused with only app ticked, and taken as a whole', async () => {
    const session = await open({ app: '2.0.0', db: 42, settings: 8 }, monolith);

    const answer = await session.say('scope_include', { component: 'app', reason: 'only the code is bad' });
    expect(answer).toMatchObject({ ok: false, code: 'E_PARTIAL', next: 'Include shop as a whole.' });
    expect(session.facts('scope.overridden')).toEqual([]);
    await session.say('scope_include', { component: 'shop', reason: 'the release is bad' });
    expect(session.facts('scope.decided').at(-1)).toMatchObject({
      rows: [{ state: 'in' }, { state: 'in' }, { state: 'in' }],
      order: [['app', 'db', 'settings']],
    });
  });
});

describe('three services with one pair missing', () => {
  const services = (pairs: string): string => `scope:
  manifest: release.yaml
  components:
    - { id: cart, type: app, live: { run: [version-of, cart] } }
    - { id: pricing, type: app, live: { run: [version-of, pricing] }, to: '2.0' }
    - { id: stock, type: app, live: { run: [version-of, stock] }, to: '2.9' }
topology: microservice
compat:
  - { pair: [cart@1.8, stock@3.0], status: ok, evidence: 'contract-test:pacts/stock.xml', on: 2026-02-20 }
${pairs}`;
  const files = {
    'release.yaml': "id: cart-1.9\nchanged:\n  - { component: cart, from: '1.9', to: '1.8' }\n",
    'pacts/stock.xml': '<testsuite tests="4" failures="0"/>',
    'pacts/pricing.xml': '<testsuite tests="9" failures="0"/>',
  };
  const end = '- { id: look, manual: Look, read_only: true }\n- { id: done, end: rolled_back }';
  const running = { cart: '1.9', pricing: '2.1', stock: '3.0' };
  const others = '  - { pair: [pricing@2.0, stock@3.0], status: ok, evidence: ticket 12, on: 2026-02-20 }';
  const statesWith = async (pairs: string) =>
    (await open(running, loaded(end, services(pairs), files)))
      .facts('scope.decided')[0]
      ?.rows.map(({ state }) => state);

  test('pull the partner in, and adding fresh evidence releases it', async () => {
    expect(await statesWith(others)).toEqual(['in', 'in', 'out']);
    const stale =
      "  - { pair: [cart@1.8, pricing@2.1], status: ok, evidence: 'contract-test:pacts/pricing.xml', on: 2026-01-20 }";
    expect(await statesWith(`${others}\n${stale}`)).toEqual(['in', 'in', 'out']);
    expect(await statesWith(`${others}\n${stale.replace('2026-01-20', '2026-02-20')}`)).toEqual([
      'in',
      'out',
      'out',
    ]);
  });

  test('are covered by the hash of the runbook with their manifest and their evidence', () => {
    const hashOf = (more: Readonly<Record<string, string>>) =>
      loaded(end, services(''), { ...files, ...more }).hash;

    expect(hashOf({})).toBe(hashOf({}));
    expect(hashOf({ 'release.yaml': `${files['release.yaml']}# looked at\n` })).not.toBe(hashOf({}));
    expect(hashOf({ 'pacts/stock.xml': '<testsuite tests="4" failures="1"/>' })).not.toBe(hashOf({}));
  });
});
