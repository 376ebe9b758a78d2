import { availableParallelism, loadavg } from 'node:os';
import type { Figure } from './figure.ts';
import { lineOf, summaryOf } from './figure.ts';
import { criteria } from './figures/criteria.ts';
import { longSession } from './figures/long.ts';
import { manySessions } from './figures/many-sessions.ts';
import { output } from './figures/output.ts';
import { firstFrame, flood, idle } from './figures/screen.ts';
import { shop } from './figures/shop.ts';
import { statistics } from './figures/statistics.ts';
import { starting } from './figures/starting.ts';
import { steps } from './figures/steps.ts';
import type { World } from './world.ts';
import { closeWorld, openWorld } from './world.ts';

/*
 * npm run bench [-- --quick] [-- --json] [-- P1 P3 T1 …]
 *
 * Every figure is taken side by side with what it is compared with, in this one run, on this one machine. Ratios say
 * something; milliseconds only how busy the machine was.
 */

const benches: Readonly<Record<string, (world: World) => Promise<readonly Figure[]>>> = {
  P1: starting,
  P2: firstFrame,
  P3: steps,
  P4: output,
  P5: flood,
  P6: idle,
  P7: longSession, // and P9
  P8: async (world) => [...(await manySessions(world)), ...(await statistics(world))],
  P10: shop,
  T1: criteria, // to T6
};

/** How busy the machine is: processes that compute or wait for a disk, over the last minute. */
const loadNow = (): number => loadavg()[0] ?? Number.NaN;

/** Before anything is measured the load is that of others; afterwards it is ours too. */
function loadText(before: number): string {
  const cores = availableParallelism();
  const busy = before > cores / 4;
  return `load ${before.toFixed(1)} on ${cores} processors before the first figure${
    busy ? ': others compute too, so milliseconds say little and ratios are rough' : ': the machine was quiet'
  }`;
}

async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const chosen = args.filter((arg) => /^[PT]\d+$/u.test(arg));
  const say = (line: string): void => void (json || process.stdout.write(`${line}\n`));
  const before = loadNow();
  const world = await openWorld(args.includes('--quick'));
  const figures: Figure[] = [];
  try {
    say(
      `median (min–max); Node ${process.version}${world.quick ? '; quick: few rounds, smaller sizes' : ''}`,
    );
    say(loadText(before));
    for (const [id, bench] of Object.entries(benches)) {
      if (chosen.length > 0 && !chosen.includes(id === 'P7' && chosen.includes('P9') ? 'P9' : id)) continue;
      for (const figure of await bench(world)) {
        figures.push(figure);
        say(lineOf(figure));
      }
    }
  } finally {
    await closeWorld(world);
  }
  const after = loadNow();
  say(`\n${summaryOf(figures)}\n${loadText(before)}, ${after.toFixed(1)} after the last one`);
  if (json)
    process.stdout.write(
      `${JSON.stringify({ quick: world.quick, node: process.version, load: { before, after }, figures }, null, 2)}\n`,
    );
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
