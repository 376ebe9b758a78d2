import { spawnSync } from 'node:child_process';
import type { Marks, ProcessMark } from './process-mark.ts';

/** The process table where there is no `/proc` (macOS): slower, and read with `ps`. */

const run = (command: string, argv: readonly string[]): string =>
  spawnSync(command, argv, {
    encoding: 'utf8',
    timeout: 5_000,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  }).stdout;

export function psBootId(): string {
  return run('sysctl', ['-n', 'kern.bootsessionuuid']).trim();
}

export function psStartOf(pid: number): string | null {
  const [state = '', ...start] = run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
    .trim()
    .split(/\s+/);
  return state === '' || state.startsWith('Z') ? null : start.join(' ');
}

/** `ps` prints the environment after the command; what a process hides there cannot be found. */
export function psMarkedProcesses(marks: Marks): readonly ProcessMark[] {
  return run('ps', ['axeww', '-o', 'pid=,command='])
    .split('\n')
    .filter((line) =>
      [`WALKBACK_ATTEMPT=${marks.attempt}`, `WALKBACK_SESSION=${marks.session}`].every((mark) =>
        `${line} `.includes(` ${mark} `),
      ),
    )
    .flatMap((line) => {
      const pid = Number.parseInt(line, 10);
      const start = psStartOf(pid);
      return start === null ? [] : [{ pid, start }];
    });
}
