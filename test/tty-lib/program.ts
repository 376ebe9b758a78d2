import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../cli/built-program.ts';
import type { Machine } from '../cli/walkback.ts';
import { openMachine, until } from '../cli/walkback.ts';
import { openTerminal } from './terminal.ts';
import type { TestTerminal } from './terminal.ts';

export interface ScreenOptions {
  readonly cols?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface FoundProcess {
  readonly pid: number;
  readonly command: string;
  /** The session it works for, where it was started for one: an agent, a supervisor, a command. */
  readonly session: string | null;
}

/** A machine of its own on which people sit at real terminals, on the full screen. */
export interface Desk extends Omit<Machine, 'processes'> {
  readonly launcher: string;
  /** The program itself at a terminal. */
  readonly screen: (args: readonly string[], options?: ScreenOptions) => TestTerminal;
  /** Any other program at a terminal of this machine. */
  readonly terminal: (command: string, args: readonly string[], options?: ScreenOptions) => TestTerminal;
  /** Every process of this machine, commands and supervisors among them: by the home in their environment. */
  readonly processes: () => readonly FoundProcess[];
}

export async function openDesk(): Promise<Desk> {
  const machine = await openMachine();
  const launcher = await builtProgram();
  const terminals: TestTerminal[] = [];
  // only the machine's own variables: what the tests run in must not show
  const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  const processes = (): readonly FoundProcess[] => processesAt(machine.env['HOME'] ?? '');

  function terminal(command: string, args: readonly string[], options: ScreenOptions = {}): TestTerminal {
    const { env, ...size } = options;
    const opened = openTerminal({
      command,
      args,
      cwd: machine.folder,
      env: { ...nothing, ...machine.env, TERM: 'xterm-256color', ...env },
      ...size,
    });
    terminals.push(opened);
    return opened;
  }

  return {
    ...machine,
    launcher,
    terminal,
    screen: (args, options) => terminal(process.execPath, [launcher, ...args], options),
    processes,
    async remove() {
      await Promise.all(terminals.map((one) => one.kill()));
      await killAll(processes);
      await machine.remove();
    },
  };
}

/** Kills every process that is listed, until none is: one that is killed may have been starting another. */
export async function killAll(list: () => readonly FoundProcess[]): Promise<void> {
  await until(() => {
    const left = list();
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it ended by itself
      }
    }
    return left.length === 0;
  }, 'every process to end');
}

function processesAt(home: string): readonly FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const entries = own(name, 'environ');
      if (!entries.includes(`HOME=${home}`)) return [];
      const session = entries.find((entry) => entry.startsWith('WALKBACK_SESSION='))?.split('=')[1] ?? null;
      return [{ pid: Number(name), command: own(name, 'cmdline').join(' ').trim(), session }];
    });
}

function own(pid: string, file: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return []; // it has ended meanwhile
  }
}

/** A file of the machine's working folder. */
export const inFolder = ({ folder }: Pick<Machine, 'folder'>, name: string): string => join(folder, name);
