import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { limitFigure, percentile, rangeText, ratioFigure, sampled } from '../figure.ts';
import type { Screen } from '../screen.ts';
import { openScreen, processorMs } from '../screen.ts';
import type { World } from '../world.ts';
import { interleaved, writeRunbook } from '../world.ts';

const waiting = `{ id: look, manual: Look at it., read_only: true }`;
const flooding = `{ id: flood, run: [sh, -c, 'while :; do seq 1 2000; done'], read_only: true, timeout: 5m }`;

const runIn = (world: World, file: string): Screen =>
  openScreen(world, [process.execPath, world.launcher, 'run', file]);

/** P2: from the start of the program to the first frame with the runbook's title in it. */
export async function firstFrame(world: World): Promise<readonly Figure[]> {
  const empty = path.join(world.folder, 'empty.cjs');
  writeFileSync(empty, '');
  const file = writeRunbook(world, 'waiting', [waiting]);
  const found = await interleaved(Math.min(world.rounds, 5), {
    empty: async () => {
      const begun = performance.now();
      await openScreen(world, [process.execPath, empty]).exited;
      return performance.now() - begun;
    },
    first: async () => {
      const screen = runIn(world, file);
      const took = await screen.until('Bench of waiting');
      await screen.kill();
      return took;
    },
  });
  return [
    ratioFigure(
      'P2',
      'first frame of the session screen',
      { name: 'first frame', values: found.first },
      { name: 'empty Node', values: found.empty },
      4.5,
    ),
  ];
}

/** P5: keys, processor and bytes while a child floods the output. */
export async function flood(world: World): Promise<readonly Figure[]> {
  const screen = runIn(world, writeRunbook(world, 'flood', [flooding]));
  try {
    await screen.until('2000');
    await pause(2000);
    const spent = { ms: processorMs(screen.pid), bytes: screen.bytes(), at: performance.now() };
    await pause(world.quick ? 3000 : 10_000);
    const seconds = (performance.now() - spent.at) / 1000;
    const processor = (processorMs(screen.pid) - spent.ms) / seconds / 10;
    const rate = (screen.bytes() - spent.bytes) / seconds / 1000;
    const keys: number[] = [];
    for (let round = 0; round < (world.quick ? 10 : 50); round += 1) {
      screen.press('?');
      keys.push(await screen.until('Esc back'));
      screen.press('\u001B');
      await screen.until('leave');
    }
    const from = rangeText(sampled(keys), 'ms');
    return [
      limitFigure('P5', 'key to frame under a flood, p50', percentile(keys, 0.5), 'ms', { most: 20 }, from),
      limitFigure('P5', 'key to frame under a flood, p99', percentile(keys, 0.99), 'ms', { most: 50 }, from),
      limitFigure(
        'P5',
        'processor of the screen',
        processor,
        '% of a core',
        { most: 25 },
        `over ${seconds.toFixed(1)} s`,
      ),
      limitFigure('P5', 'bytes to the terminal', rate, 'KB/s', { most: 40 }, `over ${seconds.toFixed(1)} s`),
    ];
  } finally {
    await screen.kill();
  }
}

/** P6: the screen while it waits for a person. */
export async function idle(world: World): Promise<readonly Figure[]> {
  const screen = runIn(world, writeRunbook(world, 'idle', [waiting]));
  try {
    await screen.until('Look at it');
    await pause(3000);
    const spent = { ms: processorMs(screen.pid), bytes: screen.bytes(), at: performance.now() };
    await pause(world.quick ? 5000 : 20_000);
    const seconds = (performance.now() - spent.at) / 1000;
    const over = `over ${seconds.toFixed(1)} s`;
    const processor = (processorMs(screen.pid) - spent.ms) / seconds / 10;
    const rate = (screen.bytes() - spent.bytes) / seconds;
    return [
      limitFigure('P6', 'processor of the screen, idle', processor, '% of a core', { most: 1 }, over),
      limitFigure('P6', 'bytes to the terminal, idle', rate, 'B/s', { most: 1000 }, over),
    ];
  } finally {
    await screen.kill();
  }
}
