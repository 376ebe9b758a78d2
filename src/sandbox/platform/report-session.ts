import Database from 'better-sqlite3';
import { archiveFile } from '../database/open.ts';

export interface ReportStart {
  readonly type: 'start';
  readonly folder: string;
}

/** The role `report`: a long report that holds the archive's write lock for as long as it lives. */
export function runReportProcess(): void {
  process.on('disconnect', () => process.exit(0));
  process.once('message', (start: ReportStart) => {
    try {
      const database = new Database(archiveFile(start.folder), { timeout: 5_000 });
      database.exec('begin immediate');
      process.send?.({ type: 'ready' });
    } catch (error) {
      process.send?.({ type: 'failed', why: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    }
  });
}
