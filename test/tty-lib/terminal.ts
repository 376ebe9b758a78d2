import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** One character of the screen, with how it is drawn. */
export interface Cell {
  readonly text: string;
  readonly bold: boolean;
  readonly inverse: boolean;
  /** True where the program chose a colour for the sign or behind it. */
  readonly colored: boolean;
}

export interface TestTerminal {
  /** Waits until the text (or a match) is on the screen; a wait that fails shows the screen. */
  readonly waitFor: (wanted: string | RegExp, timeoutMs?: number) => Promise<void>;
  /** Waits until the text is nowhere on the screen. */
  readonly waitForNo: (unwanted: string | RegExp, timeoutMs?: number) => Promise<void>;
  /** Waits until nothing was drawn for `quietMs`. */
  readonly waitForQuiet: (quietMs?: number, timeoutMs?: number) => Promise<void>;
  /** Writes keys as a keyboard would, all in one piece. */
  readonly press: (keys: string) => void;
  /** Pastes as a terminal with bracketed paste does. */
  readonly paste: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  /** What a person sees, row by row, without blanks at the end. */
  readonly screen: () => readonly string[];
  readonly cells: (row: number) => readonly Cell[];
  readonly cursor: () => { readonly x: number; readonly y: number };
  /** True while the program draws on the alternate screen. */
  readonly alternate: () => boolean;
  /** Bytes that the program wrote so far. */
  readonly written: () => number;
  /** Everything it wrote, as it was written. */
  readonly raw: () => string;
  /** Closes the window: the program's terminal is gone, and it gets SIGHUP. */
  readonly hangUp: () => void;
  readonly signal: (name: string) => void;
  readonly pid: number;
  /** The exit code; 128 + n for a signal. */
  readonly exited: Promise<number>;
  readonly kill: () => Promise<void>;
}

export const keys = {
  enter: '\r',
  escape: '\u001b',
  tab: '\t',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  backspace: '\u007f',
  ctrl: (letter: string): string => String.fromCharCode(letter.toLowerCase().charCodeAt(0) - 96),
} as const;

/** The dead time of cards and changed steps, with room for a slow machine. */
export const graceMs = 400;

const defaultTimeoutMs = 30_000;

/** Starts a program in a real pseudo-terminal whose screen is kept by a real emulator. */
export function openTerminal({
  command,
  args,
  cols = 100,
  rows = 30,
  cwd,
  env = {},
}: {
  readonly command: string;
  readonly args: readonly string[];
  readonly cols?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** Added to the environment; `undefined` takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}): TestTerminal {
  const merged: Record<string, string | undefined> = { ...process.env, TERM: 'xterm-256color', ...env };
  const environment = Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const emulator = new xterm.Terminal({ cols, rows, scrollback: 1000, allowProposedApi: true });
  const child = pty.spawn(command, [...args], {
    name: 'xterm-256color',
    cols,
    rows,
    ...(cwd === undefined ? {} : { cwd }),
    env: environment,
  });
  const listeners = new Set<() => void>();
  let raw = '';
  let alive = true;
  const changed = (): void => listeners.forEach((listener) => listener());
  child.onData((data) => {
    raw += data;
    emulator.write(data, changed);
  });
  // The emulator answers what a program asks of it, as a terminal does.
  emulator.onData((answer) => {
    if (alive) child.write(answer);
  });
  const exited = new Promise<number>((resolve) => {
    child.onExit(({ exitCode, signal }) => {
      alive = false;
      // What was written last may still be on its way through the emulator.
      emulator.write('', () => {
        changed();
        resolve(signal !== undefined && signal !== 0 ? 128 + signal : exitCode);
      });
    });
  });

  const lines = (): readonly string[] => {
    const { active } = emulator.buffer;
    return Array.from(
      { length: emulator.rows },
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? '',
    );
  };
  const has = (wanted: string | RegExp): boolean => {
    const text = lines().join('\n');
    return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  };
  const shown = (): string =>
    lines()
      .map((line) => `  |${line}`)
      .join('\n');

  /** A frame that is being drawn in one go is not yet what a person sees. */
  const drawing = (): boolean => emulator.modes.synchronizedOutputMode;

  function waitUntil(condition: () => boolean, what: string, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        listeners.delete(look);
        clearTimeout(timer);
      };
      const look = (): void => {
        if (drawing() || !condition()) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(
          new Error(
            `waited ${timeoutMs} ms for ${what}${alive ? '' : ' (the program has ended)'}; the screen is:\n${shown()}`,
          ),
        );
      }, timeoutMs);
      listeners.add(look);
      look();
    });
  }

  return {
    waitFor: (wanted, timeoutMs = defaultTimeoutMs) =>
      waitUntil(() => has(wanted), String(wanted), timeoutMs),
    waitForNo: (unwanted, timeoutMs = defaultTimeoutMs) =>
      waitUntil(() => !has(unwanted), `no ${String(unwanted)}`, timeoutMs),
    waitForQuiet: (quietMs = 150, timeoutMs = defaultTimeoutMs) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          listeners.delete(restart);
          clearTimeout(quiet);
          clearTimeout(timer);
        };
        const done = (): void => {
          stop();
          resolve();
        };
        const restart = (): void => {
          clearTimeout(quiet);
          quiet = setTimeout(done, quietMs);
        };
        let quiet = setTimeout(done, quietMs);
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`the screen was never quiet for ${quietMs} ms; it is:\n${shown()}`));
        }, timeoutMs);
        listeners.add(restart);
      }),
    press: (pressed) => child.write(pressed),
    paste: (text) => child.write(`\u001b[200~${text}\u001b[201~`),
    resize(columns, height) {
      emulator.resize(Math.max(1, columns), Math.max(1, height));
      if (alive) child.resize(columns, height);
    },
    screen: lines,
    cells(row) {
      const { active } = emulator.buffer;
      const line = active.getLine(active.viewportY + row);
      return Array.from({ length: emulator.cols }, (_, x) => {
        const cell = line?.getCell(x);
        return {
          text: cell?.getChars() ?? '',
          bold: cell?.isBold() === 1 || (cell?.isBold() ?? 0) > 0,
          inverse: (cell?.isInverse() ?? 0) > 0,
          colored: cell !== undefined && !(cell.isFgDefault() && cell.isBgDefault()),
        };
      });
    },
    cursor: () => ({ x: emulator.buffer.active.cursorX, y: emulator.buffer.active.cursorY }),
    alternate: () => emulator.buffer.active.type === 'alternate',
    written: () => raw.length,
    raw: () => raw,
    hangUp: () => (child as unknown as { readonly destroy: () => void }).destroy(),
    signal(name) {
      if (alive) child.kill(name);
    },
    pid: child.pid,
    exited,
    async kill() {
      if (alive) child.kill('SIGKILL');
      await exited;
      emulator.dispose();
    },
  };
}
