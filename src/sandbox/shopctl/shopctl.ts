import { call, fields } from '../http.ts';
import { readState, readToken, type SandboxValues } from '../state.ts';
import { alertCommands } from './alerts.ts';
import { backupCommands } from './backups.ts';
import { exits, UsageError, type Command, type Context, type Exit, type Output } from './context.ts';
import { customerCommands } from './customers.ts';
import { databaseCommands } from './database.ts';
import { eventCommands } from './events.ts';
import { freezeCommands } from './freeze.ts';
import { incidentCommands } from './incident.ts';
import { instanceCommands } from './instances.ts';
import { pipelineCommands } from './pipeline.ts';
import { settingCommands } from './settings.ts';

const whoami: Command = {
  usage: 'whoami',
  about: 'the name of the environment, once it has proved itself',
  run: (context) => {
    context.out('sandbox');
    return exits.yes;
  },
};

/** Every command, by its name. */
export const commands: Readonly<Record<string, Command>> = {
  whoami,
  ...instanceCommands,
  ...freezeCommands,
  ...databaseCommands,
  ...backupCommands,
  ...customerCommands,
  ...pipelineCommands,
  ...eventCommands,
  ...alertCommands,
  ...incidentCommands,
  ...settingCommands,
};

/** Flags that take a value; every other one stands alone. */
const valueFlags: ReadonlySet<string> = new Set([
  'to',
  'through',
  'expect',
  'mode',
  'instance',
  'severity',
  'commander',
  'volume',
]);

/** Runs one command of the shop's own tool. It works on the sandbox in `folder`, and on nothing that cannot show its token. */
export async function runShopctl(
  argv: readonly string[],
  folder: string | undefined,
  output: Output,
): Promise<Exit> {
  const [name, ...rest] = argv;
  const command = name === undefined ? undefined : commands[name];
  if (name === undefined || name === 'help' || name === '--help') {
    output.out(help());
    return name === undefined ? exits.usage : exits.yes;
  }
  if (!command) {
    output.err(`shopctl: there is no command ${name}\n${help()}`);
    return exits.usage;
  }
  const proved = await proveSandbox(folder);
  if (typeof proved === 'string') {
    output.err(`shopctl: ${proved}`);
    return exits.wrongSandbox;
  }
  try {
    return await command.run(contextOf(proved, rest, output));
  } catch (error) {
    if (error instanceof UsageError) {
      output.err(`shopctl: ${error.message}\nusage: shopctl ${command.usage}`);
      return exits.usage;
    }
    output.err(`shopctl: ${error instanceof Error ? error.message : String(error)}`);
    return exits.internal;
  }
}

function help(): string {
  const width = Math.max(
    ...Object.values(commands).map(({ usage }) => (usage.length > 44 ? 0 : usage.length)),
  );
  const lines = Object.values(commands).map(({ usage, about }) =>
    usage.length > width
      ? `  ${usage}\n  ${' '.repeat(width)}  ${about}`
      : `  ${usage.padEnd(width)}  ${about}`,
  );
  return `shopctl works on the sandbox named by WALKBACK_SANDBOX.\n${lines.join('\n')}`;
}

interface Proved {
  readonly folder: string;
  readonly token: string;
  readonly values: SandboxValues;
}

/** The sandbox, once it has answered with the token that lies in its folder; else why it is refused. */
async function proveSandbox(folder: string | undefined): Promise<Proved | string> {
  if (folder === undefined || folder === '')
    return 'refused: WALKBACK_SANDBOX is not set, so no sandbox is named';
  const token = readToken(folder);
  const values = readState(folder)?.values ?? null;
  if (token === null || values === null) return `refused: ${folder} is not a sandbox that is up`;
  const answer = await call(`${values.platform}/token-proof`, { timeoutMs: 3_000 }).catch(() => null);
  if (answer === null) return `refused: the sandbox in ${folder} does not answer`;
  if (fields(answer.text)['token'] !== token)
    return `refused: what answers for ${folder} does not hold its token`;
  return { folder, token, values };
}

function contextOf({ folder, token, values }: Proved, rest: readonly string[], output: Output): Context {
  const { args, flags } = parseArguments(rest);
  return {
    ...output,
    folder,
    values,
    args,
    json: flags.get('json') === true,
    flag: (name) => flags.get(name),
    api: (method, path, body) =>
      call(`${values.platform}${path}`, {
        method,
        headers: { 'x-sandbox-token': token },
        timeoutMs: 30_000,
        ...(body === undefined ? {} : { body }),
      }),
    now: async () => Number(fields((await call(`${values.platform}/clock`)).text)['domainMs']),
  };
}

function parseArguments(rest: readonly string[]): {
  readonly args: readonly string[];
  readonly flags: ReadonlyMap<string, string | true>;
} {
  const args: string[] = [];
  const flags = new Map<string, string | true>();
  const words = [...rest];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^--([a-z-]+)(?:=(.*))?$/.exec(word);
    const name = match?.[1];
    if (name === undefined) args.push(word);
    else if (match?.[2] !== undefined) flags.set(name, match[2]);
    else flags.set(name, valueFlags.has(name) ? (words.shift() ?? true) : true);
  }
  return { args, flags };
}
