import path from 'node:path';
import process from 'node:process';
import { OperatorError } from '../../src/errors.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { printError } from '../../src/cli/print-error.ts';

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly warned: string;
  readonly json: () => unknown;
}

/** Calls a command of the program in this process, as the command line does, with this environment. */
export async function walkback(
  env: Readonly<Record<string, string>>,
  ...argv: readonly string[]
): Promise<Said> {
  const out: string[] = [];
  const warned: string[] = [];
  const around: Surroundings = {
    env,
    cwd: process.cwd(),
    user: 'ada',
    uid: 0,
    isTerminal: false,
    columns: 100,
    rows: 40,
    dataFolder: '/nonexistent',
    ledgerPath: env['WALKBACK_LEDGER'] ?? '/nonexistent/ledger.db',
    sessionsFolder: '/nonexistent',
    runtimeFolder: undefined,
    temporaryFolder: '/nonexistent',
    systemFolder: '/nowhere',
    programFolder: path.resolve(import.meta.dirname, '../../src/cli'),
    runtime: process.execPath,
    write: (text) => void out.push(text),
    warn: (text) => void warned.push(text),
  };
  const before = process.exitCode;
  process.exitCode = undefined;
  let code: number;
  try {
    const program = await buildProgram(around, argv);
    await program.parseAsync(argv, { from: 'user' });
    code = exitCodeNow();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    code = printError(error, around.warn);
  } finally {
    process.exitCode = before;
  }
  const text = out.join('');
  return { code, out: text, warned: warned.join(''), json: () => JSON.parse(text) as unknown };
}

const exitCodeNow = (): number => Number(process.exitCode);
