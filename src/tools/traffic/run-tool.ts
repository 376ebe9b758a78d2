import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';

const timeoutMs = 20_000;

/** Runs the proxy's own program; what it refuses is an answer of no, and what cannot run is unknown. */
export async function runTool(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  refusal: string,
): Promise<void> {
  const [program = '', ...words] = argv;
  const result = await execa(program, words, {
    env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    all: true,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  if (result.code === 'ENOENT')
    throw new OperatorError(
      `${program} is not installed, or not in PATH.`,
      [`Install ${program}, or name it.`],
      {
        exitCode: exitCode.unknown,
      },
    );
  if (result.timedOut)
    throw new OperatorError(
      `${argv.join(' ')} did not end within ${timeoutMs / 1000} s.`,
      ['Look at it by hand.'],
      {
        exitCode: exitCode.unknown,
      },
    );
  if (result.exitCode !== 0)
    throw new OperatorError(
      `${refusal}: ${lastLines(result.all)}`,
      ['Mend what it names; nothing was switched.'],
      {
        exitCode: exitCode.failed,
      },
    );
}

const lastLines = (text: string): string =>
  text
    .trim()
    .split('\n')
    .slice(-3)
    .map((line) => line.trim())
    .join(' · ');
