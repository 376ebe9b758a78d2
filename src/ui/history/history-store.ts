import type { Exported } from '../exported.ts';
import { screenCore, type ScreenSnapshot, type TerminalScreen } from '../kit/screen-store.ts';
import type { HistorySource } from './history-data.ts';
import { listHeight, type HistorySeen } from './history-rows.ts';
import { exported } from './history-export.ts';
import { historyKey, historyPaste, type HistoryState } from './history-state.ts';

interface HistorySnapshot extends ScreenSnapshot {
  readonly state: HistoryState;
  readonly seen: HistorySeen;
}

export interface HistoryStore extends TerminalScreen<HistorySnapshot> {
  readonly leave: () => void;
  readonly left: Promise<void>;
}

/** The history without React. It moves by keys alone: what is past does not change. */
export function openHistoryStore(
  state: HistoryState,
  seen: HistorySeen,
  source: HistorySource,
): HistoryStore {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const leave = (): void => resolve();
  const core = screenCore<HistorySnapshot>({ state, seen, generation: 0 }, leave);
  /** Whatever was looked at meanwhile, the message of what came of it is shown. */
  async function write(asked: { readonly what: Exported; readonly path: string }): Promise<void> {
    const done = await source
      .write(asked.what, asked.path)
      .catch((error: unknown) => ({ trouble: error instanceof Error ? error.message : String(error) }));
    core.show({ state: exported(core.snapshot().state, asked, done) });
  }
  return {
    ...core,
    press(keys) {
      let next = core.snapshot().state;
      for (const key of keys) {
        if (key === 'ctrl+l') core.redraw();
        if (key === 'ctrl+z') core.stop();
        const update = historyKey(next, key, source, listHeight(core.snapshot().seen));
        if ('left' in update) return leave();
        next = update.state;
        if (update.write !== undefined) void write(update.write);
      }
      core.show({ state: next });
    },
    paste: (text) => core.show({ state: historyPaste(core.snapshot().state, text) }),
    leave,
    left,
  };
}
