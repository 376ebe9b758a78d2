/** A webhook as Alertmanager sends it. */
export interface SentAlert {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly status?: 'firing' | 'resolved';
  readonly startsAt?: string;
  readonly summary?: string;
}

export function webhookOf(...alerts: readonly SentAlert[]): Readonly<Record<string, unknown>> {
  return {
    version: '4',
    groupKey: `{}:{alertname="${alerts[0]?.name ?? ''}"}`,
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status !== 'resolved') ? 'firing' : 'resolved',
    receiver: 'walkback',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alerts.example',
    alerts: alerts.map(
      ({ name, labels = {}, status = 'firing', startsAt = '2026-03-01T18:02:00Z', summary }) => ({
        status,
        labels: { alertname: name, ...labels },
        annotations: summary === undefined ? {} : { summary },
        startsAt,
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.example/graph',
        fingerprint: `${name}-${JSON.stringify(labels)}`,
      }),
    ),
  };
}

/** Posts it as Alertmanager does. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: { readonly [key: string]: unknown } }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: JSON.parse(await response.text()) as { readonly [key: string]: unknown },
  };
}
