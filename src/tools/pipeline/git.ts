import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';

export interface GitAnswer {
  readonly ok: boolean;
  readonly out: string;
  readonly err: string;
}

/** Asks git about one repository. Nothing is changed but objects that `fetch` brings. */
export type Git = (
  args: readonly string[],
  more?: { readonly input?: string; readonly index?: string },
) => Promise<GitAnswer>;

/** The operator's own git, which neither asks for a password nor runs hooks nor speaks another language. */
export function gitIn(folder: string, env: Readonly<Record<string, string>>): Git {
  return async (args, { input, index } = {}) => {
    const result = await execa('git', ['-c', 'core.hooksPath=/dev/null', '-C', folder, ...args], {
      env: {
        ...env,
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
      },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false, // a patch ends with its newline
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    if (result.code === 'ENOENT')
      throw new OperatorError('git is not installed, or not in PATH.', ['Install git.'], {
        exitCode: exitCode.unknown,
      });
    return { ok: result.exitCode === 0, out: result.stdout, err: result.stderr.trim() };
  };
}

/** What git answered, or an error that says that nobody can tell. */
export async function asked(git: Git, args: readonly string[], what: string): Promise<string> {
  const { ok, out, err } = await git(args);
  if (ok) return out;
  throw cannotTell(what, err);
}

/** Unknown is never good: an answer that could not be had is no answer. */
export const cannotTell = (what: string, detail: string): OperatorError =>
  new OperatorError(`${what}${detail === '' ? '' : `: ${detail}`}`, ['Look at the repository by hand.'], {
    exitCode: exitCode.unknown,
  });
