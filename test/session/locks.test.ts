import { describe, expect, test, vi } from 'vitest';
import { loaded } from '../runbook/memory-files.ts';
import { openWorld, taken, type World } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';

const steps = `- id: lock
  run: [take]
  idempotent: true
  outputs: { token: { pattern: 'token (\\d+)' } }
  opens: { id: held, title: Locked, release: { run: [give-back] }, proof: { run: [is-free] } }
- { id: first, run: [change, one], undo: { run: [unchange, one] } }
- { id: look, run: [look], read_only: true }
- { id: second, run: [change, two], undo: { run: [unchange, two] } }
- { id: unlock, release: [held] }
- { id: after, run: [change, three], undo: { run: [unchange, three] } }
- { id: done, end: rolled_back }`;

const locks = `locks:
  - { id: shop_db, debt: held, token: '\${{ steps.lock.outputs.token }}', every: 20s, renew: { run: [renew] } }`;

const answer = (exit: number, text: string) => ({ ...taken(text), exit });

const locked = (more: Partial<World> = {}) => {
  const world = Object.assign(openWorld(), { prints: { lock: 'held with token 7\n' } }, more);
  world.readings['renew'] = answer(0, 'held until later');
  return openTestSession({ runbook: loaded(steps, locks), world, monitored: true });
};

const renewals = (world: World): number => world.measured.filter((name) => name === 'renew').length;

describe('a lock of the runbook', () => {
  test('is renewed while its debt is open and before each change, and its token reaches the commands', async () => {
    const { say, world, clock } = await locked();
    expect(renewals(world)).toBe(0);

    await say('run');
    const before = renewals(world);
    await clock.advance(60_000);
    expect(renewals(world)).toBeGreaterThanOrEqual(before + 3);
    const idle = renewals(world);
    await say('run');
    expect(renewals(world)).toBe(idle + 1);
    expect(world.env.get('lock#1')).not.toHaveProperty('WALKBACK_FENCE');
    expect(world.env.get('first#1')).toMatchObject({ WALKBACK_FENCE: '7', WALKBACK_FENCE_SHOP_DB: '7' });

    await say('run'); // second
    await say('run'); // unlock
    const given = renewals(world);
    await clock.advance(60_000);
    await say('run'); // after
    expect(renewals(world)).toBe(given);
    expect(world.env.get('after#1')).not.toHaveProperty('WALKBACK_FENCE');
  });

  test('that is lost lets nothing be changed any more, while looking and giving it back go on', async () => {
    const { say, at, world, facts, session, clock } = await locked();
    await say('run');
    await say('run');
    world.readings['renew'] = answer(3, 'it is lost: grace took it with token 8');

    await say('run'); // second
    expect(world.ran).not.toContain('second#1');
    expect(at()).toMatchObject({ place: { step: 'second' }, status: 'failed' });
    expect(facts('guard.read').at(-1)).toMatchObject({
      result: 'fail',
      readings: [{ subject: 'lock shop_db', code: 'lost', detail: 'it is lost: grace took it with token 8' }],
    });

    await clock.advance(20_000);
    await vi.waitFor(() => expect(session.view().held).toContain('grace took it'));
    world.readings['renew'] = answer(0, 'held again');
    await clock.advance(20_000);
    expect(facts('watch.cleared')).toHaveLength(1);
    await say('unhold');
    await say('retry');
    await say('run');
    expect(world.ran.filter((attempt) => attempt.startsWith('second'))).toHaveLength(1);

    world.readings['renew'] = answer(3, 'lost again');
    await say('run'); // the way back of the lock itself is not held up by it
    expect([...world.argv.values()].at(-1)).toEqual(['give-back']);
  });

  test('that cannot be renewed is unknown: nothing is changed, and the session is not held for it', async () => {
    const { say, at, world, facts, session, clock } = await locked();
    await say('run');
    world.readings['renew'] = answer(30, 'the server does not answer');

    await say('run');
    expect(at()).toMatchObject({ place: { step: 'first' }, status: 'unknown' });
    expect(facts('guard.read').at(-1)).toMatchObject({
      result: 'unknown',
      readings: [{ code: 'not_renewed' }],
    });
    await clock.advance(20_000);
    expect(session.view().held).toBeNull();
    expect(facts('watch.breached')).toMatchObject([{ id: 'lock_shop_db', hold: false }]);
  });
});
