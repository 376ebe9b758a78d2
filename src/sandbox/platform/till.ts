import * as http from 'node:http';
import { call, fields } from '../http.ts';
import type { Registry } from '../metrics/registry.ts';

export interface Till {
  /** One sale over the till's own connection. */
  sell(): Promise<void>;
  close(): void;
}

/** A till in the partner's store: it keeps one connection straight to an instance, past the proxy, and sells over it. */
export function till(url: () => string, metrics: Registry): Till {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const result of ['sold', 'refused', 'failed']) metrics.add('till_sales_total', { result }, 0);

  const post = (path: string, body: unknown): ReturnType<typeof call> =>
    call(`${url()}${path}`, {
      body,
      agent,
      timeoutMs: 2_000,
      headers: { 'x-client': 'till-7' },
    });

  return {
    async sell() {
      try {
        const cart = await post('/cart', { product: 3, quantity: 1 });
        const sale =
          cart.status === 201
            ? await post('/checkout', { cart: fields(cart.text)['cart'], customer: 7 })
            : cart;
        const result =
          sale.status === 201 ? 'sold' : sale.headers['x-frozen'] === undefined ? 'failed' : 'refused';
        metrics.add('till_sales_total', { result });
      } catch {
        metrics.add('till_sales_total', { result: 'failed' });
      }
    },
    close: () => agent.destroy(),
  };
}
