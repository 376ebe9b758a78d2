import { exitCode } from '../../errors.ts';
import type { ChainRow } from '../../ledger/chain.ts';
import { redact } from '../../ledger/rows.ts';
import { exportJson } from '../../report/json.ts';
import { exportJsonl } from '../../report/jsonl.ts';
import { postmortemMarkdown } from '../../report/postmortem.ts';
import { readRecord, recordMeant } from '../record.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';
import { lineOf } from './verify.ts';

export interface ExportFlags {
  readonly format: 'md' | 'json' | 'jsonl';
  readonly redacted?: true;
  readonly names?: true;
}

/** `walkback export`: the document goes to standard output. */
export function exportSession(around: Surroundings, given: string | undefined, flags: ExportFlags): number {
  if (flags.format === 'jsonl') return exportRows(around, given, flags.redacted === true);
  const { id, outcome, events, verified, output, ledger } = readRecord(around, given);
  const session = { id, outcome };
  const program = `walkback ${version}`;
  switch (flags.format) {
    case 'md':
      around.write(
        postmortemMarkdown({
          session,
          events,
          output,
          verified,
          program,
          names: flags.names === true ? 'real' : 'roles',
        }),
      );
      break;
    case 'json':
      around.write(exportJson({ session, events, verified, program }));
  }
  ledger.close();
  return exitCode.done;
}

/** The rows as they are chained; of a broken chain, those before the break: they are all that can be believed. */
function exportRows(around: Surroundings, given: string | undefined, redacted: boolean): number {
  const { ledger, id } = recordMeant(around, given);
  const verdict = ledger.verify(id);
  const rows = verdict.ok ? ledger.rows(id) : ledger.soundRows(id);
  for (const line of exportJsonl(redacted ? withoutValues(rows) : rows)) around.write(line);
  ledger.close();
  if (verdict.ok) return exitCode.done;
  around.warn(`walkback: ${lineOf(`session ${id}`, verdict)}; exported up to there\n`);
  return exitCode.failed;
}

function* withoutValues(rows: Iterable<ChainRow>): Generator<ChainRow> {
  for (const row of rows) yield redact(row);
}
