/** Sends a signal to a process that has to be there. Number 0 would be everything around this test, the gate included. */
export function killProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || pid <= 1) throw new Error(`there is no process to send ${signal} to`);
  process.kill(pid, signal);
}
