import { z } from 'zod';
import { nothing, type Discovery, type Place } from './look.ts';

const namesSchema = z.object({ status: z.literal('success'), data: z.array(z.string()) });
const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(z.object({ health: z.string(), labels: z.record(z.string(), z.string()) })),
  }),
});

/** Names of metrics that stand in the reference runbooks → the ones that there are. */
export type Metrics = Readonly<Record<string, string>>;

/** What Prometheus collects: its targets, and the counters that look like requests and their durations. */
export async function discoverPrometheus(
  { timeoutMs }: Place,
  url: string | null,
): Promise<Discovery & { readonly metrics: Metrics }> {
  if (url === null)
    return {
      ...nothing,
      metrics: {},
      skipped: ['Prometheus: its address is not known; give --prometheus URL, or set PROMETHEUS_URL'],
    };
  const ask = async <Kind>(path: string, schema: z.ZodType<Kind>): Promise<Kind | string> => {
    try {
      const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(timeoutMs) });
      const parsed = schema.safeParse(await answer.json());
      return parsed.success
        ? parsed.data
        : `Prometheus at ${url} answers ${String(answer.status)} to ${path}`;
    } catch (error) {
      return `Prometheus at ${url} does not answer (${error instanceof Error ? error.message : 'no reason given'})`;
    }
  };
  const names = await ask('/api/v1/label/__name__/values', namesSchema);
  if (typeof names === 'string') return { ...nothing, metrics: {}, skipped: [names] };
  const targets = await ask('/api/v1/targets?state=active', targetsSchema);
  const active = typeof targets === 'string' ? [] : targets.data.activeTargets;
  const jobs = [...new Set(active.map(({ labels }) => labels['job'] ?? 'without a job'))];
  const requests = firstOf(names.data, [
    /^http_requests_total$/,
    /^http_server_requests.*_(?:count|total)$/,
    /requests_total$/,
  ]);
  const durations = firstOf(names.data, [
    /^http_request_duration_seconds_bucket$/,
    /request.*duration.*_bucket$/,
    /_seconds_bucket$/,
  ]);
  const said = (what: string, metric: string | null): string =>
    metric === null
      ? `Prometheus: no metric looks like ${what}; put yours into the probes.`
      : `Prometheus: ${metric} looks like ${what}; look whether its labels are \`app\` and \`status\`.`;
  return {
    ...nothing,
    findings: [{ key: 'prometheus', value: url, source: 'it answers' }],
    metrics: {
      ...(requests === null ? {} : { http_requests_total: requests }),
      ...(durations === null ? {} : { http_request_duration_seconds_bucket: durations }),
    },
    notes: [
      `Prometheus: ${String(active.length)} targets (${jobs.join(', ')}), ${String(active.filter(({ health }) => health !== 'up').length)} of them not up`,
      said('requests', requests),
      said('durations', durations),
    ],
    skipped: typeof targets === 'string' ? [targets] : [],
  };
}

function firstOf(names: readonly string[], patterns: readonly RegExp[]): string | null {
  for (const pattern of patterns) {
    const found = names.find((name) => pattern.test(name));
    if (found !== undefined) return found;
  }
  return null;
}
