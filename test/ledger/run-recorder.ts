import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const recorderFile = fileURLToPath(new URL('../fixtures/ledger/recorder.ts', import.meta.url));

export interface Recorder {
  readonly child: ChildProcess;
  /** Every line printed so far. */
  readonly lines: readonly string[];
  readonly errors: () => string;
  /** Resolves once so many lines were printed, or the process has ended. */
  printed(count: number): Promise<void>;
  /** Resolves once it has ended and everything it printed was read. */
  readonly ended: Promise<number | null>;
}

/** Starts the recorder as a process of its own, through `wrapper` (a shell, strace) where one is given. */
export function startRecorder(
  args: readonly [path: string, session: string, count: number],
  wrapper: readonly string[] = [],
): Recorder {
  const [file = '', ...rest] = [
    ...wrapper,
    process.execPath,
    '--no-warnings',
    recorderFile,
    ...args.map(String),
  ];
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  let errors = '';
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const call of waiting) call();
  };
  child.stderr.on('data', (bytes: Buffer) => {
    errors += bytes.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    tell();
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    tell();
    return code ?? null;
  });
  return {
    child,
    lines,
    errors: () => errors,
    ended,
    printed: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (lines.length < count && child.exitCode === null && child.signalCode === null) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
