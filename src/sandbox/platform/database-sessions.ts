import { realNow } from '../clock.ts';
import type { Child, Launcher } from './children.ts';
import type { SessionRow } from './freeze.ts';
import type { ReportStart } from './report-session.ts';

export interface DatabaseSessions {
  openReport(): Promise<void>;
  list(): readonly SessionRow[];
  terminate(id: string): Promise<boolean>;
  closeAll(): Promise<void>;
}

/** The processes that hold a lock on one of the shop's files. */
export function databaseSessions(folder: string, launcher: Launcher): DatabaseSessions {
  const open = new Map<string, { readonly child: Child; readonly openedAt: number }>();
  let opening: Promise<void> = Promise.resolve();

  async function start(): Promise<void> {
    const message: ReportStart = { type: 'start', folder };
    const child = await launcher.start('report', 'monthly-report', message);
    const id = `archive/${child.process.pid}`;
    open.set(id, { child, openedAt: realNow() });
    void child.exited.then(() => open.delete(id));
  }

  return {
    openReport() {
      opening = start();
      return opening;
    },
    list: () =>
      [...open].map(([id, { openedAt }]) => ({
        id,
        on: 'archive.db',
        client: 'monthly-report',
        openedAt,
        writes: true,
      })),
    async terminate(id) {
      const session = open.get(id);
      if (!session) return false;
      await session.child.stop();
      open.delete(id);
      return true;
    },
    async closeAll() {
      await opening.catch(() => {
        // it never opened: nothing to close
      });
      await Promise.all([...open.values()].map(({ child }) => child.stop()));
      open.clear();
    },
  };
}
