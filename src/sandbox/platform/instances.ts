import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { MovableClock } from '../clock.ts';
import { realNow } from '../clock.ts';
import { call, fields } from '../http.ts';
import { instanceNames, type InstanceName } from '../releases.ts';
import type { Conditions, ShopStart, ToShop } from '../shop/conditions.ts';
import type { Child, Launcher } from './children.ts';
import type { ProxyClient } from './proxy-client.ts';

export interface Instance {
  readonly name: InstanceName;
  url: string;
  /** What was deployed; what runs may differ. */
  release: string;
  child: Child | null;
  wanted: 'running' | 'stopped';
  busy: boolean;
}

export interface DeployResult {
  readonly ok: boolean;
  readonly text: string;
}

export interface InstanceManager {
  readonly list: readonly Instance[];
  find(name: InstanceName): Instance;
  startAll(releases: Readonly<Record<string, string>>): Promise<void>;
  stopAll(): Promise<void>;
  /** Waits for the changes that are under way. */
  settled(): Promise<void>;
  deploy(name: InstanceName, version: string, force: boolean): Promise<DeployResult>;
  restart(name: InstanceName): Promise<DeployResult>;
  stop(name: InstanceName): Promise<DeployResult>;
  /** Tells every instance what the injector bends now. */
  push(conditions: Conditions): void;
  useProxy(proxy: ProxyClient): void;
}

export interface InstanceParts {
  readonly launcher: Launcher;
  readonly clock: MovableClock;
  readonly folder: string;
  readonly token: string;
  readonly seed: number;
  readonly payments: string;
  readonly flags: string;
  readonly conditions: () => Conditions;
  /** How long an instance of this version takes before it answers, beyond its own start; real time. */
  readonly coldStartMs: (version: string) => number;
  /** True where this deploy answers that it is done without starting the instance again. */
  readonly restartIsLost: (name: InstanceName, version: string) => boolean;
}

/** Below the ports that systems hand out by themselves: a port must still be free when its instance starts again. */
const [firstPort, lastPort] = [20_000, 32_000];
const mostPortTries = 20;

const healthyWithinMs = 4_000;
const drainWithinMs = 2_000;

