import * as http from 'node:http';
import type { Socket } from 'node:net';

/** What another process of the sandbox answered. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Whether the request went over a connection that existed before. */
  readonly reused: boolean;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly agent?: http.Agent;
}

/** One request over loopback. Rejects when there is no answer in time. Plain `http`: `fetch` costs shopctl 20 ms. */
export function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const body = options.body === undefined ? null : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method: options.method ?? (body === null ? 'GET' : 'POST'),
      headers: {
        ...(body === null
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...options.headers,
      },
      ...(options.agent ? { agent: options.agent } : {}),
    });
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer from ${url} in time`)),
      options.timeoutMs ?? 10_000,
    );
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.on('response', (response) => {
      readAll(response).then(
        (text) => {
          clearTimeout(timer);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            reused: request.reusedSocket,
          });
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
    request.end(body ?? undefined);
  });
}

async function readAll(stream: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A request as the small servers of the sandbox see it: read to its end. */
export interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly socket: Socket;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (incoming: Incoming) => Reply | Promise<Reply>;

export interface Listener {
  readonly server: http.Server;
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

export const json = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply => ({
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
});

/** The object in a request's body; anything else, and an empty body, reads as an object without fields. */
export function fields(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Serves on loopback only. A handler that throws is a 500 with the message, and the server lives on. */
export function listen(handler: Handler, port = 0): Promise<Listener> {
  const server = http.createServer((request, response) => {
    void respond(handler, request, response);
  });
  // Long: an idle client session is a thing that the freeze has to reckon with, so the server must not close it.
  server.keepAliveTimeout = 3_600_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve({ server, port: bound, url: `http://127.0.0.1:${bound}`, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function respond(
  handler: Handler,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  let reply: Reply;
  try {
    const body = request.method === 'GET' || request.method === 'HEAD' ? '' : await readAll(request);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    reply = await handler({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      socket: request.socket,
    });
  } catch (error) {
    reply = json(500, { error: error instanceof Error ? error.message : String(error) });
  }
  if (response.destroyed) return;
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  response.end(request.method === 'HEAD' ? undefined : reply.body);
}
