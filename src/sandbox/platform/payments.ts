import { json, type Handler } from '../http.ts';
import type { Registry } from '../metrics/registry.ts';

/** The payment provider's stand-in: takes every charge and hands out references that never repeat. */
export function paymentsHandler(metrics: Registry, run: string, isDown: () => boolean): Handler {
  let taken = 0;
  metrics.add('payments_total', { result: 'taken' }, 0);
  return ({ method, path }) => {
    if (isDown()) return json(503, { error: 'the payment provider is not available' });
    if (method === 'GET' && path === '/healthz') return json(200, { ok: true });
    if (method !== 'POST' || path !== '/charge') return json(404, { error: 'not found' });
    taken += 1;
    metrics.add('payments_total', { result: 'taken' });
    return json(201, { reference: `${run}-${taken}` });
  };
}
