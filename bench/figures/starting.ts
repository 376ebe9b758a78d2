import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from '../figure.ts';
import { ratioFigure } from '../figure.ts';
import type { World } from '../world.ts';
import { interleaved, runPlain, timed, trueSteps, writeRunbook } from '../world.ts';

const systemNode = '/usr/bin/node';

/** P1: what it costs to start, beside a Node that does nothing. */
export async function starting(world: World): Promise<readonly Figure[]> {
  const empty = path.join(world.folder, 'empty.cjs');
  writeFileSync(empty, '');
  const small = writeRunbook(world, 'small', trueSteps(3));
  const { session } = await runPlain(world, small);
  const ours = (...args: readonly string[]) => timed(world, [process.execPath, world.launcher, ...args]);
  // an older Node loads only the launcher, which starts the runtime that came with the program
  const onSystemNode =
    (...argv: readonly string[]) =>
    async () =>
      existsSync(systemNode) ? timed(world, [systemNode, ...argv]) : Number.NaN;
  const found = await interleaved(world.rounds, {
    empty: () => timed(world, [process.execPath, empty]),
    version: () => ours('--version'),
    sessions: () => ours('sessions'),
    show: () => ours('show', session),
    run: async () => (await runPlain(world, small)).ms,
    launcher: onSystemNode(world.launcher, '--version'),
    systemEmpty: onSystemNode(empty),
  });
  const emptyNode = { name: 'empty Node', values: found.empty };
  const figure = (name: string, values: readonly number[], most: number | null): Figure =>
    ratioFigure('P1', name, { name, values }, emptyNode, most);
  return [
    figure('--version', found.version, 1.5),
    figure('sessions', found.sessions, 2.2),
    figure('show', found.show, 2.2),
    figure('a session of three steps, to its end', found.run, null),
    ratioFigure(
      'P1',
      'the launcher under the system’s Node',
      { name: '--version there', values: found.launcher },
      { name: 'empty system Node', values: found.systemEmpty },
      null,
    ),
  ];
}
