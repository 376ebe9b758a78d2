import path from 'node:path';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

/** P8, smaller: 1,000 sessions of 12 events instead of 10,000 of 1,000. What a ledger's size adds to a start. */
export async function manySessions(world: World): Promise<readonly Figure[]> {
  const count = world.quick ? 200 : 1000;
  const small = {
    ...world,
    env: { ...world.env, WALKBACK_LEDGER: path.join(world.folder, 'small', 'ledger.db') },
  };
  const large = {
    ...world,
    env: { ...world.env, WALKBACK_LEDGER: path.join(world.folder, 'large', 'ledger.db') },
  };
  const file = writeRunbook(world, 'one', trueSteps(1));
  const names = { small: await runPlain(small, file), large: await runPlain(large, file) };
  const fill = path.join(import.meta.dirname, '../processes/fill.ts');
  await timed(world, [process.execPath, fill, large.env.WALKBACK_LEDGER, 'sessions', String(count)]);
  const ours = (where: World, ...args: readonly string[]) =>
    timed(where, [process.execPath, world.launcher, ...args]);
  const found = await interleaved(world.rounds, {
    fewSessions: () => ours(small, 'sessions'),
    manySessions: () => ours(large, 'sessions'),
    fewShow: () => ours(small, 'show', names.small.session),
    manyShow: () => ours(large, 'show', names.large.session),
  });
  const added = (many: readonly number[], few: readonly number[]): number =>
    sampled(many).median - sampled(few).median;
  const from = (many: readonly number[], few: readonly number[]): string =>
    `${rangeText(sampled(many), 'ms')} against ${rangeText(sampled(few), 'ms')}`;
  return [
    limitFigure(
      'P8',
      `sessions: what ${count} sessions add (smaller than P8)`,
      added(found.manySessions, found.fewSessions),
      'ms',
      { most: 50 },
      from(found.manySessions, found.fewSessions),
    ),
    limitFigure(
      'P8',
      `show: what ${count} sessions add (smaller than P8)`,
      added(found.manyShow, found.fewShow),
      'ms',
      { most: 20 },
      from(found.manyShow, found.fewShow),
    ),
  ];
}
