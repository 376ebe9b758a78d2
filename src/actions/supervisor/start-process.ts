import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { isCode } from '../attempts/sealed-record.ts';
import type { Start } from './protocol.ts';

export interface StartedProcess {
  readonly pid: number;
  readonly onExit: (call: (exitCode: number | null, signal: NodeJS.Signals | null) => void) => void;
}

/**
 * Starts a command as the leader of its own session and group, output on a raw descriptor, no input.
 * Node learns from the new process itself whether `exec` succeeded, so "not started" is certain and not inferred from an
 * exit code; null and a call of `onFailed` where it did not. `child_process` and not execa: see docs/decisions.
 */
export function startProcess(
  start: Start,
  output: number,
  onFailed: (detail: string) => void,
): StartedProcess | null {
  const [program = '', ...rest] = start.argv;
  let child: ChildProcess;
  try {
    child = spawn(program, rest, {
      cwd: start.cwd,
      env: start.env,
      detached: true,
      stdio: ['ignore', output, output],
    });
  } catch (error) {
    onFailed(describe(start, error));
    return null;
  }
  const { pid } = child;
  // A failed start leaves no process and says why in an event.
  child.on('error', (error) => {
    if (pid === undefined) onFailed(describe(start, error));
  });
  return pid === undefined ? null : { pid, onExit: (call) => child.once('exit', call) };
}

function describe({ argv, cwd }: Start, error: unknown): string {
  const program = argv[0] ?? '';
  if (!isFolder(cwd))
    return `The folder ${cwd} is not there or may not be entered, so ${program} was not started.`;
  if (isCode(error, 'ENOENT'))
    return `There is no program ${program} (or the interpreter that it names is missing).`;
  if (isCode(error, 'EACCES')) return `${program} may not be executed.`;
  if (isCode(error, 'E2BIG'))
    return `The arguments and environment of ${program} are longer than the system allows.`;
  return `${program} could not be started: ${error instanceof Error ? error.message : String(error)}`;
}

function isFolder(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false; // whatever the reason: this runs where an error of its own would lose the outcome
  }
}
