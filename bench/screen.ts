import { readFileSync } from 'node:fs';
import pty from '@lydell/node-pty';
import type { World } from './world.ts';

/** A program on a pseudo-terminal of 100 × 30 whose bytes are counted, not drawn. */
export interface Screen {
  readonly pid: number;
  /** Milliseconds until the terminal has got the text, from now on; rejects after half a minute. */
  readonly until: (text: string) => Promise<number>;
  readonly press: (keys: string) => void;
  readonly bytes: () => number;
  readonly exited: Promise<number>;
  readonly kill: () => Promise<void>;
}

export function openScreen(world: World, argv: readonly string[]): Screen {
  const [program = '', ...args] = argv;
  const terminal = pty.spawn(program, args, {
    cols: 100,
    rows: 30,
    cwd: world.folder,
    env: { ...world.env },
  });
  let written = '';
  let bytes = 0;
  let heard: () => void = () => undefined;
  terminal.onData((data) => {
    written = (written + data).slice(-200_000);
    bytes += Buffer.byteLength(data);
    heard();
  });
  const exited = new Promise<number>((resolve) => {
    terminal.onExit(({ exitCode }) => resolve(exitCode));
  });
  return {
    pid: terminal.pid,
    until(text) {
      const begun = performance.now();
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          reject(
            new Error(`“${text}” did not come; the end of what did: ${JSON.stringify(written.slice(-500))}`),
          );
        }, 30_000);
        heard = () => {
          if (!written.includes(text)) return;
          clearTimeout(late);
          heard = () => undefined;
          resolve(performance.now() - begun);
        };
        heard();
      });
    },
    press(keys) {
      written = '';
      terminal.write(keys);
    },
    bytes: () => bytes,
    exited,
    async kill() {
      terminal.kill('SIGKILL');
      await exited;
    },
  };
}

const ticksASecond = 100;

/** Processor time that a process has used, in milliseconds. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /u, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksASecond) * 1000;
}
