import type { ReadyCommand } from '../session/ports.ts';

/** The argv that runs another argv elsewhere, through the operator's own ssh, kubectl or docker. */
export function wrap(where: NonNullable<ReadyCommand['where']>, argv: readonly string[]): readonly string[] {
  switch (where.kind) {
    case 'ssh':
      // ssh hands one line to the remote shell: every element is quoted for it
      return ['ssh', '-o', 'BatchMode=yes', '--', where.name, argv.map(quoteForShell).join(' ')];
    case 'pod':
      return ['kubectl', 'exec', where.name, '--', ...argv];
    case 'container':
      return ['docker', 'exec', where.name, ...argv];
  }
}

/** One word for a POSIX shell, whatever is in it. */
export const quoteForShell = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
