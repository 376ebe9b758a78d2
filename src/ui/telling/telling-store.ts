import type { Telling, TellingDesk } from '../../report/telling.ts';
import type { ScreenSize } from '../kit/frame.ts';
import { screenCore, type ScreenSnapshot, type TerminalScreen } from '../kit/screen-store.ts';
import {
  answered,
  pageAt,
  tellingKey,
  tellingPaste,
  tellingStart,
  type TellingState,
  type TellingUpdate,
} from './telling-state.ts';

interface TellingSnapshot extends ScreenSnapshot {
  readonly state: TellingState;
  readonly telling: Telling;
}

export interface TellingStore extends TerminalScreen<TellingSnapshot> {
  readonly leave: () => void;
  readonly left: Promise<void>;
}

/** The prompts of a post-mortem without React: what is entered is on record before the next page is shown. */
export function openTellingStore(desk: TellingDesk, seen: ScreenSize): TellingStore {
  const first = desk.read();
  const { promise: left, resolve } = Promise.withResolvers<void>();
  const leave = (): void => resolve();
  const core = screenCore<TellingSnapshot>(
    { state: { ...tellingStart(first), notes: desk.warnings }, telling: first, seen, generation: 0 },
    leave,
  );
  const { snapshot, show } = core;
  /** Records something; what the ledger refuses is said, and nothing is lost from the field. */
  const record = (state: TellingState, act: () => readonly string[]): void => {
    try {
      const notes = act();
      const telling = desk.read();
      show({ telling, state: pageAt(state, state.at + 1, telling, notes) });
    } catch (error) {
      show({ state: { ...state, notes: [`not recorded: ${messageOf(error)}`] } });
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
    try {
      await core.lend(async () => {
        edited = await desk.edit(`${text}\n`);
      });
    } catch (error) {
      return show({ state: { ...state, notes: [`the editor could not be used: ${messageOf(error)}`] } });
    }
    const page = state.pages[state.at];
    if (edited === null || page?.kind !== 'question')
      return show({ state: { ...state, notes: ['the editor gave nothing back'] } });
    follow(answered(state, page.id, String(edited).trim(), snapshot().telling));
  }
  return {
    ...core,
    press(keys) {
      for (const key of keys) {
        if (key === 'ctrl+l') core.redraw();
        else if (key === 'ctrl+z') core.stop();
        else follow(tellingKey(snapshot().state, key, snapshot().telling));
      }
    },
    paste: (text) => show({ state: tellingPaste(snapshot().state, text) }),
    leave,
    left,
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
