import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';

/** A program in tmux: a real terminal of somebody else's making, resized and read from outside. */
export interface Tmux {
  /** What is on the screen, row by row. */
  readonly screen: () => Promise<readonly string[]>;
  /** Keys by tmux's names (`Enter`, `Escape`, `Right`) or single letters. */
  readonly press: (...keys: readonly string[]) => Promise<void>;
  readonly type: (text: string) => Promise<void>;
  readonly resize: (columns: number, rows: number) => Promise<void>;
  /** Waits until the screen is as wanted, and answers it; a wait that fails shows the screen. */
  readonly waitFor: (wanted: string | ((rows: readonly string[]) => boolean)) => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export interface TmuxOptions {
  readonly socket: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: string;
  readonly columns: number;
  readonly rows: number;
}

const patienceMs = 60_000;

/** Starts a shell command in a tmux of its own; what it printed stays on the screen after it has ended. */
export async function openTmux(options: TmuxOptions): Promise<Tmux> {
  const tmux = (...args: readonly string[]) =>
    execa('tmux', ['-S', options.socket, '-f', '/dev/null', ...args], {
      cwd: options.cwd,
      env: options.env,
      extendEnv: false,
    });
  const size = ['-x', String(options.columns), '-y', String(options.rows)];
  await tmux('new-session', '-d', ...size, options.command, ';', 'set-option', '-g', 'remain-on-exit', 'on');

  const screen = async (): Promise<readonly string[]> => {
    const { stdout } = await tmux('capture-pane', '-p', '-J');
    return stdout.split('\n').map((row) => row.trimEnd());
  };
  return {
    screen,
    async press(...keys) {
      await tmux('send-keys', ...keys);
    },
    async type(text) {
      await tmux('send-keys', '-l', text);
    },
    async resize(columns, rows) {
      await tmux('resize-window', '-x', String(columns), '-y', String(rows));
    },
    async waitFor(wanted) {
      const until = performance.now() + patienceMs;
      for (;;) {
        const rows = await screen();
        if (typeof wanted === 'string' ? rows.join('\n').includes(wanted) : wanted(rows)) return rows;
        if (performance.now() > until) {
          throw new Error(`waited in vain for ${String(wanted)}; the screen:\n${rows.join('\n')}`);
        }
        await pause(100);
      }
    },
    async close() {
      await tmux('kill-server').catch(() => undefined); // it ends by itself with its last window
    },
  };
}
