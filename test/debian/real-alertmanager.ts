import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './real-prometheus.ts';

/** An Alertmanager of Debian's package on a free port of this machine, with its data in a folder of its own. */
export interface RealAlertmanager {
  readonly url: string;
  /** Fires an alert, or says that it is over. */
  readonly alert: (
    labels: Readonly<Record<string, string>>,
    more?: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Everything goes to `webhook`, at once, and again every second. */
export async function startAlertmanager(webhook: string): Promise<RealAlertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-alertmanager-'));
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
  const port = await freePort();
  const process_ = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
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
    await until('Alertmanager answers', async () => {
      if (process_.exitCode !== null) throw new Error(`Alertmanager ended: ${complaints}`);
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
