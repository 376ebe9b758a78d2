import { call, fields } from '../http.ts';

/** One shop instance as the proxy sees it. */
export interface Upstream {
  readonly name: string;
  readonly url: string;
  weight: number;
  healthy: boolean;
  /** Taken out by the platform while the instance is replaced. */
  drained: boolean;
  version: string;
  inFlight: number;
  failures: number;
  /** Running total of smooth weighted round robin. */
  credit: number;
}

export const newUpstream = (name: string, url: string, weight: number): Upstream => ({
  name,
  url,
  weight,
  healthy: true,
  drained: false,
  version: 'unknown',
  inFlight: 0,
  failures: 0,
  credit: 0,
});

/** Smooth weighted round robin: exact shares over few requests, so that a census of 20 sees every instance. */
export function chooseUpstream(upstreams: readonly Upstream[], except: ReadonlySet<string>): Upstream | null {
  const open = upstreams.filter(
    ({ name, weight, healthy, drained }) => weight > 0 && healthy && !drained && !except.has(name),
  );
  const total = open.reduce((sum, { weight }) => sum + weight, 0);
  let best: Upstream | null = null;
  for (const upstream of open) {
    upstream.credit += upstream.weight;
    if (best === null || upstream.credit > best.credit) best = upstream;
  }
  if (best) best.credit -= total;
  return best;
}

/** Asks an instance for its health once. Two bad answers in a row take it out, one good one puts it back. */
export async function checkUpstream(upstream: Upstream): Promise<void> {
  const answer = await call(`${upstream.url}/healthz`, {
    timeoutMs: 1_000,
    headers: { 'x-client': 'proxy-health' },
  }).catch(() => null);
  const version = answer === null ? null : fields(answer.text)['version'];
  if (typeof version === 'string') upstream.version = version;
  if (answer?.status === 200) {
    upstream.failures = 0;
    upstream.healthy = true;
    return;
  }
  upstream.failures += 1;
  if (upstream.failures >= 2) upstream.healthy = false;
}
