import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';
import type { DownResult } from './down.ts';

export interface GenericQuestion {
  /** Prints the version of the schema on its last line, read from the database. */
  readonly stateCommand: readonly string[];
  /** Takes one change back. */
  readonly downCommand: readonly string[];
  /** Exits 0 where the schema is right; null where nothing tells. */
  readonly verifyCommand: readonly string[] | null;
  readonly to: string;
  /** More than this is not a way down but a circle. */
  readonly mostSteps: number;
  readonly cwd: string;
  /** Also carries lock_timeout and statement_timeout in PGOPTIONS. */
  readonly env: Readonly<Record<string, string>>;
  readonly tell: (text: string) => void;
}

/**
 * Any migration tool that can say its version and take one change back: the version is read before and after each step, and
 * a step that leaves it as it was is no step.
 */
export async function genericDown(question: GenericQuestion): Promise<DownResult> {
  const { to } = question;
  const from = await genericState(question);
  const done: string[] = [];
  let at = from;
  const seen = new Set([from]);
  const ended = (code: DownResult['code'], why: string | null): DownResult => ({
    from,
    to,
    at,
    done,
    left: code === 'done' ? [] : ['what the tool has between here and there'],
    code,
    why,
    leftTakes: [],
    doneTook: [],
  });
  while (at !== to) {
    if (done.length >= question.mostSteps)
      return ended('unknown_target', `After ${question.mostSteps} steps the schema is at ${at}, and ${to} did not come.`);
    const step = await run(question, question.downCommand);
    const before = at;
    at = await genericState(question);
    if (step.code !== 0) {
      const code = /lock timeout/.test(step.text) ? 'lock_timeout' : 'script_failed';
      return ended(at === before ? code : 'half_done', step.text);
    }
    if (at === before) return ended('not_reverted', `The command ended well, and the schema is at ${at} as before.`);
    if (seen.has(at)) return ended('not_reverted', `The schema went from ${before} to ${at}, where it was already.`);
    seen.add(at);
    done.push(before);
    question.tell(`reverted ${before}: the schema is at ${at}`);
  }
  const verified = question.verifyCommand === null ? null : await run(question, question.verifyCommand);
  return verified === null || verified.code === 0 ? ended('done', null) : ended('verify_failed', verified.text);
}

/** @throws OperatorError where the command does not say a version: then it is unknown */
export async function genericState(
  question: Pick<GenericQuestion, 'stateCommand' | 'cwd' | 'env'>,
): Promise<string> {
  const { code, text } = await run(question, question.stateCommand);
  const version = text.split('\n').at(-1)?.trim() ?? '';
  if (code === 0 && version !== '') return version;
  throw new OperatorError(`\`${question.stateCommand.join(' ')}\` says no version: ${text}`, [
    'See that it prints the version of the schema on its last line and exits 0.',
  ], { exitCode: exitCode.unknown });
}

async function run(
  { cwd, env }: Pick<GenericQuestion, 'cwd' | 'env'>,
  argv: readonly string[],
): Promise<{ readonly code: number | null; readonly text: string }> {
  const [program = '', ...args] = argv;
  const ended = await execa(program, args, { cwd, env, extendEnv: false, reject: false, all: true, stdin: 'ignore' });
  return { code: ended.exitCode ?? null, text: (ended.all === '' ? (ended.message ?? '') : ended.all).trim() };
}
