import path from 'node:path';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

/** P8 with short sessions: 10,000 of 12 events instead of 1,000 each. What a ledger's size adds to a start. */
export async function manySessions(world: World): Promise<readonly Figure[]> {
  const [recorded, copies] = world.quick ? [50, 19] : [200, 49];
  const count = recorded * (copies + 1);
  const small = {
    ...world,
    env: { ...world.env, WALKBACK_LEDGER: path.join(world.folder, 'small', 'ledger.db') },
  };
  const large = {
    ...world,
    env: { ...world.env, WALKBACK_LEDGER: path.join(world.folder, 'large', 'ledger.db') },
  };
  const file = writeRunbook(world, 'one', trueSteps(1));
  const fill = path.join(import.meta.dirname, '../processes/fill.ts');
  await timed(world, [process.execPath, fill, large.env.WALKBACK_LEDGER, 'sessions', String(recorded)]);
  await timed(world, [process.execPath, fill, large.env.WALKBACK_LEDGER, 'copies', String(copies)]);
  // after the copies: of this one there is one
  const names = { small: await runPlain(small, file), large: await runPlain(large, file) };
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
      `sessions: what ${count} short sessions add`,
      added(found.manySessions, found.fewSessions),
      'ms',
      { most: 50 },
      from(found.manySessions, found.fewSessions),
    ),
    limitFigure(
      'P8',
      `show: what ${count} short sessions add`,
      added(found.manyShow, found.fewShow),
      'ms',
      { most: 20 },
      from(found.manyShow, found.fewShow),
    ),
  ];
}
