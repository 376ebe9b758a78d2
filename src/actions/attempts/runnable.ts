import type { ReadyCommand } from '../../session/ports.ts';

/** Why a command cannot be started exactly as it was shown; null where it can. What cannot arrive unchanged is refused. */
export function whyNotRunnable({
  argv,
  env,
  cwd,
}: Pick<ReadyCommand, 'argv' | 'env' | 'cwd'>): string | null {
  if (argv.length === 0 || argv[0] === '') return 'The command names no program.';
  for (const [index, value] of argv.entries()) {
    const problem = whyNotPassable(value);
    if (problem !== null) return `Element ${index} of the command ${problem}.`;
  }
  for (const [name, value] of Object.entries(env)) {
    if (!/^[^=\0]+$/.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable.`;
    const problem = whyNotPassable(value);
    if (problem !== null) return `The variable ${name} ${problem}.`;
  }
  const problem = whyNotPassable(cwd);
  return problem === null ? null : `The working folder ${problem}.`;
}

function whyNotPassable(value: string): string | null {
  if (value.includes('\0')) return 'holds a NUL character, which no program can be given';
  if (!value.isWellFormed()) return 'holds half of a character pair, which would arrive changed';
  return null;
}
