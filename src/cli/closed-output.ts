import { exitCode } from '../errors.ts';

/**
 * A reader that goes away (`walkback show | head -1`) breaks nothing: what is being done goes on to its end, a session
 * stops at its next boundary (see `attend`), and one line instead of a stack says that not all was read.
 */
export function survivesClosedOutput(warn: (text: string) => void): void {
  let unread = false;
  process.stdout.on('error', () => {
    unread = true;
  });
  // nobody is left to be told
  process.stderr.on('error', () => undefined);
  process.on('exit', (code) => {
    if (!unread || code !== exitCode.done) return;
    process.exitCode = exitCode.usage;
    warn('walkback: standard output was closed before everything was written\n');
  });
}
