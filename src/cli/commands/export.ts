import { exitCode } from '../../errors.ts';
import type { ChainRow } from '../../ledger/chain.ts';
import { redact } from '../../ledger/rows.ts';
import { exportJsonl } from '../../report/jsonl.ts';
import { writeBundle } from '../records/bundle.ts';
import type { DocumentFormat } from '../records/document-formats.ts';
import { documentOf } from '../records/export-formats.ts';
import { readRecord, recordMeant } from '../records/record.ts';
import type { Surroundings } from '../surroundings.ts';
import { lineOf } from './verify.ts';

export interface ExportFlags {
  readonly format: DocumentFormat | 'jsonl';
  readonly redacted?: true;
  readonly names?: true;
  readonly bundle?: string;
  readonly sign?: string;
}

/** `walkback export`: the document goes to standard output; a bundle into a folder of its own. */
export async function exportSession(
  around: Surroundings,
  given: string | undefined,
  flags: ExportFlags,
): Promise<number> {
  const names = flags.names === true ? 'real' : 'roles';
  if (flags.bundle !== undefined) return exportBundle(around, given, flags.bundle, { ...flags, names });
  if (flags.format === 'jsonl') return exportRows(around, given, flags.redacted === true);
  const record = readRecord(around, given);
  around.write(documentOf(around, record, flags.format, names));
  record.ledger.close();
  return exitCode.done;
}

async function exportBundle(
  around: Surroundings,
  given: string | undefined,
  folder: string,
  { names, redacted, sign }: Pick<ExportFlags, 'redacted' | 'sign'> & { readonly names: 'roles' | 'real' },
): Promise<number> {
  const record = readRecord(around, given);
  const { ledger, id, verified } = record;
  const rows = [...(verified.ok ? ledger.rows(id) : ledger.soundRows(id))];
  await writeBundle(around, record, redacted === true ? [...withoutValues(rows)] : rows, {
    folder,
    names,
    redacted: redacted === true,
    key: sign?.replace(/^~(?=\/)/, around.env['HOME'] ?? '~') ?? null,
  });
  ledger.close();
  around.warn(
    `walkback: session ${id} is in ${folder}: ${String(rows.length)} events, head ${rows.at(-1)?.hash.slice(0, 16) ?? 'none'}\n`,
  );
  if (verified.ok) return exitCode.done;
  around.warn(
    `walkback: its chain is BROKEN at event ${String(verified.brokenAt ?? '?')}; the chain in it ends before that\n`,
  );
  return exitCode.failed;
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
