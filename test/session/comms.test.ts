import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openMessenger } from '../../src/actions/messenger.ts';
import { redactor } from '../../src/actions/redact.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { path, serve, testFolder } from '../actions/measure/probe-kit.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { fakeClock } from './fake-clock.ts';
import type { World } from './fake-world.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const oneMinute = 60_000;
/** For what real sockets take on a loaded machine. */
const patient = { timeout: 20_000, interval: 20 };

/** A rollback of three phases that tells people about it. */
function book(comms: string, chat = 'http://127.0.0.1:9/'): Runbook {
  const text = `
walkback: 1
id: told
title: Roll the shop back
service: shop
objective: 10m
inputs: { target: { type: version, value: 1.9.3 } }
channels: { chat: { http: '${chat}' }, log: { file: told.log } }
comms:
${comms}
phases:
  - id: decide
    title: Decide
    steps:
      - { id: way, decide: Back?, options: [{ id: back, title: Roll back }, { id: no, title: 'No', end: not_needed }] }
  - id: execute
    title: Execute
    steps:
      - { id: swap, run: [deploy, '\${{ inputs.target }}'], undo: { run: [deploy, new] } }
  - id: validate
    title: Validate
    steps:
      - { id: done, end: rolled_back }
`;
  const loaded = loadRunbook('told.yaml', memoryFiles({ 'told.yaml': text }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.runbook;
}

/** The fake outside with the real messenger, over real sockets. */
function worldWith(runbook: Runbook): World {
  return {
    ...openWorld(),
    messenger: openMessenger({
      channels: runbook.channels,
      clock: systemClock(),
      env: { PATH: path() },
      cwd: testFolder(),
      redactor: redactor([]),
      timeoutMs: 5_000,
    }),
  };
}

interface Received {
  readonly key: string | undefined;
  readonly text: string;
}

async function sink(answer = '{"id":"m-1"}') {
  const received: Received[] = [];
  const url = await serve((request, response, body) => {
    const key = request.headers['idempotency-key'];
    received.push({ key: String(key), text: JSON.parse(body).text });
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  return { url, received };
}

const three = `
  - { at: decided, to: chat, text: 'Going back to \${{ inputs.target }}: \${{ decision.reason }} (\${{ decision.by }})' }
  - { at: 'phase:execute', to: chat, audience: support, text: 'Deploying \${{ inputs.target }} to \${{ session.environment }}' }
  - { at: restored, to: chat, text: 'Restored after \${{ session.elapsed }}', ack: true }`;

describe('Accept R3.6: messages at points of the rollback', () => {
  test('a webhook sink receives decided, execute and restored with the facts filled in', async () => {
    const { url, received } = await sink();
    const runbook = book(three, url);
    const opened = await openTestSession({
      runbook,
      world: worldWith(runbook),
      inputs: { target: '1.9.3' },
    });

    await opened.say('choose', { option: 'back', reason: 'errors at 8 %' });
    await expect.poll(() => received.length, patient).toBe(2);
    await opened.say('run');
    await expect.poll(() => opened.session.view().status, patient).toBe('closed');

    expect(received.map(({ text }) => text).toSorted()).toEqual([
      'Deploying 1.9.3 to staging',
      'Going back to 1.9.3: errors at 8 % (ada)',
      'Restored after 0s',
    ]);
    expect(new Set(received.map(({ key }) => key)).size).toBe(3);
    expect(opened.facts('comms.sent')).toMatchObject([
      { result: 'pass', detail: 'HTTP 200', ack: 'm-1', tries: 1 },
      { result: 'pass', ack: 'm-1' },
      { result: 'pass', ack: 'm-1' },
    ]);
    const types = opened.types();
    expect(types.indexOf('comms.due')).toBe(types.indexOf('decision.made') + 1);
  });

  test('the session does not close before what is said about its end has arrived', async () => {
    const world = openWorld();
    world.delivers = false;
    const { say, session, clock } = await openTestSession({
      runbook: book(three.replace(', ack: true', '')),
      world,
      inputs: { target: '1.9.3' },
    });

    await say('choose', { option: 'back' });
    await say('run');
    expect(session.view().status).toBe('ended');
    world.delivers = true;
    await clock.advance(oneMinute / 2);
    expect(session.view().status).toBe('closed');
    expect(world.sent.map(({ text }) => text)).toContain('Restored after 0s');
  });

  test('a message that was given up is sent again on a word; where it arrives, its debt is paid', async () => {
    const world = openWorld();
    world.delivers = false;
    const { say, session, clock, context, facts } = await openTestSession({
      runbook: book(three.replace(', ack: true', '')),
      world,
      inputs: { target: '1.9.3' },
    });
    await say('choose', { option: 'no' });
    await clock.advance(2 * oneMinute);
    expect(context().obligations['tell-1']).toMatchObject({ state: 'open' });

    expect(await say('resend', { key: 'tell-1' })).toEqual({ ok: true });
    expect(await say('resend', { key: 'tell-1' })).toMatchObject({ code: 'E_NOT_NOW' });
    await clock.advance(2 * oneMinute);
    expect(facts('comms.sent')).toHaveLength(2);
    expect(facts('obligation.opened').map(({ obligation }) => obligation.key)).toEqual(['tell-1']);
    expect(session.view().status).toBe('ended');

    world.delivers = true;
    expect(await say('resend', { key: 'tell-1' })).toEqual({ ok: true });
    await clock.advance(1_000);
    expect(facts('obligation.discharged')).toMatchObject([
      { key: 'tell-1', how: 'proved', by: 'walkback', reason: expect.stringContaining('sent again') },
    ]);
    expect(session.view()).toMatchObject({ status: 'closed', messages: [{ state: 'sent' }] });
    expect(await say('resend', { key: 'tell-1' })).toMatchObject({ code: 'E_DEBT' });
  });

  test('a sink that stops opens the debt to tell them, and the rollback goes on meanwhile', async () => {
    const runbook = book(three); // nobody listens on the port
    const clock = fakeClock();
    const opened = await openTestSession({
      runbook,
      world: worldWith(runbook),
      clock,
      inputs: { target: '1.9.3' },
    });

    await opened.say('choose', { option: 'back', reason: 'errors' });
    await opened.say('run');
    expect(opened.session.view()).toMatchObject({ outcome: 'rolled_back', status: 'ended' });
    await expect
      .poll(
        async () => {
          await clock.advance(5_000);
          return opened.context().obligations;
        },
        { timeout: 20_000, interval: 20 },
      )
      .toMatchObject({
        'tell-1': { state: 'open' },
        'tell-2': { state: 'open' },
        'tell-3': { state: 'open' },
      });

    expect(opened.session.view().messages?.[1]).toMatchObject({
      state: 'failed',
      audience: 'support',
      text: 'Deploying 1.9.3 to staging',
      debt: 'tell-2',
    });
    expect(opened.facts('comms.sent')[0]?.tries).toBeGreaterThan(2);
    expect(opened.session.view().status).toBe('ended');
    expect(await opened.say('release', { key: 'tell-1' })).toMatchObject({ ok: false, code: 'E_BY_HAND' });
    expect(await opened.say('told', { key: 'tell-1', how: ' ' })).toMatchObject({
      ok: false,
      code: 'E_REASON',
    });
    for (const key of ['tell-1', 'tell-2', 'tell-3'])
      expect(await opened.say('told', { key, how: 'called Lin of support' })).toEqual({ ok: true });
    expect(opened.session.view().status).toBe('closed');
    expect(opened.session.view().messages?.map(({ state }) => state)).toEqual(['told', 'told', 'told']);
    expect(opened.facts('obligation.discharged')[0]).toMatchObject({
      how: 'proved',
      reason: 'told: called Lin of support',
    });
  });

  test('the 15-minute message fires by the clock, again and again until the end, with the facts of then', async () => {
    const runbook = book(
      `  - { at: 'every:15m', to: chat, text: 'Still at it after \${{ session.elapsed }}' }`,
    );
    const { say, clock, world, facts } = await openTestSession({ runbook });

    await clock.advance(15 * oneMinute - 1);
    expect(world.sent).toEqual([]);
    await clock.advance(1);
    expect(world.sent.map(({ text }) => text)).toEqual(['Still at it after 15m']);
    await clock.advance(30 * oneMinute);
    expect(world.sent.map(({ text }) => text)).toEqual(
      [15, 30, 45].map((minutes) => `Still at it after ${minutes}m`),
    );
    await say('choose', { option: 'no' });
    await clock.advance(60 * oneMinute);
    expect(facts('comms.due')).toHaveLength(3);
  });

  test('a rhythm that was missed while nobody hosted the session is made up for once', async () => {
    const runbook = book(`  - { at: 'every:15m', to: chat, text: 'Still at it' }`);
    const first = await openTestSession({ runbook });
    await first.clock.advance(15 * oneMinute);
    const next = await first.dies('opened');
    await next.clock.advance(50 * oneMinute);
    next.session.begin();
    await next.clock.advance(0);
    expect(next.world.sent).toHaveLength(2);
    await next.clock.advance(15 * oneMinute);
    expect(next.world.sent).toHaveLength(3);
  });
});

describe('the outbox', () => {
  test('sends again after a crash what had no end, under the same key, and nothing that had one', async () => {
    const { url, received } = await sink();
    const gone = book(three);
    const first = await openTestSession({
      runbook: gone,
      world: worldWith(gone),
      inputs: { target: '1.9.3' },
    });
    await first.say('choose', { option: 'back', reason: 'errors' });
    expect(first.facts('comms.due')).toHaveLength(2);
    first.session.halt();

    const runbook = book(three, url);
    const next = await openTestSession({
      runbook,
      rows: first.log.facts(),
      world: worldWith(runbook),
      clock: first.clock,
      how: 'resumed',
      inputs: { target: '1.9.3' },
    });
    await expect.poll(() => next.facts('comms.sent').length, patient).toBe(2);
    expect(next.facts('comms.due')).toHaveLength(2);
    const last = await next.dies('resumed');
    await last.clock.advance(oneMinute);
    expect(received).toHaveLength(2);
    expect(new Set(received.map(({ key }) => key))).toEqual(
      new Set(['session/comms_1/way#1', 'session/comms_2/1']),
    );
  });

  test('does not send a text with an empty place: it is left to a person, who sees the place', async () => {
    const runbook = book(`  - { at: started, to: chat, text: 'To \${{ inputs.target }} now' }`);
    const { context, world, session } = await openTestSession({ runbook });

    expect(world.sent).toEqual([]);
    expect(context().obligations['tell-1']).toMatchObject({ state: 'open' });
    expect(session.view().messages?.[0]).toMatchObject({ state: 'failed', text: 'To <target> now' });
  });

  test('sends a message once where the sink took it and acknowledged nothing, and owes the telling', async () => {
    const world = openWorld();
    const runbook = book(`  - { at: started, to: chat, text: 'News', ack: true }`);
    const { context, clock, facts } = await openTestSession({ runbook, world });

    await clock.advance(oneMinute);
    expect(world.sent).toHaveLength(1);
    expect(facts('comms.sent')).toMatchObject([{ result: 'unknown', ack: null, debt: 'tell-1' }]);
    expect(context().obligations['tell-1']?.state).toBe('open');
  });

  test('is as silent as the runbook: a session of before the outbox tells nothing twice', async () => {
    const runbook = book(three);
    const before = await openTestSession({ runbook: book('  - { at: escalated, to: log, text: x }') });
    await before.say('choose', { option: 'back' });
    before.session.dispatch(
      [
        {
          type: 'comms.sent',
          at: 'decided',
          to: 'chat',
          result: 'pass',
          text: 'Going back',
          detail: 'HTTP 200',
          key: null,
          tries: 1,
          ack: null,
          debt: null,
        },
      ],
      'walkback',
    );
    const after = await openTestSession({
      runbook,
      rows: before.log.facts(),
      clock: before.clock,
      how: 'resumed',
    });
    expect(after.world.sent.map(({ text }) => text).filter((text) => text.startsWith('Going back'))).toEqual(
      [],
    );
  });
});
