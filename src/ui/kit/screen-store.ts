import type { KeyName } from '../keys/split-keys.ts';
import type { ScreenSize } from './frame.ts';

/** Lends the terminal to something else and takes it back. */
export type Suspend = (meanwhile: () => Promise<void>) => Promise<void>;

/** What a frame of a screen is drawn from. */
export interface ScreenSnapshot {
  readonly seen: ScreenSize;
  /** Another number makes Ink draw everything anew. */
  readonly generation: number;
}

/** A screen without React, as the terminal uses it. */
export interface TerminalScreen<Snapshot extends ScreenSnapshot> {
  /** The same object until something changed. */
  readonly snapshot: () => Snapshot;
  readonly subscribe: (changed: () => void) => () => void;
  readonly press: (keys: readonly KeyName[]) => void;
  readonly paste: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** `stop` gives the terminal to the shell until it wakes us. */
  readonly attachTerminal: (suspend: Suspend, stop?: () => Promise<void>) => void;
  /** Takes the terminal back and draws everything again. */
  readonly redraw: () => void;
}

export interface Listeners {
  readonly subscribe: (changed: () => void) => () => void;
  readonly tell: () => void;
}

export function openListeners(): Listeners {
  const listeners = new Set<() => void>();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    tell() {
      for (const listener of listeners) listener();
    },
  };
}

/** What every such screen does alike. */
export interface ScreenCore<Snapshot extends ScreenSnapshot> extends Omit<
  TerminalScreen<Snapshot>,
  'press' | 'paste'
> {
  readonly show: (next: Partial<Snapshot>) => void;
  /** Lends the terminal while this runs, never to two at once; everything is drawn anew after it. */
  readonly lend: Suspend;
  /** Back to the shell for a while. */
  readonly stop: () => void;
}

/** `broken` is called where the terminal does not come back. */
export function screenCore<Snapshot extends ScreenSnapshot>(
  first: Snapshot,
  broken: () => void,
): ScreenCore<Snapshot> {
  let snapshot = first;
  let suspend: Suspend = (meanwhile) => meanwhile();
  let stop = (): Promise<void> => Promise.resolve();
  let lent = false;
  const { subscribe, tell } = openListeners();
  function replace(next: Snapshot): void {
    snapshot = next;
    tell();
  }
  async function lend(meanwhile: () => Promise<void>): Promise<void> {
    if (lent) return;
    lent = true;
    try {
      await suspend(meanwhile);
    } finally {
      lent = false;
    }
    replace({ ...snapshot, generation: snapshot.generation + 1 });
  }
  return {
    snapshot: () => snapshot,
    subscribe,
    show: (next) => replace({ ...snapshot, ...next }),
    resize: (columns, rows) =>
      replace({
        ...snapshot,
        seen: { ...snapshot.seen, columns, rows },
        generation: snapshot.generation + 1,
      }),
    attachTerminal(use, toShell) {
      suspend = use;
      stop = toShell ?? stop;
    },
    lend,
    redraw() {
      // Letting go of the terminal and taking it back sets raw mode again and forgets the old frame.
      lend(() => Promise.resolve()).catch(broken);
    },
    stop() {
      lend(() => stop()).catch(broken);
    },
  };
}
