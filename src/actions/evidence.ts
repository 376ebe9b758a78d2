import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { OperatorError } from '../errors.ts';
import type { Clock, CapturedEvidence, EvidenceKeeper, ReadyCommand, Redactor } from '../session/ports.ts';
import { whyNotRunnable } from './attempts/runnable.ts';
import type { OpenMeasurer } from './measure/measurer.ts';
import { rowsText } from './measure/rows.ts';
import { sanitiseText } from './sanitise.ts';

export interface EvidenceOptions {
  /** The session's own folder, readable by this person only. */
  readonly folder: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly env: Readonly<Record<string, string>>;
  /** Looks at the scripts of a command; one that runs elsewhere becomes the one that starts it there. */
  readonly fromHere: (command: ReadyCommand) => ReadyCommand;
  /** Reads the rows of a query. */
  readonly rows: OpenMeasurer['rows'];
  /** Most that is kept of one item; 8 MB unless given. */
  readonly mostBytes?: number;
}

const nothing = createHash('sha256').digest('hex');

/** Files that nobody expects beside one name. */
const mostTries = 100;

/** Evidence in `evidence/` of the session's folder: 0600, secrets masked, nothing in it that drives a terminal. */
export function openEvidenceKeeper(options: EvidenceOptions): EvidenceKeeper {
  const { folder, clock, redactor, env, fromHere, rows, mostBytes = 8_000_000 } = options;

  async function printed(
    command: ReadyCommand,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly why: string | null }> {
    const [program = '', ...args] = command.argv;
    const ending = new AbortController();
    const stop = (): void => ending.abort('stopped');
    signal.addEventListener('abort', stop, { once: true });
    const cancel = clock.after(limitMs, () => ending.abort('limit'));
    const child = execa(program, args, {
      cwd: command.cwd,
      env: { ...env, ...command.env },
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      // what it started itself goes with it
      killDescendants: true,
      killSignal: 'SIGKILL',
      cancelSignal: ending.signal,
      reject: false,
      stripFinalNewline: false,
      maxBuffer: mostBytes,
    });
    const result = await child;
    cancel();
    signal.removeEventListener('abort', stop);
    const text = result.all;
    if (ending.signal.reason === 'limit') {
      return { text, why: `killed after ${String(Math.round(limitMs / 100) / 10)} s` };
    }
    if (ending.signal.aborted) return { text, why: 'killed: the session let go of it' };
    if (result.isMaxBuffer) return { text, why: `cut after ${String(mostBytes)} bytes` };
    if (result.exitCode === undefined) {
      const how = result.signal === undefined ? 'it could not be started' : `ended by ${result.signal}`;
      return { text, why: `${how}: ${redactor.text(result.shortMessage ?? '')}` };
    }
    return { text, why: result.exitCode === 0 ? null : `exit ${String(result.exitCode)}` };
  }

  function keep(
    id: string,
    ending: 'txt' | 'jsonl',
    text: string,
  ): { readonly file: string; readonly bytes: Buffer } {
    const bytes = Buffer.from(sanitiseText(redactor.text(text)), 'utf8');
    mkdirSync(join(folder, 'evidence'), { recursive: true, mode: 0o700 });
    for (let attempt = 1; ; attempt += 1) {
      const file = join('evidence', attempt === 1 ? `${id}.${ending}` : `${id}-${String(attempt)}.${ending}`);
      try {
        writeFileSync(join(folder, file), bytes, { flag: 'wx', mode: 0o600, flush: true });
        return { file, bytes };
      } catch (error) {
        const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
        if (!taken || attempt === mostTries) throw error;
      }
    }
  }

  /** Evidence never stands in the way: where it could not be kept, that is on record. */
  function kept(id: string, ending: 'txt' | 'jsonl', text: string, partial: boolean, detail: string) {
    try {
      const { file, bytes } = keep(id, ending, text);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { file, sha256, bytes: bytes.length, partial, detail };
    } catch (error) {
      return lost(`it could not be kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The command as it starts here, or why it does not. */
  function startable(command: ReadyCommand): ReadyCommand | string {
    try {
      const here = fromHere(command);
      return whyNotRunnable(here) ?? here;
    } catch (error) {
      if (error instanceof OperatorError) return error.message;
      throw error;
    }
  }

  return {
    async capture(id, command, limitMs, signal): Promise<CapturedEvidence> {
      const here = startable(command);
      if (typeof here === 'string') return lost(here);
      const { text, why } = await printed(here, limitMs, signal);
      return kept(id, 'txt', text, why !== null, why ?? '');
    },
    async captureRows(id, probe, fill, limitMs, signal): Promise<CapturedEvidence> {
      const answer = await rows(probe, fill, limitMs, signal);
      if (!answer.ok) return lost(`${answer.code}: ${answer.detail}`);
      const count = `${String(answer.rows.length)} ${answer.rows.length === 1 ? 'row' : 'rows'}`;
      const detail = answer.cut === null ? count : `${count}: ${answer.cut}`;
      return kept(id, 'jsonl', rowsText(answer), answer.cut !== null, detail);
    },
  };
}

const lost = (detail: string): CapturedEvidence => ({
  file: '',
  sha256: nothing,
  bytes: 0,
  partial: true,
  detail,
});
