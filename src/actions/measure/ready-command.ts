import { OperatorError } from '../../errors.ts';
import type { Command, Json } from '../../runbook/model/values.ts';
import type { Fill, ReadyCommand } from '../../session/ports.ts';

export interface Surroundings {
  /** The environment of commands; a command's own variables are added to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Looks at the scripts of a command; one that runs elsewhere becomes the one that starts it there. */
  readonly fromHere?: (command: ReadyCommand) => ReadyCommand;
}

/** A read-only command as it starts on this machine; null where it runs elsewhere and cannot be started there. */
export function readyCommand(
  command: Command,
  fill: Fill,
  { env, cwd, fromHere }: Surroundings,
): ReadyCommand | null {
  const { program, where, timeoutMs } = command;
  const text = (template: Parameters<Fill>[0]) => textOf(fill(template));
  const argv = program.kind === 'argv' ? program.argv.map(text) : ['sh', '-c', program.script];
  const own = Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, text(value)]));
  if (!('name' in where)) {
    const command = { argv, env: { ...env, ...own }, cwd, timeoutMs, readOnly: true };
    return fromHere?.(command) ?? command;
  }
  const there = { kind: where.kind, name: text(where.name) };
  const here = fromHere?.({ argv, env: own, cwd, timeoutMs, readOnly: true, where: there });
  return here === undefined ? null : { ...here, env: { ...env, ...here.env }, where: there };
}

/** One value as one argument: text as it is, all else as JSON. Throws `OperatorError` for one that is absent. */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (value === null)
    throw new OperatorError('A value that is needed here is absent.', ['Set the value, then try again.']);
  return JSON.stringify(value);
}