/** Starts, replaces and watches the shop's processes, as a host's process manager would. */
export function instanceManager(parts: InstanceParts): InstanceManager {
  const list: Instance[] = instanceNames.map((name) => ({
    name,
    url: '',
    release: '',
    child: null,
    wanted: 'stopped',
    busy: false,
  }));
  let proxy: ProxyClient | null = null;

  const find = (name: InstanceName): Instance => {
    const instance = list.find((one) => one.name === name);
    if (!instance) throw new Error(`there is no instance ${name}`);
    return instance;
  };

  async function start(instance: Instance): Promise<void> {
    instance.wanted = 'running';
    const child = await launch(instance);
    instance.url = `http://127.0.0.1:${Number(child.ready['port'])}`;
    watch(instance, child);
  }

  /** The port stays with the instance, and another one is only tried for the first start. */
  async function launch(instance: Instance): Promise<Child> {
    for (let attempt = 1; ; attempt += 1) {
      const port = instance.url === '' ? randomInt(firstPort, lastPort) : Number(new URL(instance.url).port);
      try {
        return await parts.launcher.start('shop', instance.name, startMessage(instance, port));
      } catch (error) {
        const taken = error instanceof Error && error.message.includes('EADDRINUSE');
        if (!taken || attempt === mostPortTries) throw error;
        if (instance.url !== '') await pause(100);
      }
    }
  }

  const startMessage = (instance: Instance, port: number): ShopStart => ({
    type: 'start',
    name: instance.name,
    version: instance.release,
    port,
    folder: parts.folder,
    token: parts.token,
    seed: parts.seed + list.indexOf(instance),
    clock: parts.clock.base(),
    payments: parts.payments,
    flags: parts.flags,
    conditions: parts.conditions(),
  });

  /** A process that ends unasked is started again, once: a release that cannot start must not spin. */
  function watch(instance: Instance, child: Child): void {
    instance.child = child;
    void child.exited.then(async () => {
      if (instance.child !== child) return;
      instance.child = null;
      await pause(300);
      if (instance.child !== null || instance.wanted !== 'running') return;
      await start(instance).catch(() => {
        // it stays down until the next deploy or restart, and that is visible
      });
    });
  }

  async function end(instance: Instance): Promise<void> {
    instance.wanted = 'stopped';
    const { child } = instance;
    instance.child = null;
    await child?.stop();
  }

  async function drained(instance: Instance, on: boolean): Promise<void> {
    const until = realNow() + drainWithinMs;
    for (;;) {
      const answer = await proxy?.post('/drain', { name: instance.name, drained: on }).catch(() => null);
      if (!on || !answer || Number(fields(answer.text)['inFlight'] ?? 0) === 0 || realNow() > until) return;
      await pause(10);
    }
  }

  async function healthy(instance: Instance): Promise<string | null> {
    const until = realNow() + healthyWithinMs;
    for (;;) {
      const answer = await call(`${instance.url}/healthz`, { timeoutMs: 1_000 }).catch(() => null);
      if (answer?.status === 200) return null;
      const body = answer ? fields(answer.text) : {};
      // The schema does not mend itself while we wait: say so at once.
      if (answer?.status === 503)
        return `the schema is at ${String(body['schema'])} and ${instance.release} reads ${String(body['reads'])}`;
      if (realNow() > until) return 'it does not answer';
      await pause(20);
    }
  }

  async function replace(instance: Instance): Promise<string | null> {
    await drained(instance, true);
    await end(instance);
    await pause(parts.coldStartMs(instance.release));
    await start(instance);
    const why = await healthy(instance);
    await drained(instance, false);
    return why;
  }

  async function alone(
    name: InstanceName,
    work: (instance: Instance) => Promise<DeployResult>,
  ): Promise<DeployResult> {
    const instance = find(name);
    if (instance.busy) return { ok: false, text: `${name} is being changed by another deploy` };
    instance.busy = true;
    try {
      return await work(instance);
    } catch (error) {
      return { ok: false, text: error instanceof Error ? error.message : String(error) };
    } finally {
      instance.busy = false;
    }
  }

  return {
    list,
    find,
    useProxy(client) {
      proxy = client;
    },
    async startAll(releases) {
      for (const instance of list) instance.release = releases[instance.name] ?? instance.release;
      await Promise.all(list.map(start));
    },
    async settled() {
      while (list.some(({ busy }) => busy)) await pause(10); // each change has its own limits
    },
    async stopAll() {
      await Promise.all(list.map(end));
    },
    deploy: (name, version, force) =>
      alone(name, async (instance) => {
        if (instance.release === version && instance.child !== null && !force)
          return { ok: true, text: `${name} already has ${version}` };
        instance.release = version;
        if (!force && parts.restartIsLost(name, version))
          return { ok: true, text: `${name} now runs ${version}` };
        const why = await replace(instance);
        return why === null
          ? { ok: true, text: `${name} now runs ${version}` }
          : { ok: false, text: `${name} started on ${version} but is not healthy: ${why}` };
      }),
    restart: (name) =>
      alone(name, async (instance) => {
        const why = await replace(instance);
        return why === null
          ? { ok: true, text: `${name} was restarted on ${instance.release}` }
          : { ok: false, text: `${name} was restarted on ${instance.release} but is not healthy: ${why}` };
      }),
    stop: (name) =>
      alone(name, async (instance) => {
        await drained(instance, true);
        await end(instance);
        return { ok: true, text: `${name} is stopped` };
      }),
    push(conditions) {
      const message: ToShop = { type: 'conditions', conditions };
      for (const { child } of list) if (child?.process.connected) child.process.send(message);
    },
  };
}
