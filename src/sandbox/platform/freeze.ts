import * as http from 'node:http';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { call, fields } from '../http.ts';
import { instanceNames, type InstanceName } from '../releases.ts';
import { freezeMarker } from '../shop/sessions.ts';
import type { InstanceManager } from './instances.ts';
import type { ProxyClient } from './proxy-client.ts';

export type WritePath = 'proxy' | 'direct' | 'existing';
export const writePaths: readonly WritePath[] = ['proxy', 'direct', 'existing'];

interface WriteAttempt {
  readonly through: WritePath;
  readonly instance: string | null;
  readonly result: 'accepted' | 'refused' | 'no answer';
  readonly detail: string;
}

export interface SessionRow {
  readonly id: string;
  readonly on: string;
  readonly client: string;
  readonly openedAt: number;
  readonly writes: boolean;
}

export interface Freeze {
  freeze(mode: '503' | '405'): Promise<void>;
  thaw(): Promise<void>;
  state(): Promise<'open' | 'frozen' | 'partial'>;
  probe(paths: readonly WritePath[]): Promise<readonly WriteAttempt[]>;
  /** The open client connections of every instance. */
  sessions(): Promise<readonly SessionRow[]>;
  terminate(instance: InstanceName, id: number): Promise<boolean>;
  /** Keeps the probe's own connections open, so that there are existing sessions to test. */
  keepSessions(): Promise<void>;
  close(): void;
}

/**
 * The write freeze: the proxy refuses writes, a marker tells new sessions, and each instance tells the open ones.
 * It answers what it set; whether a write still gets through is for the probe to say.
 */
export function writeFreeze(
  folder: string,
  token: string,
  instances: InstanceManager,
  proxy: () => ProxyClient,
  front: () => string,
): Freeze {
  const marker = freezeMarker(folder);
  const headers = { 'x-sandbox-token': token };
  const agents = new Map(
    instanceNames.map((name) => [name, new http.Agent({ keepAlive: true, maxSockets: 1 })]),
  );

  const tellAll = (path: string): Promise<unknown> =>
    Promise.all(
      instances.list.map(({ url }) =>
        call(`${url}${path}`, { method: 'POST', headers, timeoutMs: 4_000 }).catch(() => null),
      ),
    );

  async function tryWrite(
    through: WritePath,
    url: string,
    instance: string | null,
    agent?: http.Agent,
  ): Promise<WriteAttempt> {
    try {
      const answer = await call(`${url}/cart`, {
        body: { product: 1, quantity: 1 },
        timeoutMs: 3_000,
        headers: { 'x-client': 'write-probe' },
        ...(agent ? { agent } : {}),
      });
      const reason = fields(answer.text)['error'];
      const detail = `${answer.status}${typeof reason === 'string' ? ` ${reason}` : ''}`;
      return { through, instance, result: answer.status < 300 ? 'accepted' : 'refused', detail };
    } catch (error) {
      return {
        through,
        instance,
        result: 'no answer',
        detail: error instanceof Error ? error.message : String(error),
      };
    }
  }

  function attempts(through: WritePath): readonly Promise<WriteAttempt>[] {
    if (through === 'proxy') return [tryWrite(through, front(), null)];
    return instances.list.map(({ name, url }) =>
      through === 'existing'
        ? tryWrite(through, url, name, agents.get(name))
        : tryWrite(through, url, name, new http.Agent({ keepAlive: false })),
    );
  }

  return {
    async freeze(mode) {
      writeFileSync(marker, 'frozen\n');
      await proxy().post('/freeze', { mode });
      await tellAll('/admin/freeze');
    },
    async thaw() {
      rmSync(marker, { force: true });
      await tellAll('/admin/thaw');
      await proxy().post('/freeze', { mode: 'off' });
    },
    async state() {
      const atProxy = (await proxy().get('/state'))['freeze'] !== 'off';
      const atInstances = existsSync(marker);
      if (atProxy !== atInstances) return 'partial';
      return atProxy ? 'frozen' : 'open';
    },
    probe: (paths) => Promise.all(paths.flatMap(attempts)),
    async sessions() {
      const rows = await Promise.all(
        instances.list.map(async ({ name, url }) => {
          const answer = await call(`${url}/admin/sessions`, { headers, timeoutMs: 2_000 }).catch(() => null);
          const list = answer ? fields(answer.text)['sessions'] : [];
          return Array.isArray(list) ? list.map((session: unknown) => sessionRow(name, session)) : [];
        }),
      );
      return rows.flat().filter(({ client }) => !readers.has(client));
    },
    async terminate(instance, id) {
      const answer = await call(`${instances.find(instance).url}/admin/terminate?id=${id}`, {
        method: 'POST',
        headers,
      });
      return fields(answer.text)['terminated'] === true;
    },
    async keepSessions() {
      await Promise.all(
        instances.list.map(({ name, url }) => {
          const agent = agents.get(name);
          return call(`${url}/version`, {
            timeoutMs: 1_000,
            headers: { 'x-client': 'write-probe' },
            ...(agent ? { agent } : {}),
          }).catch(() => null);
        }),
      );
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

/** Clients that only ever read: no business of a freeze. */
const readers: ReadonlySet<string> = new Set(['unknown', 'metrics', 'proxy-health']);

function sessionRow(instance: string, value: unknown): SessionRow {
  const session =
    typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  return {
    id: `${instance}/${String(session['id'])}`,
    on: instance,
    client: String(session['client']),
    openedAt: Number(session['openedAt']),
    writes: session['writable'] === true,
  };
}
