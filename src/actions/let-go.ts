import type { ChildProcess } from 'node:child_process';

/** How long what a command left running may keep its output open. */
const drainMs = 200;

/**
 * Once a command that is only read from has ended, or is called off: ends what it left in its group, and closes our end
 * of its output where a process that got away (a daemon) still holds the other. Otherwise its end would be waited for as
 * long as that one lives. Answers how to stop looking.
 */
export function letGoAfterwards(
  child: ChildProcess,
  endGroup: () => void,
  calledOff: AbortSignal,
): () => void {
  const { stdout, stderr } = child;
  let timer: NodeJS.Timeout | undefined;
  let known = -1;

  const close = (): void => {
    stdout?.destroy();
    stderr?.destroy();
  };
  const look = (): void => {
    endGroup();
    const read = bytesRead(stdout) + bytesRead(stderr);
    // what it printed before it ended is read first, however busy this process is: a whole turn without a byte
    if (read === known) return close();
    known = read;
    timer = setTimeout(look, drainMs);
  };
  const after = (call: () => void) => (): void => {
    clearTimeout(timer);
    timer = setTimeout(call, drainMs);
  };
  const hurry = after(close);
  child.once('exit', after(look));
  calledOff.addEventListener('abort', hurry, { once: true });
  return () => {
    clearTimeout(timer);
    calledOff.removeEventListener('abort', hurry);
  };
}

const bytesRead = (stream: ChildProcess['stdout']): number =>
  stream !== null && 'bytesRead' in stream && typeof stream.bytesRead === 'number' ? stream.bytesRead : 0;
