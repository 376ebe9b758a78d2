import type { KeyName } from '../keys/split-keys.ts';
import type { HistorySource } from './history-data.ts';
import { listHeight, type HistorySeen } from './history-rows.ts';
import { historyKey, historyPaste, type HistoryState } from './history-state.ts';

export interface HistorySnapshot {
  readonly state: HistoryState;
  readonly seen: HistorySeen;
  /** Another number makes Ink draw everything anew. */
  readonly generation: number;
}

export interface HistoryStore {
  readonly snapshot: () => HistorySnapshot;
  readonly subscribe: (changed: () => void) => () => void;
  readonly press: (keys: readonly KeyName[]) => void;
  readonly paste: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly attachTerminal: (suspend: (meanwhile: () => Promise<void>) => Promise<void>) => void;
  /** Takes the terminal back and draws everything again. */
  readonly redraw: () => void;
  readonly leave: () => void;
  readonly left: Promise<void>;
}

/** The history without React. It moves by keys alone: what is past does not change. */
export function openHistoryStore(
  state: HistoryState,
  seen: HistorySeen,
  source: HistorySource,
): HistoryStore {
  let snapshot: HistorySnapshot = { state, seen, generation: 0 };
  const listeners = new Set<() => void>();
  let suspend: (meanwhile: () => Promise<void>) => Promise<void> = (meanwhile) => meanwhile();
  const { promise: left, resolve } = Promise.withResolvers<null>();
  const leave = (): void => resolve(null);
  const show = (next: Partial<HistorySnapshot>): void => {
    snapshot = { ...snapshot, ...next };
    for (const listener of listeners) listener();
  };
  return {
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    press(keys) {
      let next = snapshot.state;
      for (const key of keys) {
        if (key === 'ctrl+l') this.redraw();
        const update = historyKey(next, key, source, listHeight(snapshot.seen));
        if ('left' in update) return leave();
        next = update.state;
      }
      show({ state: next });
    },
    paste: (text) => show({ state: historyPaste(snapshot.state, text) }),
    resize: (columns, rows) =>
      show({ seen: { ...snapshot.seen, columns, rows }, generation: snapshot.generation + 1 }),
    attachTerminal(use) {
      suspend = use;
    },
    redraw() {
      // Letting go of the terminal and taking it back sets raw mode again and forgets the old frame.
      suspend(() => Promise.resolve()).catch(leave);
    },
    leave,
    left: left.then(() => undefined),
  };
}
