import type { OutputFeed } from '../session/client.ts';
import type { WriteExport } from './exported.ts';

/** What the full screen needs from outside: clocks, timers, and the programs of the person at the keyboard. */
export interface ScreenOptions {
  readonly ascii: boolean;
  readonly noColor: boolean;
  /** Who sits here: shown, and written into what they sign. */
  readonly user: string;
  /** Set for someone's first session: one line says how to begin. */
  readonly firstTime?: boolean;
  /** Copies, and approval requests to be signed, are written here. */
  readonly copyFolder: string;
  /** Where the draft of the post-mortem lies once the session is closed. */
  readonly draft?: string;
  /** Writes the session into a file of its own. */
  readonly writeExport?: WriteExport;
  /** Shows one attempt's whole output in the person's pager; the screen has let go of the terminal by then. */
  readonly openPager: (feed: OutputFeed) => Promise<void>;
  /** Lets the person edit a text in their editor; null where they gave up. */
  readonly openEditor: (text: string) => Promise<string | null>;
  /** Runs the person's own alarm while the tool waits for them. */
  readonly notify?: (text: string) => void;
  readonly now: () => { readonly ms: number; readonly iso: string };
  /** Calls back every `ms` until the answer is called. */
  readonly every: (ms: number, call: () => void) => () => void;
}
