import path from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

const parts = z.object({
  facts: z.number(),
  stepFacts: z.number(),
  load: z.number(),
  read: z.number(),
  replay: z.number(),
  transition: z.number(),
  transitionWithCan: z.number(),
});

/** P7 and P9: a runbook of 1,000 steps, walked for real, and its session made longer by facts of no step; then taken up again. */
export async function longSession(world: World): Promise<readonly Figure[]> {
  const [count, events] = world.quick ? [200, 20_000] : [1000, 100_000];
  // it stops before its last step, as a session does that is to be resumed
  const file = writeRunbook(world, 'long', [
    ...trueSteps(count),
    `{ id: look, manual: Look at it., read_only: true }`,
  ]);
  const { session } = await runPlain(world, file);
  const own = (name: string): string => path.join(import.meta.dirname, '../processes', name);
  await timed(world, [process.execPath, own('fill.ts'), world.ledger, 'events', session, String(events)]);
  const rounds: z.infer<typeof parts>[] = [];
  for (let round = 0; round < Math.min(world.rounds, 5); round += 1) {
    const { stdout } = await execa(process.execPath, [own('resume.ts'), world.ledger, session, file], {
      env: world.env,
    });
    rounds.push(parts.parse(JSON.parse(stdout)));
  }
  const over = (pick: (part: z.infer<typeof parts>) => number) => sampled(rounds.map(pick));
  const [first] = rounds;
  const resume = over(({ read, replay }) => read + replay);
  const load = over((part) => part.load);
  const transition = over((part) => part.transition);
  const withCan = over((part) => part.transitionWithCan);
  const split = `reading and verifying ${rangeText(
    over(({ read }) => read),
    'ms',
  )}, fold ${rangeText(
    over(({ replay }) => replay),
    'ms',
  )}`;
  return [
    limitFigure(
      'P7',
      `resume of ${first?.facts ?? 0} events, ${first?.stepFacts ?? 0} of steps`,
      resume.median,
      'ms',
      { most: 800 },
      split,
    ),
    limitFigure(
      'P9',
      `parse, lint, prove, compile ${count} steps`,
      load.median,
      'ms',
      { most: 500 },
      rangeText(load, 'ms'),
    ),
    limitFigure('P9', 'a transition', transition.median, 'ms', { most: 0.3 }, rangeText(transition, 'ms')),
    limitFigure(
      'P9',
      'a transition, asked for first',
      withCan.median,
      'ms',
      { most: 0.7 },
      rangeText(withCan, 'ms'),
    ),
  ];
}
