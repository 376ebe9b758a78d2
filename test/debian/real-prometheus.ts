import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A Prometheus of Debian's package on a free port of this machine, with its data in a folder of its own. */
export interface RealPrometheus {
  readonly url: string;
  /** The answer of `/api/v1/query` at a moment (epoch milliseconds), as Prometheus sends it. */
  readonly ask: (query: string, atMs?: number) => Promise<QueryAnswer>;
  readonly stop: () => Promise<void>;
}

export interface QueryAnswer {
  readonly status: 'success' | 'error';
  readonly error?: string;
  readonly data?: {
    readonly resultType: string;
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}

/** Waits until it is so, and says what it waited for where it never is. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(100);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** `openMetrics` is a history that it starts with; `targets` are scraped every second as the job `shop`. */
export async function startPrometheus(given: {
  readonly targets?: readonly string[];
  readonly openMetrics?: string;
}): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-prometheus-'));
  const data = join(folder, 'data');
  if (given.openMetrics !== undefined) {
    writeFileSync(join(folder, 'history.om'), given.openMetrics);
    await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.om'), data]);
  }
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: given.targets ?? [] }] }],
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
  const port = await freePort();
  const process_ = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=20y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(process_, 'exit');
  let complaints = '';
  process_.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    process_.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('Prometheus answers', async () => {
      if (process_.exitCode !== null) throw new Error(`Prometheus ended: ${complaints}`);
      return fetch(`${url}/-/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop,
    ask: async (query, atMs) => {
      const body = new URLSearchParams({
        query,
        ...(atMs === undefined ? {} : { time: String(atMs / 1000) }),
      });
      const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body });
      return (await answer.json()) as QueryAnswer;
    },
  };
}

async function run(program: string, argv: readonly string[]): Promise<void> {
  const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (bytes: Buffer) => (complaints += bytes.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${complaints}`);
}

/** What a small shop says of itself; it may change at any time. */
export interface Behaviour {
  /** Share of failed requests, 0 to 1. */
  readonly errors: number;
  /** Share of requests that take longer than a second. */
  readonly slow: number;
  /** Share of transactions that fail. */
  readonly failedPayments: number;
}

export interface Exporter {
  readonly target: string;
  behave(how: Behaviour): void;
  /** Closes the port at once, connections included. */
  kill(): void;
}

/** An exporter that counts as if the shop had a hundred requests and twenty payments a second, and four rare ones. */
export async function startExporter(first: Behaviour): Promise<Exporter> {
  let how = first;
  let at = performance.now();
  const counts = { good: 0, bad: 0, fast: 0, slow: 0, paid: 0, unpaid: 0, rare: 0, rareBad: 0 };
  const advance = (): void => {
    const seconds = (performance.now() - at) / 1000;
    at = performance.now();
    counts.good += seconds * 100 * (1 - how.errors);
    counts.bad += seconds * 100 * how.errors;
    counts.fast += seconds * 100 * (1 - how.slow);
    counts.slow += seconds * 100 * how.slow;
    counts.paid += seconds * 20 * (1 - how.failedPayments);
    counts.unpaid += seconds * 20 * how.failedPayments;
    counts.rare += seconds * 4 * (37 / 40);
    counts.rareBad += seconds * 4 * (3 / 40);
  };
  const server: Server = createServer((_request, response) => {
    advance();
    const all = counts.fast + counts.slow;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(
      [
        `requests_total{status="200"} ${counts.good}`,
        `requests_total{status="500"} ${counts.bad}`,
        `payments_total{result="paid"} ${counts.paid}`,
        `payments_total{result="failed"} ${counts.unpaid}`,
        `rare_total{status="200"} ${counts.rare}`,
        `rare_total{status="500"} ${counts.rareBad}`,
        `latency_bucket{le="0.2"} ${counts.fast}`,
        `latency_bucket{le="1"} ${counts.fast}`,
        `latency_bucket{le="5"} ${all}`,
        `latency_bucket{le="+Inf"} ${all}`,
        '',
      ].join('\n'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave: (next) => {
      advance();
      how = next;
    },
    kill: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
