import Database from 'better-sqlite3';
import path from 'node:path';
import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { armFault } from '../../src/sandbox/sandbox.ts';
import { abortingAt, chosen, expectEnd, expectShop, runThrough, shipped, stepsOf } from './stage.ts';
import { useSandbox } from './use-sandbox.ts';

// rolled_back and not_needed are walked by the drills

const slow = { timeout: 300_000 };
const file = shipped('shop_rollback.yaml');

const shop = useSandbox({ clients: 6 });

/** The release fails, so that the numbers say by themselves to go back. */
const badRelease = () => armFault({ folder: shop.sandbox.folder, fault: 'F01', seed: 7, afterMs: 0 });

/** Every order as it stands in the file, byte for byte, up to an id. */
function orders(upTo = Number.MAX_SAFE_INTEGER): readonly unknown[] {
  const database = new Database(path.join(shop.sandbox.values.data, 'shop.db'), { readonly: true });
  try {
    return database.prepare('select * from orders where id <= ? order by id').raw().all(upTo);
  } finally {
    database.close();
  }
}

test(
  'an abort in the middle asks for every way back, last change first, and leaves the shop as it was',
  slow,
  async () => {
    await badRelease();
    let before: readonly unknown[] = [];
    const look: Policy = ({ view }) => {
      const here = view.current[0];
      if (here?.place.step === 'transform' && here.status === 'ready') before = orders();
      return null;
    };

    const run = await runThrough(shop.stage, {
      file,
      sandbox: shop.sandbox,
      policy: firstOf(look, abortingAt('schema_down', 'the window is over')),
    });

    expectEnd(shop.stage, run, 'aborted');
    const back = run.facts.flatMap(({ fact }) =>
      fact.type === 'step.readied' && fact.place.step === '@back' ? [fact.shown.argv?.join(' ') ?? ''] : [],
    );
    expect(back).toEqual([
      'shopctl untransform',
      'shopctl thaw',
      'shopctl jobs resume',
      expect.stringContaining('shopctl silence-expire all'),
      'shopctl ci resume',
    ]);
    expect(before.length).toBeGreaterThan(300);
    const last = Number((before.at(-1) as readonly unknown[])[0]);
    expect(orders(last)).toEqual(before);
    await expectShop(shop.sandbox, '2.0.0');
  },
);

test(
  'an abort between two instances stops at no half way: it asks which whole way is meant',
  slow,
  async () => {
    await badRelease();
    const atTheSecond: Policy = (situation) =>
      situation.at === 'step' && situation.step.place.item === '1'
        ? abortingAt('deploy', 'the new release is mended')(situation)
        : null;

    const run = await runThrough(shop.stage, {
      file,
      sandbox: shop.sandbox,
      policy: firstOf(atTheSecond, chosen('which_way', 'forward', 'the new release is mended')),
    });

    expectEnd(shop.stage, run, 'rolled_forward');
    expect(stepsOf(run)).not.toContain('@back');
    expect(stepsOf(run).filter((step) => step === 'redeploy')).toHaveLength(1);
    await expectShop(shop.sandbox, '2.0.0');
  },
);

test('where the downgrade stops half way, going forward again is a way to the end', slow, async () => {
  await armFault({ folder: shop.sandbox.folder, fault: 'F08', seed: 7, afterMs: 0 });

  const run = await runThrough(shop.stage, {
    file,
    sandbox: shop.sandbox,
    policy: chosen('shorter_way', 'forward', 'the report is more important tonight'),
  });

  expectEnd(shop.stage, run, 'rolled_forward');
  expect(stepsOf(run)).toEqual(expect.arrayContaining(['where', 'schema_up', 'originals']));
  await expectShop(shop.sandbox, '2.0.0');
});

test('an abort after customers write again takes nothing back that they would lose', slow, async () => {
  await badRelease();
  const run = await runThrough(shop.stage, {
    file,
    sandbox: shop.sandbox,
    policy: firstOf(
      abortingAt('dashboards', 'enough for tonight'),
      chosen('what_now', 'finish', 'the old release serves'),
    ),
  });

  expectEnd(shop.stage, run, 'rolled_back');
  expect(stepsOf(run)).not.toContain('@back');
  await expectShop(shop.sandbox, '1.9.3');
});

test(
  'where a write gets through the freeze, staying on the new release is a way to the end',
  slow,
  async () => {
    await armFault({ folder: shop.sandbox.folder, fault: 'F13', seed: 7, afterMs: 0 });

    const run = await runThrough(shop.stage, {
      file,
      sandbox: shop.sandbox,
      policy: chosen('closed', 'give_up', 'the till cannot be reached tonight'),
    });

    expectEnd(shop.stage, run, 'rolled_forward');
    expect(stepsOf(run)).not.toContain('transform');
    await expectShop(shop.sandbox, '2.0.0');
  },
);
