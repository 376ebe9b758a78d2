import type { Ledger } from './open-ledger.ts';
import { parseFact } from './parse-facts.ts';
import { project } from './project.ts';
import type { LedgerEvent } from './rows.ts';
import { chainRows, openEvent } from './rows.ts';
import type { Store } from './store.ts';
import { explain } from './trouble.ts';

/** Everything that is only derived from the events. */
export const projections = [
  'session_row',
  'obligation_row',
  'step_time',
  'session_figure',
  'deployment_row',
  'cause_row',
] as const;

/** The column of a projection that says whose row it is. */
const keyOf: Readonly<Record<(typeof projections)[number], string>> = {
  session_row: 'id',
  obligation_row: 'session',
  step_time: 'session',
  session_figure: 'session',
  deployment_row: 'record',
  cause_row: 'record',
};

const batch = 1_000;

/** Makes every projection again from the events, in one transaction. */
export function rebuildProjections({ store, path }: Ledger): void {
  try {
    store.write(() => rebuildAll(store));
  } catch (error) {
    throw explain(error, { path, doing: 'make the lists again from the events' });
  }
}

/** Inside a transaction. */
export function rebuildAll(store: Store): void {
  for (const session of store.sql<string>('SELECT id FROM session ORDER BY id').pluck().all()) {
    rebuildSession(store, session);
  }
  // Rows of sessions that are in no event.
  for (const table of projections)
    store.sql(`DELETE FROM ${table} WHERE ${keyOf[table]} NOT IN (SELECT id FROM session)`).run();
  store.sql('DELETE FROM projection_due').run();
}

/** Inside a transaction: one session's rows. */
export function rebuildSession(store: Store, session: string): void {
  for (const table of projections) store.sql(`DELETE FROM ${table} WHERE ${keyOf[table]} = ?`).run(session);
  let waiting: LedgerEvent[] = [];
  const flush = (): void => {
    project(
      store,
      waiting.map((row) => ({ row, fact: parseFact(row) })),
    );
    waiting = [];
  };
  for (const row of chainRows(store, session)) {
    waiting.push(openEvent(row));
    if (waiting.length === batch) flush();
  }
  flush();
}
