import { render } from 'ink';
import type { ReactNode } from 'react';

export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

const homeAndErase = '\u001b[H\u001b[J';

/**
 * Draws on the alternate screen until `until` settles, then gives the terminal back as it was, also when the screen
 * failed. `resized` and `woken` are called after the size changed and after the process was stopped and goes on.
 */
export async function withFullScreen<Value>(
  node: ReactNode,
  { stdin, stdout }: Streams,
  until: Promise<Value>,
  happened: {
    readonly resized: (columns: number, rows: number) => void;
    readonly woken: () => void;
    readonly broken: () => void;
  },
): Promise<Value> {
  // Ink sets raw mode only after its first frame: keys typed until then would be echoed into it, and a frame that does
  // not start in the first column wraps.
  if (stdin.isTTY) stdin.setRawMode(true);
  stdout.write('\r');
  const instance = render(node, {
    stdin,
    stdout,
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 60,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  const onResize = (): void => {
    // A terminal moves what it shows when it changes its size; drawing from an empty screen is the only safe start.
    instance.clear();
    stdout.write(homeAndErase);
    happened.resized(stdout.columns, stdout.rows);
  };
  stdout.on('resize', onResize);
  // Made smaller and back in one go, a terminal has lost its content and no size has changed: only the signal tells.
  process.on('SIGWINCH', onResize);
  stdout.on('error', happened.broken);
  process.on('SIGCONT', happened.woken);
  const drawn = instance.waitUntilExit();
  try {
    return await Promise.race([until, drawn.then(() => until)]);
  } finally {
    stdout.off('resize', onResize);
    process.off('SIGWINCH', onResize);
    process.off('SIGCONT', happened.woken);
    instance.unmount();
    await drawn.catch(() => undefined);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdout.off('error', happened.broken);
  }
}
