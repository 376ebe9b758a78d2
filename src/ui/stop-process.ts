/** The signal has arrived by then; where nobody can wake us (no job control) the screen goes on by itself. */
const arrivesMs = 200;

/** Gives the terminal back to the shell, as Ctrl-Z does in any other program; ends when the shell has woken it. */
export async function stopProcess(): Promise<void> {
  process.kill(0, 'SIGTSTP');
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, arrivesMs);
  await promise;
}
