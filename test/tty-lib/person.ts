import type { TestTerminal } from './terminal.ts';

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const sourceOf = (wanted: string | RegExp): string =>
  typeof wanted === 'string' ? escaped(wanted) : wanted.source;

/** A screen that shows this and does not swallow keys. */
const calm = (wanted: string | RegExp): RegExp =>
  new RegExp(`^(?![\\s\\S]*keys are ignored)[\\s\\S]*(?:${sourceOf(wanted)})`);

export interface Person {
  /** Looks until the screen shows this and takes keys, and presses then. */
  readonly press: (wanted: string | RegExp, keys: string) => Promise<void>;
  /** `y` at the question of a card; the footer, which is drawn last, says that it counts. */
  readonly sayYes: () => Promise<void>;
  /** `r`, then `y`, for the step whose command this is. */
  readonly run: (command: string) => Promise<void>;
  /** Opens the docked question, opens the row with this digit, and leaves the person at its form. */
  readonly open: (row: string | RegExp, digit: string, docked?: RegExp) => Promise<void>;
}

/** Somebody at a terminal who looks before every key; `onLook` sees each screen that was looked at. */
export function personAt(terminal: TestTerminal, onLook: () => void = () => undefined): Person {
  async function press(wanted: string | RegExp, pressed: string): Promise<void> {
    await terminal.waitFor(calm(wanted));
    onLook();
    terminal.press(pressed);
  }
  const sayYes = (): Promise<void> => press(/\n y yes\s+Esc back/, 'y');
  return {
    press,
    sayYes,
    async run(command) {
      await press(new RegExp(`\\$ ${escaped(command)}[\\s\\S]*Waits for you: r[\\s\\S]*r run`), 'r');
      await sayYes();
    },
    async open(row, digit, docked = /a opens/) {
      // the last row of a card says while it swallows keys; above it may be drawn already what is waited for
      const chosen = new RegExp(`${sourceOf(row)}[\\s\\S]*Enter opens a row`);
      await press(docked, 'a');
      await press(chosen, digit);
      await press(chosen, '\r');
    },
  };
}
