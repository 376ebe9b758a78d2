import { createConnection } from 'node:net';
import { abortedAnswer, known, unknown, type Answer, type Limits } from './answer.ts';
import { networkFailure } from './fetch-text.ts';

/** `host:port`, `[address]:port`, with or without `tcp://`. The value is true once a connection stands. */
export async function measureTcp(address: string, { signal }: Limits): Promise<Answer> {
  const target = readAddress(address);
  if (target === null) return unknown('bad_url', `${address} is not \`host:port\`.`);
  if (signal.aborted) return abortedAnswer(signal);
  return new Promise((resolve) => {
    const socket = createConnection(target);
    const end = (answer: Answer) => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(answer);
    };
    const stop = () => end(abortedAnswer(signal));
    signal.addEventListener('abort', stop);
    socket.once('connect', () => end(known(true)));
    socket.once('error', (cause) => end(networkFailure(cause)));
  });
}

function readAddress(address: string): { readonly host: string; readonly port: number } | null {
  const found = /^(?:tcp:\/\/)?(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(address.trim());
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}
