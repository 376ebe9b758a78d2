import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { limitFigure, rangeText, ratioFigure, sampled } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

/** P4: a step that prints 80 MB. */
export async function output(world: World): Promise<readonly Figure[]> {
  const lines = world.quick ? 200_000 : 1_000_000;
  const megabytes = (lines * 80) / 1_000_000;
  const printing = `seq -f '%079.0f' ${lines}`;
  const times = path.join(world.folder, 'printing.times');
  const timing = `a=$EPOCHREALTIME; ${printing}; echo $a $EPOCHREALTIME > ${times}`;
  const loud = writeRunbook(world, 'loud', [
    `{ id: print, run: [bash, -c, ${JSON.stringify(timing)}], read_only: true, timeout: 5m }`,
  ]);
  const quiet = writeRunbook(world, 'quiet', trueSteps(1));
  const file = path.join(world.folder, 'printed');
  const peaks: number[] = [];
  const inStep: number[] = [];
  const found = await interleaved(world.quick ? 2 : 5, {
    direct: () => timed(world, ['bash', '-c', `${printing} > ${file}`]),
    quiet: async () => (await runPlain(world, quiet)).ms,
    loud: async () => {
      const watched = watchPeak();
      const { ms } = await runPlain(world, loud, watched.follow);
      peaks.push(await watched.done());
      const [from = 0, to = 0] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
      inStep.push((to - from) * 1000);
      return ms;
    },
  });
  if (statSync(file).size !== lines * 80)
    throw new Error('the printing command did not print what it should');
  // what the printing adds to a session, and never less than the printing itself took (there the first round is in the list)
  const rates = found.loud.map((ms, at) => {
    const added = Math.max(ms - sampled(found.quiet).median, inStep[at + 1] ?? 0);
    return megabytes / (added / 1000);
  });
  const rate = sampled(rates);
  const peak = sampled(peaks);
  return [
    ratioFigure(
      'P4',
      `printing ${lines.toLocaleString('en')} lines as a step`,
      { name: 'in the step', values: inStep.slice(1) },
      { name: 'cmd > file', values: found.direct },
      1.2,
    ),
    limitFigure('P4', 'its output ingested', rate.median, 'MB/s', { least: 60 }, rangeText(rate, 'MB/s')),
    limitFigure('P4', 'largest memory of the host', peak.median, 'MB', { most: 150 }, rangeText(peak, 'MB')),
  ];
}

/** The largest resident size that a process ever had, read while it lives. */
function watchPeak(): { readonly follow: (pid: number) => void; readonly done: () => Promise<number> } {
  let peak = Number.NaN;
  let over = false;
  let watching: Promise<void> = Promise.resolve();
  const watch = async (pid: number): Promise<void> => {
    while (!over) {
      try {
        const kilobytes = /VmHWM:\s+(\d+) kB/u.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
        if (kilobytes !== undefined) peak = Number(kilobytes) / 1000;
      } catch {
        return; // it has ended
      }
      await pause(50);
    }
  };
  return {
    follow: (pid) => {
      watching = watch(pid);
    },
    done: async () => {
      over = true;
      await watching;
      return peak;
    },
  };
}
