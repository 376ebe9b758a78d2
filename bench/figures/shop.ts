import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findSandboxProcesses } from '../../src/sandbox/leftovers.ts';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { timed } from '../world.ts';

/** P10: the practice shop. */
export async function shop(world: World): Promise<readonly Figure[]> {
  const ours = (...args: readonly string[]) =>
    timed(world, [process.execPath, world.launcher, 'sandbox', ...args]);
  const folder = path.join(world.folder, 'data', 'walkback', 'sandbox');
  const [ups, keeps, backs, sizes]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < (world.quick ? 1 : 3); round += 1) {
    ups.push(await ours('up'));
    keeps.push(await ours('snapshot'));
    backs.push(await ours('restore'));
    sizes.push(findSandboxProcesses(folder, null).reduce((sum, pid) => sum + ownMegabytes(pid), 0));
    await ours('down');
  }
  const figure = (what: string, values: readonly number[], unit: string, most: number): Figure =>
    limitFigure('P10', what, sampled(values).median, unit, { most }, rangeText(sampled(values), unit));
  return [
    figure('sandbox up', ups, 'ms', 3000),
    figure('sandbox snapshot', keeps, 'ms', 2000),
    figure('sandbox restore', backs, 'ms', 2000),
    figure('memory of the whole shop (shared pages once)', sizes, 'MB', 300),
  ];
}

/** What a process has for itself plus its share of what it has with others (proportional set size). */
function ownMegabytes(pid: number): number {
  try {
    return (
      Number(/^Pss:\s+(\d+) kB/mu.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1000
    );
  } catch {
    return 0; // it has ended
  }
}
