import { writeFileSync } from 'node:fs';
import { documentOf } from './export-formats.ts';
import { readRecord } from './record.ts';
import { draftFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** Writes the post-mortem as the ledger has it now beside the session, and answers where. It is sent to nobody. */
export function writeDraft(around: Surroundings, session: string): string {
  const record = readRecord(around, session);
  try {
    const file = draftFile(around, session);
    writeFileSync(file, documentOf(around, record, 'md', 'roles'), { mode: 0o600 });
    return file;
  } finally {
    record.ledger.close();
  }
}
