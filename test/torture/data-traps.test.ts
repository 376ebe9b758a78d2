import path from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { chosen } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import {
  drillOn,
  expectLost,
  lastReading,
  ownedByGrace,
  passingOver,
  type Drill,
  type Fault,
} from '../drill/drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 5 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> =>
  drillOn(shop, fault, policy, 'shop_downgrade.yaml');

/** The file of the shop's data, as somebody at another terminal opens it. */
function byHand(sql: string): void {
  const database = new Database(path.join(shop.sandbox.values.data, 'shop.db'));
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
}

test(
  'F08: putting the backup back for a lock that would have been freed loses orders, whoever signed for them',
  slow,
  async () => {
    const { file, owning } = await ownedByGrace(shop);
    const run = await drillOn(
      shop,
      'F08',
      firstOf(owning, chosen('half_way', 'restore', 'the backup is quicker')),
      file,
    );

    expect(run.view.outcome).toBe('rolled_back');
    expect(run.score.wrongTurns).toEqual([expect.stringMatching(/^half_way -option:restore->/)]);
    expect(run.score.caps).toEqual([
      {
        at: 40,
        why: expect.stringMatching(
          /^lost needlessly: .*\d+ rows.* \(agreed to by grace\); closing the session that holds the lock .* would have kept it$/,
        ),
      },
    ]);
    expect(run.score.total).toBeLessThan(60);
  },
);

test('F09: writing the missing SQL by hand loses what the migration had kept', slow, async () => {
  let written = false;
  /** At another terminal, while the session waits: the two halves of a name are put together again. */
  const writingSql: Policy = async (situation) => {
    if (situation.at !== 'step' || situation.step.place.step !== 'half_way') return null;
    if (!written)
      byHand(`
        create table by_hand (id integer primary key, email text not null unique, name text not null,
          first_name text, last_name text) strict;
        insert into by_hand select id, email, trim(first_name || ' ' || last_name), null, null from customers;
        drop table customers;
        alter table by_hand rename to customers;
        delete from migrations where id = 4;
      `);
    written = true;
    return chosen('half_way', 'again', 'the missing SQL is written')(situation);
  };
  const run = await drill('F09', firstOf(passingOver(['way_down_is_whole', 'still_whole']), writingSql));

  expect(written).toBe(true);
  expect(run.view.outcome).toBe('rolled_back');
  expectLost(run, 'names_are_kept');
});

test(
  'F23: a constraint that is valid is no proof, and going on with it costs most of the points',
  slow,
  async () => {
    const run = await drill(
      'F23',
      firstOf(
        passingOver(['whole', 'smoke', 'calm']),
        chosen('what_now', 'finish', 'every constraint is valid'),
      ),
    );

    expectLost(run, 'orders_point_somewhere');
  },
);

test('F25: an empty file with the name of a backup is none', slow, async () => {
  const run = await drill(
    'F25',
    firstOf(
      passingOver(['there_is_room', 'dump_proven']),
      chosen('no_room', 'there', 'before.db is in the listing'),
    ),
  );

  expect(
    eventsOf(run.facts, 'command.ended').find(({ fact }) => fact.place.step === 'keep_dump')?.fact.exitCode,
  ).toBe(3);
  expect(lastReading(run, 'no_room')).toMatch(/before +main .* bytes {2}\d+ orders/); // it is listed
  expect(lastReading(run, 'no_room')).toMatch(/before cannot be restored/);
  expectLost(run, 'dump_is_whole');
});

test('F10: trusting the listing is a way back without a way out', slow, async () => {
  const run = await drill('F10', passingOver(['proven']));

  expectLost(run, 'a_way_out');
});
