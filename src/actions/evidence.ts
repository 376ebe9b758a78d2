import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, CapturedEvidence, EvidenceKeeper, ReadyCommand, Redactor } from '../session/ports.ts';
import { runReadOnly, startable } from './run-read-only.ts';
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

  return {
    async capture(id, command, limitMs, signal): Promise<CapturedEvidence> {
      const here = startable(command, fromHere);
      if (typeof here === 'string') return lost(here);
      const { text, why } = await runReadOnly({
        command: here,
        streams: 'both',
        limitMs,
        mostBytes,
        signal,
        clock,
        env,
        redactor,
      });
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
