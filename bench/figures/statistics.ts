import path from 'node:path';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, ratioFigure, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, timed } from '../world.ts';

/** P8: `stats` over 100,000 sessions, beside a ledger of as many as were recorded one by one, and an empty Node. */
export async function statistics(world: World): Promise<readonly Figure[]> {
  const recorded = world.quick ? 100 : 500;
  const copies = world.quick ? 49 : 199;
  const count = recorded * (copies + 1);
  const fill = path.join(import.meta.dirname, '../processes/fill.ts');
  const [few, many] = ['few', 'many'].map((name) => path.join(world.folder, name, 'ledger.db'));
  for (const ledger of [few, many])
    await timed(world, [process.execPath, fill, ledger ?? '', 'figures', String(recorded)]);
  await timed(world, [process.execPath, fill, many ?? '', 'copies', String(copies)]);
  const stats = (ledger: string | undefined, ...args: readonly string[]) =>
    timed({ ...world, env: { ...world.env, WALKBACK_LEDGER: ledger ?? '' } }, [
      process.execPath,
      world.launcher,
      'stats',
      ...args,
    ]);
  const found = await interleaved(world.rounds, {
    node: () => timed(world, [process.execPath, '--eval', '0']),
    few: () => stats(few),
    many: () => stats(many),
    quarter: () => stats(many, '--since', '2022-01-01', '--until', '2022-04-01'),
  });
  const added = sampled(found.many).median - sampled(found.few).median;
  return [
    limitFigure(
      'P8',
      `stats of ${count} sessions`,
      sampled(found.many).median,
      'ms',
      { most: 1000 },
      rangeText(sampled(found.many), 'ms'),
    ),
    limitFigure(
      'P8',
      `stats: what ${count} sessions add to ${recorded}`,
      added,
      'ms',
      { most: 1000 },
      `${rangeText(sampled(found.many), 'ms')} against ${rangeText(sampled(found.few), 'ms')}`,
    ),
    ratioFigure(
      'P8',
      `stats of ${recorded} sessions, beside an empty Node`,
      { name: 'stats', values: found.few },
      { name: 'node', values: found.node },
      null,
    ),
    ratioFigure(
      'P8',
      `stats of a quarter of a year out of ${count}`,
      { name: 'a quarter', values: found.quarter },
      { name: 'node', values: found.node },
      null,
    ),
  ];
}
