import { readFile } from 'node:fs/promises';
import { haproxyWithWeights } from './haproxy-config.ts';
import type { Proxy } from './model.ts';

/** The file as it would have to be for HAProxy to start as it runs now: what differs from it was changed at run time only. */
export async function runningConfig(
  { config, backend }: { readonly config: string; readonly backend: string },
  proxy: Pick<Proxy, 'running'>,
): Promise<string> {
  return haproxyWithWeights(await readFile(config, 'utf8'), backend, await proxy.running());
}
