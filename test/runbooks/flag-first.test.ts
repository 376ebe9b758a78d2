import { expect, test } from 'vitest';
import { eventsOf } from '../../src/report/story.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { errorsShow, must } from '../sandbox/support.ts';
import { expectEnd, runThrough, shipped, stepsOf } from './stage.ts';
import { useSandbox } from './use-sandbox.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const run = () =>
  runThrough(shop.stage, {
    file: shipped('flag_first.yaml'),
    sandbox: shop.sandbox,
    given: { watch: '1s' },
  });
/** Nobody looks before there is something to see: what is armed takes a moment to show in the figures. */
async function arm(fault: 'F04' | 'F05'): Promise<void> {
  await armFault({ folder: shop.sandbox.folder, fault, seed: 7, afterMs: 0 });
  await errorsShow(shop.sandbox, 0.02);
}

test(
  'a bug behind the flag ends in one segment first, then everywhere, and the flag stays owed',
  slow,
  async () => {
    await arm('F04');
    const ran = await run();

    expect(ran.view.outcome).toBe('mitigated');
    expect(stepsOf(ran)).toEqual(
      expect.arrayContaining([
        'segment',
        'segment_effect',
        'kill_flag_turn',
        'effect',
        'old_path',
        'still_calm',
      ]),
    );
    expect(ran.view.obligations).toMatchObject([
      { key: 'kill_flag_flag', state: 'carried', owner: 'payments' },
    ]);
    expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
    expect(await must(shop.sandbox, 'flags', 'get')).not.toContain('@');
  },
);

test(
  'where the flag is cached no effect is seen in the segment: it is put back, and a rollback takes over',
  slow,
  async () => {
    await arm('F05');
    const ran = await run();

    expectEnd(shop.stage, ran, 'not_possible');
    expect(stepsOf(ran)).toEqual(expect.arrayContaining(['segment', 'no_effect', 'flag_back']));
    expect(stepsOf(ran)).not.toContain('kill_flag_turn');
    expect(eventsOf(ran.facts, 'decision.made').map(({ fact }) => fact.option)).toContain('back');
    expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('on');
    expect(await must(shop.sandbox, 'flags', 'get')).not.toContain('@');
  },
);
