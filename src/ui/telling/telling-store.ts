import type { Telling, TellingDesk } from '../../report/telling.ts';
import type { KeyName } from '../keys/split-keys.ts';
import type { TellingSize } from './telling-rows.ts';
import {
  answered,
  pageAt,
  tellingKey,
  tellingPaste,
  tellingStart,
  type TellingState,
  type TellingUpdate,
} from './telling-state.ts';

interface TellingSnapshot {
  readonly state: TellingState;
  readonly telling: Telling;
  readonly size: TellingSize;
  /** Another number makes Ink draw everything anew. */
  readonly generation: number;
}

export interface TellingStore {
  readonly snapshot: () => TellingSnapshot;
  readonly subscribe: (changed: () => void) => () => void;
  readonly press: (keys: readonly KeyName[]) => void;
  readonly paste: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly attachTerminal: (suspend: (meanwhile: () => Promise<void>) => Promise<void>) => void;
  readonly redraw: () => void;
  readonly leave: () => void;
  readonly left: Promise<void>;
}

/** The prompts of a post-mortem without React: what is entered is on record before the next page is shown. */
export function openTellingStore(desk: TellingDesk, size: TellingSize): TellingStore {
  const first = desk.read();
  let snapshot: TellingSnapshot = { state: tellingStart(first), telling: first, size, generation: 0 };
  const listeners = new Set<() => void>();
  let suspend: (meanwhile: () => Promise<void>) => Promise<void> = (meanwhile) => meanwhile();
  const { promise: left, resolve: leave } = Promise.withResolvers<void>();
  const show = (next: Partial<TellingSnapshot>): void => {
    snapshot = { ...snapshot, ...next };
    for (const listener of listeners) listener();
  };
  /** Records something; what the ledger refuses is said, and nothing is lost from the field. */
  const record = (state: TellingState, act: () => readonly string[]): void => {
    try {
      const notes = act();
      const telling = desk.read();
      show({ telling, state: pageAt(state, state.at + 1, telling, notes) });
    } catch (error) {
      show({
        state: {
          ...state,
          notes: [`not recorded: ${error instanceof Error ? error.message : String(error)}`],
        },
      });
    }
  };
  function follow({ state, effect }: TellingUpdate): void {
    if (effect === null) return show({ state });
    switch (effect.kind) {
      case 'leave':
        return leave();
      case 'answer':
        return record(state, () => (desk.answer(effect.id, effect.text), []));
      case 'item':
        return record(state, () => [`${desk.setItem(effect.item)} is on record`]);
      case 'finish':
        return record(state, () => [desk.finish() ?? 'finished']);
      case 'edit':
        void edit(state, effect.text);
    }
  }
  async function edit(state: TellingState, text: string): Promise<void> {
    let edited: string | null = null;
    await suspend(async () => {
      edited = await desk.edit(`${text}\n`);
    });
    const page = state.pages[state.at];
    show({ generation: snapshot.generation + 1 });
    if (edited === null || page?.kind !== 'question')
      return show({ state: { ...state, notes: ['the editor gave nothing back'] } });
    follow(answered(state, page.id, String(edited).trim(), snapshot.telling));
  }
  return {
    snapshot: () => snapshot,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    press(keys) {
      for (const key of keys) {
        if (key === 'ctrl+l') this.redraw();
        else follow(tellingKey(snapshot.state, key, snapshot.telling));
      }
    },
    paste: (text) => show({ state: tellingPaste(snapshot.state, text) }),
    resize: (columns, rows) => show({ size: { columns, rows }, generation: snapshot.generation + 1 }),
    attachTerminal(use) {
      suspend = use;
    },
    redraw() {
      suspend(() => Promise.resolve()).catch(() => leave());
    },
    leave: () => leave(),
    left,
  };
}
