import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, withDatabase } from '../../../src/tools/database.ts';
import type { DatabasePlace } from '../../../src/tools/database/model.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { fillShop, ordersIn, sqliteShop, toolFolder } from '../shop-tables.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const plan = `walkback_transform: 1
batch: 7
tables:
  - table: orders
    where: status not in ('placed', 'paid')
    set: { status: "'paid'", note: "coalesce(note, '') || '!'" }
`;

/**
 * Lets the process do `batches`, each only when it is told to, tells it to do one more, waits as long as is said and
 * kills it; true where it ended first.
 */
async function runAndKill(verb: string, file: string, place: DatabasePlace, batches: number, spinMs: number) {
  const entry = path.resolve(import.meta.dirname, '../../fixtures/tools/transform-process.ts');
  const args = [entry, verb, file, ...(place.kind === 'sqlite' ? [place.file] : [])];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: postgres.url },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => {
    // it has ended: its exit says so
  });
  const ended = once(child, 'exit');
  let seen = 0;
  for await (const _line of createInterface({ input: child.stdout })) {
    seen += 1;
    child.stdin.write('\n');
    if (seen < batches) continue;
    // to the middle of the next batch: as long as one takes, more or less
    const from = performance.now();
    while (performance.now() - from < spinMs);
    child.kill('SIGKILL');
    break;
  }
  await ended;
  return child.exitCode === 0;
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (dialect) => {
  test(
    'a conversion that is killed again and again ends at exactly 37 rows, and so does its way back',
    { timeout: 120_000 },
    async () => {
      const folder = toolFolder();
      const file = path.join(folder, 'transform.yaml');
      writeFileSync(file, plan);
      const place: DatabasePlace =
        dialect === 'sqlite'
          ? await sqliteShop(folder)
          : { kind: 'postgres', env: { DATABASE_URL: postgres.url } };
      if (dialect === 'postgres') await withDatabase(place, {}, fillShop);
      const database = await openDatabase(place);
      const count = async (from: string): Promise<number> =>
        Number((await database.query(`select count(*) as n from ${from}`))[0]?.['n']);
      const before = await ordersIn(database);

      for (const verb of ['transform', 'reverse']) {
        let kills = 0;
        // 37 rows are six batches: each process is let do one or two of them, and dies at another moment of the next
        while (!(await runAndKill(verb, file, place, 1 + (kills % 2), (kills % 5) * 1.5))) {
          kills += 1;
          expect(kills).toBeLessThan(30);
          // one statement: what the process sent with its last breath may be committed a moment later
          const [now] = await database.query(
            `select (select count(*) from walkback_killed_orders where walkback_restored = 0) as originals,
                    (select count(*) from orders where status = 'paid' and id > 63) as converted`,
          );
          // whole batches only, and each changed row has its original
          const kept = Number(now?.['originals']);
          const done = verb === 'transform' ? kept : 37 - kept;
          expect([done % 7 === 0 || done === 37, now?.['converted']]).toEqual([true, kept]);
        }
        expect(kills).toBeGreaterThanOrEqual(2);
        expect(await count('walkback_killed_orders')).toBe(37);
        if (verb === 'reverse') expect(await ordersIn(database)).toEqual(before);
        else expect(await count("orders where status = 'paid'")).toBe(100);
      }
      const once = (await ordersIn(database)).filter((row) => row.includes('!!'));
      expect(once).toEqual([]);
      await database.close();
    },
  );
});
