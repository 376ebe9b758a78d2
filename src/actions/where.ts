import { OperatorError } from '../errors.ts';

/** Where a command runs, with its name filled in. What is done by hand (`browser`, `chat`) starts no process. */
export type ResolvedWhere =
  { readonly kind: 'workstation' } | { readonly kind: 'ssh' | 'pod' | 'container'; readonly name: string };

/**
 * Wraps a command in the operator's own tool for the place where it runs. Each element arrives there as it is.
 * @param env the variables that the runbook sets for the command: they do not travel by themselves. In a container only
 *   their names are seen in the process list; by ssh and in a pod the values are too, so the caller keeps secrets out.
 * @throws OperatorError where the name could be taken for an option
 */
export function wrap(
  where: ResolvedWhere,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): readonly string[] {
  if (where.kind === 'workstation') return argv;
  const name = checkName(where.kind, where.name);
  const variables = Object.entries(env);
  const inside = variables.length === 0 ? argv : ['env', ...variables.map((pair) => pair.join('=')), ...argv];
  switch (where.kind) {
    case 'ssh':
      // There is nobody to answer a prompt, and ssh joins what follows with blanks for a remote shell.
      return ['ssh', '-o', 'BatchMode=yes', '--', name, quoteForShell(inside)];
    case 'pod':
      return ['kubectl', 'exec', name, '--', ...inside];
    case 'container':
      return ['docker', 'exec', ...variables.flatMap(([variable]) => ['-e', variable]), name, ...argv];
  }
}

/** One line that a POSIX shell splits into exactly these elements. */
export function quoteForShell(argv: readonly string[]): string {
  return argv.map((element) => `'${element.replaceAll("'", String.raw`'\''`)}'`).join(' ');
}

function checkName(kind: string, name: string): string {
  if (name !== '' && !name.startsWith('-') && !/[\s\p{Cc}]/u.test(name)) return name;
  throw new OperatorError(`${JSON.stringify(name)} cannot be the name of a ${kind} to run a command in.`, [
    `Correct \`where: { ${kind}: … }\` in the runbook, or the input that it is filled from.`,
  ]);
}
