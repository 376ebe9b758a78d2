import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type RealServer } from './real-server.ts';

/** An Alertmanager of Debian's package on a free port of this machine, with its data in a folder of its own. */
export interface RealAlertmanager extends RealServer {
  /** Fires an alert, or says that it is over. */
  readonly alert: (
    labels: Readonly<Record<string, string>>,
    more?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
}

/** Everything goes to `webhook`, at once, and again every second. */
export async function startAlertmanager(webhook: string): Promise<RealAlertmanager> {
  const { url, stop } = await startServer('Alertmanager', 'prometheus-alertmanager', (folder) => {
    const config = {
      route: {
        receiver: 'walkback',
        group_by: ['alertname'],
        group_wait: '0s',
        group_interval: '1s',
        repeat_interval: '1s',
      },
      receivers: [{ name: 'walkback', webhook_configs: [{ url: webhook, send_resolved: true }] }],
    };
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify(config)); // JSON is YAML
    return [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      '--cluster.listen-address=',
    ];
  });
  return {
    url,
    stop,
    alert: async (labels, more = {}) => {
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([{ labels, annotations: { summary: '8 % of checkouts fail' }, ...more }]),
      });
      if (response.status !== 200) throw new Error(`Alertmanager answered ${response.status}`);
    },
  };
}
