import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from '../figure.ts';
import { ratioFigure } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

/** Appends one event and syncs it after each of `$1` steps: the least that a durable script does. */
const script = `set -e
for ((step = 0; step < $1; step += 1)); do
  /bin/true
  printf '{"step":%d,"exit":0}\\n' "$step" >>"$2"
  sync -d "$2"
done
`;

/** P3: what one more step costs, intent and outcome on disk, without a terminal. */
export async function steps(world: World): Promise<readonly Figure[]> {
  const [few, many] = world.quick ? [10, 60] : [20, 220];
  const bash = path.join(world.folder, 'steps.sh');
  writeFileSync(bash, script);
  const [small, large] = [few, many].map((count) => writeRunbook(world, `steps${count}`, trueSteps(count)));
  const log = path.join(world.folder, 'events.jsonl');
  const scripted = (count: number) => () => timed(world, ['bash', bash, String(count), log]);
  const found = await interleaved(Math.min(world.rounds, 5), {
    few: async () => (await runPlain(world, small ?? '')).ms,
    bashFew: scripted(few),
    many: async () => (await runPlain(world, large ?? '')).ms,
    bashMany: scripted(many),
  });
  const each = (a: readonly number[], b: readonly number[]): readonly number[] =>
    b.map((value, at) => (value - (a[at] ?? Number.NaN)) / (many - few));
  return [
    ratioFigure(
      'P3',
      `a further step (${many} steps less ${few})`,
      { name: 'walkback', values: each(found.few, found.many) },
      { name: 'bash with sync', values: each(found.bashFew, found.bashMany) },
      1,
    ),
  ];
}
