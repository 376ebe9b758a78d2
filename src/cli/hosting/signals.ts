import type { SessionClient } from '../../session/client.ts';

/**
 * SIGTERM, SIGHUP and Ctrl-C on the linear front end stop the session at its next boundary, resumable: what runs is
 * never killed by them. A terminal that hangs up takes only this front end along where an agent hosts the session.
 * Answers a function that takes the handlers off again.
 */
export function stopOnSignals(client: SessionClient, outlives: boolean): () => void {
  const codes = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const;
  const hooks = (['SIGTERM', 'SIGHUP', 'SIGINT'] as const).map((signal) => {
    const stop = (): void => {
      process.exitCode = codes[signal];
      if (signal === 'SIGHUP' && outlives) return client.detach();
      void client.send({ type: 'stop', reason: `got ${signal}` }).finally(() => client.detach());
    };
    process.on(signal, stop);
    return () => process.off(signal, stop);
  });
  return () => {
    for (const unhook of hooks) unhook();
  };
}
