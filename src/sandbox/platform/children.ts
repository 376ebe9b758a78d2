import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';

/** How the platform starts the other processes: itself again, in another role. */
export interface Launcher {
  /** Starts a process, hands it its first message and waits until it answers that it is ready. */
  start(role: string, name: string, message: unknown): Promise<Child>;
}

export interface Child {
  readonly process: ChildProcess;
  /** What the process answered when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly exited: Promise<void>;
  /** Asks it to end, and ends it after a second. */
  stop(): Promise<void>;
}

const readyWithinMs = 15_000;

/** Children hold an IPC channel to the platform and go when it breaks: a killed platform leaves nothing behind. */
export function launcher(folder: string, runtime: string, entry: string, path_: string): Launcher {
  return {
    async start(role, name, message) {
      const log = openSync(path.join(folder, 'log', `${name}.log`), 'a');
      const child = spawn(runtime, [...memoryFlags(1), entry, role, name], {
        stdio: ['ignore', log, log, 'ipc'],
        cwd: folder,
        env: { PATH: path_, HOME: folder, WALKBACK_SANDBOX: folder, WALKBACK_SANDBOX_ROLE: role },
      });
      closeSync(log);
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      const ready = await firstMessage(child, name, message);
      return { process: child, ready, exited, stop: () => stop(child, exited) };
    },
  };
}

/**
 * Small heaps: the whole shop has to fit in 300 MB.
 * @param youngMb of young objects before they are collected; too little costs a quarter of the time of a busy process
 */
export const memoryFlags = (youngMb: number): readonly string[] => [
  '--max-old-space-size=96',
  `--max-semi-space-size=${youngMb}`,
  '--no-warnings',
];

function firstMessage(
  child: ChildProcess,
  name: string,
  message: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const give = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${name} did not start: ${why}`));
    };
    const timer = setTimeout(() => give('it did not answer in time'), readyWithinMs);
    child.once('error', (error) => give(error.message));
    const ended = (code: number | null): void => give(`it ended with ${String(code)}`);
    child.once('exit', ended);
    child.once('message', (answer: Readonly<Record<string, unknown>>) => {
      if (answer['type'] !== 'ready') {
        give(String(answer['why']));
        return;
      }
      clearTimeout(timer);
      child.removeListener('exit', ended);
      child.on('error', () => {
        // a message to a process that has just ended: its exit is seen elsewhere
      });
      resolve(answer);
    });
    child.send(message as object);
  });
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 1_000);
  await exited;
  clearTimeout(timer);
}
