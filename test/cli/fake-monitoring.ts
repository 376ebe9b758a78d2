import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';

/** A small server that answers like Prometheus: every metric has one value, now and in the past, or no samples. */
export interface FakeMonitoring {
  readonly url: string;
  /** By the name of the metric; null where it has no samples. */
  set(metric: string, value: number | null): void;
  /** What was asked, with its method. */
  readonly asked: () => readonly string[];
  close(): Promise<void>;
}

export async function openMonitoring(
  metrics: Readonly<Record<string, number | null>>,
): Promise<FakeMonitoring> {
  const values = new Map(Object.entries(metrics));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      const path = request.url ?? '';
      const parameters = new URLSearchParams(body);
      const metric = parameters.get('query') ?? '';
      const value = values.get(metric) ?? null;
      asked.push(`${request.method ?? ''} ${path} ${metric}`);
      const at = (name: string) => Number(parameters.get(name));
      const times = path.endsWith('query_range')
        ? Array.from(
            { length: Math.floor((at('end') - at('start')) / at('step')) + 1 },
            (_, step) => at('start') + step * at('step'),
          )
        : [at('time')];
      const samples = times.map((time) => [time, String(value)]);
      const result = path.endsWith('query_range')
        ? { resultType: 'matrix', result: value === null ? [] : [{ metric: {}, values: samples }] }
        : { resultType: 'vector', result: value === null ? [] : [{ metric: {}, value: samples[0] }] };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: result }));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (metric, value) => void values.set(metric, value),
    asked: () => asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** A runbook whose triggers read two metrics, `errors` and `latency`, and the number behind them, `requests`. */
export const watchedRunbook = (
  prometheus: string,
  { id = 'shop_rollback', service = 'shop', extra = '' } = {},
): string => `walkback: 1
id: ${id}
title: Take the shop back
service: ${service}
owner: payments
objective: 10m
maturity: staging
inputs:
  release: { type: version, ask: Which release is failing?, example: 2.0.0 }
  target: { type: version, from: { run: [no-such-tool-in-a-pipeline] } }
environments:
  staging: { values: { prometheus: '${prometheus}' } }
probes:
  errors: { prometheus: '\${{ env.prometheus }}', query: errors, unit: ratio }
  latency: { prometheus: '\${{ env.prometheus }}', query: latency, unit: seconds }
  requests: { prometheus: '\${{ env.prometheus }}', query: requests }
triggers:
  - { id: err, probe: errors, breach: '> 0.02', for: 2s, interval: 200ms, min_events: 100, events: requests, advise: rollback }
  - { id: p95, probe: latency, breach: '> 0.8', for: 2s, interval: 200ms, advise: investigate }
decide: { any: [err] }
${extra}phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, manual: Is it better?, read_only: true }
      - { id: done, end: rolled_back }
`;
