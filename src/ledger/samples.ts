import type { SessionLog } from '../session/ports.ts';
import type { Store } from './store.ts';

export type Sample = Parameters<SessionLog['addSamples']>[0][number];

/** Samples that could not be written yet are kept up to this many; then the oldest go. */
const mostWaiting = 10_000;

export interface SampleWriter {
  /** Never throws: a gauge must not stop a rollback. What cannot be written now goes with the next append. */
  add(samples: readonly Sample[]): void;
  writePending(): void;
  settled(): void;
  hasPending(): boolean;
}

export function openSampleWriter(store: Store, session: string): SampleWriter {
  let waiting: Sample[] = [];
  const writePending = (): void => {
    for (const { series, at, value } of waiting) {
      store
        .sql('INSERT OR REPLACE INTO sample (session, series, at, value) VALUES (?, ?, ?, ?)')
        .run(session, series, at, value !== null && Number.isFinite(value) ? value : null);
    }
  };
  return {
    writePending,
    settled() {
      waiting = [];
    },
    hasPending: () => waiting.length > 0,
    add(samples) {
      waiting = [...waiting, ...samples].slice(-mostWaiting);
      try {
        store.write(writePending);
        waiting = [];
      } catch {
        // Tried again with the next samples and the next append, which does report the trouble.
      }
    },
  };
}

/** One series of a session in order of time: [epoch milliseconds, value or null]. */
export const readSamples = (
  store: Store,
  session: string,
  series: string,
  span: { readonly fromMs?: number; readonly toMs?: number } = {},
): readonly (readonly [number, number | null])[] =>
  store
    .sql<[number, number | null]>(
      'SELECT at, value FROM sample WHERE session = ? AND series = ? AND at BETWEEN ? AND ? ORDER BY at',
    )
    .raw()
    .all(session, series, span.fromMs ?? -Infinity, span.toMs ?? Infinity);

export const readSeries = (store: Store, session: string): readonly string[] =>
  store
    .sql<string>('SELECT DISTINCT series FROM sample WHERE session = ? ORDER BY series')
    .pluck()
    .all(session);
