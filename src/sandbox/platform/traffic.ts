import * as http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { calendar, type DomainClock } from '../clock.ts';
import { call, fields, type Answer } from '../http.ts';
import type { Registry } from '../metrics/registry.ts';
import { seededRandom, type Random } from '../random.ts';

export interface Traffic {
  start(): void;
  /** Ends every client after the request it is in. */
  stop(): Promise<void>;
}

export interface TrafficParts {
  readonly proxy: () => string;
  readonly metrics: Registry;
  readonly clock: DomainClock;
  readonly seed: number;
  readonly clients: number;
}

const coupons = ['WELCOME10', 'SPRING15', 'STAFF30'] as const;

/** Closed-loop customers: each thinks, asks, waits for the answer. A journey that ends well is the SLI. */
export function traffic(parts: TrafficParts): Traffic {
  const agent = new http.Agent({ keepAlive: true, maxSockets: parts.clients });
  for (const result of ['ok', 'failed', 'refused']) parts.metrics.add('journey_total', { result }, 0);
  let going = false;
  let clients: Promise<void>[] = [];

  async function client(random: Random): Promise<void> {
    await pause(random.next() * 200);
    while (going) {
      const result = await journey({ ...parts, agent, random, going: () => going });
      if (result !== null) parts.metrics.add('journey_total', { result });
    }
  }

  return {
    start() {
      going = true;
      clients = Array.from({ length: parts.clients }, (_, index) =>
        client(seededRandom(parts.seed * 1_000 + index)),
      );
    },
    async stop() {
      going = false;
      await Promise.all(clients);
      clients = [];
    },
  };
}

interface Walk extends TrafficParts {
  readonly agent: http.Agent;
  readonly random: Random;
  readonly going: () => boolean;
}

type JourneyResult = 'ok' | 'failed' | 'refused';

/** One visit; null where it was cut short because the traffic stops. */
async function journey(walk: Walk): Promise<JourneyResult | null> {
  const { random } = walk;
  const products = await ask(walk, 'GET', '/products');
  if (!good(products)) return ending(walk, products);
  if (random.next() < 0.3) return 'ok'; // only looked around
  const cart = await ask(walk, 'POST', '/cart', {
    product: 1 + random.below(20),
    quantity: 1 + random.below(3),
  });
  if (!good(cart)) return ending(walk, cart);
  const coupon = random.next() < 0.1 ? random.pick(coupons) : null;
  const bought = await ask(walk, 'POST', '/checkout', {
    cart: fields(cart?.text ?? '')['cart'],
    customer: 1 + random.below(200),
    ...(coupon === null ? {} : { coupon }),
  });
  if (!good(bought)) return ending(walk, bought);
  const order = Number(fields(bought?.text ?? '')['order']);
  const seen = await ask(walk, 'GET', `/orders/${order}`);
  // What a part of the customers does later; the shop may say no, and that is no failed journey.
  if (random.next() < 0.05)
    await ask(walk, 'POST', `/orders/${order}/refund`, { amountCents: 100 + random.below(200) });
  return good(seen) ? 'ok' : ending(walk, seen);
}

async function ask(walk: Walk, method: string, path: string, body?: unknown): Promise<Answer | null> {
  if (!walk.going()) return null;
  await pause(thinkMs(walk));
  if (!walk.going()) return null;
  return call(`${walk.proxy()}${path}`, {
    method,
    agent: walk.agent,
    ...(body === undefined ? {} : { body }),
    timeoutMs: 5_000,
  }).catch(() => failedAnswer);
}

const failedAnswer: Answer = { status: 0, headers: {}, text: '', reused: false };

const good = (answer: Answer | null): boolean =>
  answer !== null && answer.status >= 200 && answer.status < 300;

function ending(walk: Walk, answer: Answer | null): JourneyResult | null {
  if (!walk.going() || answer === null) return null;
  return answer.headers['x-frozen'] === undefined ? 'failed' : 'refused';
}

/** More customers by day than by night: up to a fifth more or less. */
function thinkMs({ clock, random }: Walk): number {
  const dayCurve = 1 + 0.2 * Math.cos(((calendar(clock.now()).hour - 15) / 24) * 2 * Math.PI);
  return (60 + 80 * random.next()) / dayCurve;
}
