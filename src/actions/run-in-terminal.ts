import { execa } from 'execa';

/** Runs a program of the person's own (`$EDITOR`, `$PAGER`: shell words by custom) on a file; whether it ended well. */
export async function runInTerminal(
  env: Readonly<Record<string, string>>,
  program: string,
  file: string,
): Promise<boolean> {
  const { failed } = await execa('sh', ['-c', `${program} "$1"`, 'sh', file], {
    stdio: 'inherit',
    reject: false,
    env,
    extendEnv: false,
  });
  return !failed;
}
