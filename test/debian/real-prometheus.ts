import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startServer, type RealServer } from './real-server.ts';

/** A Prometheus of Debian's package on a free port of this machine, with its data in a folder of its own. */
export interface RealPrometheus extends RealServer {
  /** The answer of `/api/v1/query` at a moment (epoch milliseconds), as Prometheus sends it. */
  readonly ask: (query: string, atMs?: number) => Promise<QueryAnswer>;
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

/** `openMetrics` is a history that it starts with; `targets` are scraped every second as the job `shop`. */
export async function startPrometheus(given: {
  readonly targets?: readonly string[];
  readonly openMetrics?: string;
  /** Rules that raise alerts, evaluated every second. */
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
}): Promise<RealPrometheus> {
  const { url, stop } = await startServer('Prometheus', 'prometheus', async (folder) => {
    const data = join(folder, 'data');
    if (given.openMetrics !== undefined) {
      writeFileSync(join(folder, 'history.om'), given.openMetrics);
      await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history.om'), data]);
    }
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: given.targets ?? [] }] }],
      ...(given.rules === undefined ? {} : { rule_files: [join(folder, 'rules.yml')] }),
    };
    const groups = [{ name: 'shop', interval: '1s', rules: given.rules ?? [] }];
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups }));
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    return [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=20y',
    ];
  });
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
