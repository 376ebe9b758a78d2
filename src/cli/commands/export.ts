import { exportJson } from '../../report/json.ts';
import { exportJsonl } from '../../report/jsonl.ts';
import { postmortemMarkdown } from '../../report/postmortem.ts';
import { readRecord } from '../record.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

export interface ExportFlags {
  readonly format: 'md' | 'json' | 'jsonl';
  readonly redacted?: true;
  readonly names?: true;
}

/** `walkback export`: the document goes to standard output. */
export function exportSession(around: Surroundings, given: string | undefined, flags: ExportFlags): number {
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
      break;
    case 'jsonl':
      for (const line of exportJsonl(flags.redacted === true ? ledger.redactedEvents(id) : ledger.rows(id)))
        around.write(line);
  }
  ledger.close();
  return 0;
}
