import { stat } from 'node:fs/promises';
import { execa } from 'execa';
import type { ReadyCommand } from '../../session/ports.ts';
import { whyNotRunnable } from '../attempts/runnable.ts';
import { letGoAfterwards } from '../let-go.ts';
import { abortedAnswer, known, unknown, type Answer, type Limits } from './answer.ts';
import { excerpt } from './shape-value.ts';

/**
 * Runs a read-only command and answers its exit code and what it printed. It runs in a process group of its own,
 * which is ended whole at the deadline, with whatever the command itself started.
 */
export async function measureRun(command: ReadyCommand, limits: Limits, input?: string): Promise<Answer> {
  const problem = whyNotRunnable(command);
  if (problem !== null) return unknown('not_started', problem);
  if (limits.signal.aborted) return abortedAnswer(limits.signal);
  const [program = '', ...args] = command.argv;
  const child = execa(program, args, {
    cwd: command.cwd,
    env: command.env,
    extendEnv: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    killDescendants: true,
    killSignal: 'SIGKILL',
    cancelSignal: limits.signal,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: limits.mostBytes,
  });
  const endGroup = () => child.kill('SIGKILL');
  const stop = letGoAfterwards(child.nodeChildProcess, endGroup, limits.signal);
  const result = await child;
  stop();
  endGroup();

  if (limits.signal.aborted) return abortedAnswer(limits.signal);
  if (result.isMaxBuffer) return unknown('too_large', `It printed more than ${limits.mostBytes} bytes.`);
  const { exitCode, stdout, stderr } = result;
  if (exitCode === undefined) {
    if (result.signal !== undefined) return unknown('signalled', `${program} was ended by ${result.signal}.`);
    return whyNotStarted(command, program, result.code, result.shortMessage ?? '');
  }
  if (exitCode === 127 && (program === 'sh' || command.where !== undefined)) {
    return unknown('missing_tool', excerpt(stderr));
  }
  if (exitCode === 255 && command.where?.kind === 'ssh') return unknown('connection', excerpt(stderr));
  return known(stdout.replace(/[\r\n]+$/, ''), {
    exit: exitCode,
    text: stdout.trim() === '' ? stderr : stdout,
  });
}

async function whyNotStarted(
  command: ReadyCommand,
  program: string,
  code: string | undefined,
  message: string,
): Promise<Answer> {
  if (code !== 'ENOENT') return unknown('not_started', message);
  const folder = await stat(command.cwd).catch(() => null);
  if (folder?.isDirectory() !== true)
    return unknown('not_started', `The working folder ${command.cwd} is not there.`);
  return unknown('missing_tool', `${program} is not installed, or not in PATH.`);
}
