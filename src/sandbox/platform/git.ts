import { execFile } from 'node:child_process';

export type Git = (...args: readonly string[]) => Promise<string>;

/** The real git, kept away from the user's own configuration. */
export function gitIn(folder: string, environment: Readonly<Record<string, string>>): Git {
  return (...args) =>
    new Promise((resolve, reject) => {
      execFile(
        'git',
        [...args],
        { cwd: folder, env: { ...environment, ...isolation }, timeout: 20_000 },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`git ${args.join(' ')}: ${stderr.trim() || error.message}`));
          else resolve(stdout.trim());
        },
      );
    });
}

const isolation = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Shop team',
  GIT_AUTHOR_EMAIL: 'team@shop.example',
  GIT_COMMITTER_NAME: 'Shop team',
  GIT_COMMITTER_EMAIL: 'team@shop.example',
} as const;
