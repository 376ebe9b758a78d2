import { execa } from 'execa';
import { OperatorError } from '../errors.ts';
import type { Clock, ReadyCommand, Redactor } from '../session/ports.ts';
import { whyNotRunnable } from './attempts/runnable.ts';
import { letGoAfterwards } from './let-go.ts';

export interface ReadOnlyRun {
  readonly command: ReadyCommand;
  /** What is kept of what it prints. */
  readonly streams: 'out' | 'both';
  readonly limitMs: number;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string>>;
  readonly redactor: Redactor;
}

/**
 * Runs a command that only reads; it is killed, with all that it started, at its limit. What got away from it is not
 * waited for. `why` is null where it ended with 0.
 */
export async function runReadOnly(
  run: ReadOnlyRun,
): Promise<{ readonly text: string; readonly why: string | null }> {
  const { command, streams, limitMs, mostBytes, signal, clock, env, redactor } = run;
  const [program = '', ...args] = command.argv;
  const ending = new AbortController();
  const stop = (): void => ending.abort('stopped');
  signal.addEventListener('abort', stop, { once: true });
  const cancel = clock.after(limitMs, () => ending.abort('limit'));
  const child = execa(program, args, {
    cwd: command.cwd,
    env: { ...env, ...command.env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    // what it started itself goes with it
    killDescendants: true,
    killSignal: 'SIGKILL',
    cancelSignal: ending.signal,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: mostBytes,
  });
  const letGo = letGoAfterwards(child.nodeChildProcess, () => child.kill('SIGKILL'), ending.signal);
  const result = await child;
  letGo();
  cancel();
  signal.removeEventListener('abort', stop);
  const text = streams === 'both' ? result.all : result.stdout;
  if (ending.signal.reason === 'limit')
    return { text, why: `killed after ${String(Math.round(limitMs / 100) / 10)} s` };
  if (ending.signal.aborted) return { text, why: 'killed: the session let go of it' };
  if (result.isMaxBuffer) return { text, why: `cut after ${String(mostBytes)} bytes` };
  if (result.exitCode === undefined) {
    const how = result.signal === undefined ? 'it could not be started' : `ended by ${result.signal}`;
    return { text, why: `${how}: ${redactor.text(result.shortMessage ?? '')}` };
  }
  return { text, why: result.exitCode === 0 ? null : `exit ${String(result.exitCode)}` };
}

/** The command as it starts here, or why it does not. */
export function startable(
  command: ReadyCommand,
  fromHere: (command: ReadyCommand) => ReadyCommand,
): ReadyCommand | string {
  try {
    const here = fromHere(command);
    return whyNotRunnable(here) ?? here;
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
}
