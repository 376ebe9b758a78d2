import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { isIP } from 'node:net';
import { errorCode } from './measure/answer.ts';
import { sha256Of } from './alert-webhook.ts';

/** Most that is read of one body. */
const mostBytes = 1_048_576;
/** A body beyond this is not even read to its end: the connection is cut. */
const mostDrained = 64 * mostBytes;
/** Deliveries that are recorded within a minute; more are answered with 429, which Alertmanager tries again. */
const mostPerMinute = 60;
const minuteMs = 60_000;

export interface Delivery {
  readonly body: string;
  /** SHA-256 of the body's bytes. */
  readonly rawHash: string;
  readonly bytes: number;
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly rawHash: string | null;
  readonly bytes: number;
}

export interface WebhookOptions {
  readonly host: string;
  readonly port: number;
  /** What senders show as `Authorization: Bearer …`; null where nobody has to, which only loopback may have. */
  readonly token: string | null;
  readonly nowMs: () => number;
  /** Answers a delivery. Its `refused` is told to `onRefused` as well. */
  readonly onDelivery: (delivery: Delivery) => WebhookAnswer;
  readonly onRefused: (refusal: Refusal) => void;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface WebhookServer {
  /** `127.0.0.1:9095` */
  readonly address: string;
  close(): Promise<void>;
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** Listens for webhooks. Rejects with the system's error where the port cannot be had. */
export function openWebhookServer(options: WebhookOptions): Promise<WebhookServer> {
  const { host, port, token, nowMs, onDelivery, onRefused } = options;
  let minute = { startMs: nowMs(), seen: 0 };

  /** Whether there is room for one more row in the ledger; the first that finds none is told of. */
  function mayRecord(): 'yes' | 'full' | 'still_full' {
    const now = nowMs();
    if (now - minute.startMs >= minuteMs) minute = { startMs: now, seen: 0 };
    minute = { ...minute, seen: minute.seen + 1 };
    if (minute.seen <= mostPerMinute) return 'yes';
    return minute.seen === mostPerMinute + 1 ? 'full' : 'still_full';
  }

  function refuse(response: ServerResponse, refusal: Refusal): void {
    if (mayRecord() !== 'still_full') onRefused(refusal);
    answer(response, { status: refusal.status, body: { error: refusal.reason } });
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const early = refusedUnread(request, host, token);
    if (early === 'healthy') return answer(response, { status: 200, body: { status: 'listening' } });
    if (early !== null) {
      request.resume();
      return refuse(response, { ...early, rawHash: null, bytes: 0 });
    }
    const bytes = await readBody(request);
    if (bytes === null) {
      const reason = `the body is larger than ${mostBytes} bytes`;
      response.setHeader('connection', 'close');
      refuse(response, { status: 413, reason, rawHash: null, bytes: mostBytes });
      return;
    }
    const rawHash = sha256Of(bytes);
    const room = mayRecord();
    if (room !== 'yes') {
      const reason = `more than ${mostPerMinute} deliveries in a minute`;
      if (room === 'full') onRefused({ status: 429, reason, rawHash, bytes: bytes.length });
      response.setHeader('retry-after', '60');
      return answer(response, { status: 429, body: { error: reason } });
    }
    answer(response, onDelivery({ body: bytes.toString('utf8'), rawHash, bytes: bytes.length }));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      // told to the sender, who tries again: what could not be recorded was not received
      if (!response.headersSent) answer(response, { status: 500, body: { error: String(error) } });
    });
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 5_000;
  server.maxConnections = 64;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const bound = server.address();
      const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve({
        address: `${host.includes(':') ? `[${host}]` : host}:${actual}`,
        close: () => {
          server.closeAllConnections();
          return new Promise((closed) => server.close(() => closed()));
        },
      });
    });
  });
}

type Early = 'healthy' | Pick<Refusal, 'status' | 'reason'>;

/** What can be refused before the body is read. */
function refusedUnread(request: IncomingMessage, host: string, token: string | null): Early | null {
  const { method = '', headers } = request;
  const path = (request.url ?? '/').split('?')[0];
  if (token !== null && !showsToken(headers.authorization ?? '', token))
    return { status: 401, reason: 'the token is missing or wrong' };
  // a page in a browser may reach loopback under a name of its own
  if (token === null && !isLoopback(hostOf(headers.host ?? host)))
    return { status: 403, reason: 'the Host header is not loopback' };
  if (method === 'GET' && path === '/healthz') return 'healthy';
  if (path !== '/' && path !== '/alerts') return { status: 404, reason: 'POST to /' };
  if (method !== 'POST') return { status: 405, reason: 'only POST is understood' };
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? null : { status: 415, reason: 'the body has to be application/json' };
}

const hostOf = (header: string): string =>
  header.startsWith('[') ? header.slice(1, header.indexOf(']')) : (header.split(':')[0] ?? '');

/** Digests are compared, so that neither length nor content shows in the time it takes. */
const showsToken = (header: string, token: string): boolean =>
  timingSafeEqual(Buffer.from(sha256Of(header)), Buffer.from(sha256Of(`Bearer ${token}`)));

/** The whole body, or null where it is too large. What is too large is read to its end, so that the answer arrives. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size <= mostBytes) chunks.push(bytes);
    else if (size > mostDrained) return null;
    else chunks.length = 0;
  }
  return size > mostBytes ? null : Buffer.concat(chunks);
}

function answer(response: ServerResponse, { status, body }: WebhookAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Why a port cannot be had, in words. */
export function listenTrouble(error: unknown): string {
  const code = errorCode(error);
  if (code === 'EADDRINUSE') return 'another program listens there already';
  if (code === 'EACCES') return 'ports below 1024 are not for everybody';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return error instanceof Error ? error.message : String(error);
}
