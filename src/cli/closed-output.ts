import { exitCode } from '../errors.ts';

/**
 * A reader that goes away (`walkback show | head -1`) and a disk that is full (`walkback export > file`) break nothing:
 * what is being done goes on to its end, a session stops at its next boundary (see `attend`), and one line instead of a
 * stack says that not all was written, and why.
 */
export function survivesClosedOutput(warn: (text: string) => void): void {
  let unread: NodeJS.ErrnoException | null = null;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread ??= error;
  });
  // nobody is left to be told
  process.stderr.on('error', () => undefined);
  process.on('exit', (code) => {
    if (unread === null || code !== exitCode.done) return;
    process.exitCode = exitCode.usage;
    warn(
      unread.code === 'EPIPE'
        ? 'walkback: standard output was closed before everything was written\n'
        : `walkback: not everything could be written to standard output: ${unread.message}\n`,
    );
  });
}
