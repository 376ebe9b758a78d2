import { readFile } from 'node:fs/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import { askHaproxy, tellHaproxy } from '../traffic/haproxy-socket.ts';
import { runTool } from '../traffic/run-tool.ts';
import { replaceFile } from '../traffic/write-file.ts';

export type GateState = 'open' | 'frozen';

/** The switch of a proxy that refuses writes, in its file and in what runs. */
export interface Gate {
  written(): Promise<GateState>;
  /** Null where the proxy cannot be asked: then only writes that are tried say what runs. */
  running(): Promise<GateState | null>;
  /** The file first: what is cut off after it is drift that can be seen, and a reload does the rest. */
  set(state: GateState): Promise<void>;
}

/** The one line of the file that says it: `writes open` of a map, or `set $walkback_writes open;`. */
const line = /^([ \t]*(?:writes|set[ \t]+\$walkback_writes)[ \t]+)(open|frozen)([ \t]*;?[ \t]*)$/gm;

function stateIn(text: string, file: string): GateState {
  const found = [...text.matchAll(line)];
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new OperatorError(
      `${file} has ${found.length === 0 ? 'no line' : 'more than one line'} that says whether writes pass.`,
      [
        'Write one: `writes open` in a map of HAProxy, `set $walkback_writes open;` in a file that nginx includes.',
      ],
    );
  return only[2] === 'frozen' ? 'frozen' : 'open';
}

const read = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new OperatorError(`${file} cannot be read.`, ['Name the file that the proxy reads.'], {
      exitCode: exitCode.unknown,
      cause,
    });
  });

/**
 * Every other byte of the file stays: what was open before is the same file when it is open again.
 * @returns what the file held before, and what it holds now
 */
async function write(
  file: string,
  state: GateState,
): Promise<{ readonly before: string; readonly after: string }> {
  const before = await read(file);
  if (stateIn(before, file) === state) return { before, after: before };
  const after = before.replace(line, (_all, head: string, _state, tail: string) => `${head}${state}${tail}`);
  await replaceFile(file, { before, after }, () => Promise.resolve());
  return { before, after };
}

/** A map of HAProxy, named in the runtime API as in its configuration. */
export function haproxyGate(socket: string, file: string, map: string): Gate {
  const running = async (): Promise<GateState> => {
    const answer = await askHaproxy(socket, `show map ${map}`);
    const value = /^\S+ writes (\S+)$/m.exec(answer)?.[1];
    if (value === 'open' || value === 'frozen') return value;
    throw new OperatorError(
      `HAProxy has no entry \`writes\` in the map ${map}: ${answer.split('\n')[0] ?? ''}`,
      ['Use the map in its configuration, as `walkback freeze proxy --help` says.'],
      { exitCode: exitCode.unknown },
    );
  };
  return {
    written: async () => stateIn(await read(file), file),
    running,
    async set(state) {
      await running(); // a proxy that does not know the map would not refuse anything
      await write(file, state);
      await tellHaproxy(socket, `set map ${map} writes ${state}`);
    },
  };
}

/** A file that nginx includes: it is checked with all of its configuration, and reloaded. */
export function nginxGate(
  file: string,
  check: readonly string[],
  reload: readonly string[],
  env: Readonly<Record<string, string>>,
): Gate {
  return {
    written: async () => stateIn(await read(file), file),
    running: async () => null,
    async set(state) {
      const { before, after } = await write(file, state);
      try {
        await runTool(check, env, 'The configuration is refused');
      } catch (error) {
        await replaceFile(file, { before: after, after: before }, () => Promise.resolve());
        throw error;
      }
      await runTool(reload, env, 'It does not reload');
    },
  };
}
