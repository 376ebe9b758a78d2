import type { Command, Probe } from './model/values.ts';

/** A command as a probe: run once, and read by how it ends. */
export const commandProbe = (command: Command, id: string | null): Probe => ({
  id,
  source: { kind: 'run', command },
  json: null,
  pattern: null,
  times: 1,
  reduce: 'last',
  unit: null,
  timeoutMs: command.timeoutMs,
  at: command.at,
});
