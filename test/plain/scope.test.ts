import { expect, test } from 'vitest';
import { exitCode } from '../../src/errors.ts';
import { scopeRowOf, scopeViewOf } from '../fixtures/scope-view.ts';
import { sitDown } from './person.ts';
import { openStage, stepOf, viewOf } from './stage.ts';

const ready = stepOf({ offers: [{ intent: 'skip', override: false }] });

test('the linear front end shows the same table: what goes back, from where to where, why, and each rule', async () => {
  const person = sitDown({ client: openStage(viewOf({ current: [ready], scope: scopeViewOf() })).client }, [
    'scope',
  ]);
  await person.ended;

  const text = person.text();
  expect(text).toContain('IN api (app), runs 2.0.0, goes to 1.9.3, changed (release.yaml: 2.0.0 → 1.9.3)');
  expect(text).toContain('ASK db (database), runs not known, goes to 41, what runs cannot be read');
  expect(text).toContain('OUT cache (app), runs 1.0.0, not changed (release.yaml), rules: pass');
  expect(text).toContain('need api needs of db: live.db <= 41: unknown');
  expect(text).toContain('pair api with cache: api@1.9.3 + cache@1.0.0: pass');
  expect(text).toContain('order of the way back: api');
  expect(text).toContain('type include db REASON, exclude db REASON, or versions');
});

test('it names a unit where a part of one is asked about', async () => {
  const rows = [scopeRowOf('app', { state: 'ask', unit: 'shop', reason: 'nobody knows' })];
  const scope = scopeViewOf({ rows, open: ['app'] });
  const person = sitDown({ client: openStage(viewOf({ current: [ready], scope })).client }, []);
  await person.ended;

  expect(person.text()).toContain('SCOPE asks about app: nobody knows; type include shop REASON');
});

test('it says what is missing where nobody can answer, and ends as a wrong use', async () => {
  const idle = stepOf({ status: 'idle', offers: [] });
  const person = sitDown(
    { client: openStage(viewOf({ current: [idle], scope: scopeViewOf() })).client, interactive: false },
    [],
  );
  const end = await person.ended;

  expect(end).toMatchObject({ why: 'unanswered', exitCode: exitCode.usage });
  expect(person.text()).toContain('missing: SCOPE asks about db');
});

test('it tells what changed when the scope is worked out anew, and nothing else of it', async () => {
  const stage = openStage(viewOf({ current: [ready], scope: scopeViewOf() }));
  const person = sitDown({ client: stage.client }, [
    () => {
      const { rows } = scopeViewOf();
      const settled = rows.map((one) =>
        one.component === 'db' ? { ...one, state: 'in' as const, by: 'ada' } : one,
      );
      stage.show(
        viewOf({
          current: [ready],
          scope: scopeViewOf({ at: '2026-03-01T18:02:00.000Z', rows: settled, open: [], blocks: false }),
        }),
      );
      return 'note seen';
    },
  ]);
  await person.ended;

  expect(person.text()).toContain('scope: IN db (database)');
  expect(person.text().match(/OUT cache/g)).toHaveLength(1);
});
