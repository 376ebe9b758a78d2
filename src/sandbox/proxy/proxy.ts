import * as http from 'node:http';
import {
  call,
  fields,
  json,
  listen,
  type Handler,
  type Incoming,
  type Listener,
  type Reply,
} from '../http.ts';
import { metricRegistry, type Registry } from '../metrics/registry.ts';
import { checkUpstream, chooseUpstream, newUpstream, type Upstream } from './upstreams.ts';
import { serveRuntimeApi } from './runtime-api.ts';
import { parseWeights, readWeights } from './weights-file.ts';

export interface ProxyStart {
  readonly type: 'start';
  readonly folder: string;
  readonly token: string;
  readonly instances: readonly { readonly name: string; readonly url: string }[];
}

export interface RunningProxy {
  readonly port: number;
  readonly adminPort: number;
  close(): Promise<void>;
}

export type FreezeMode = 'off' | '503' | '405';

interface ProxyState {
  readonly upstreams: readonly Upstream[];
  readonly metrics: Registry;
  readonly agent: http.Agent;
  freeze: FreezeMode;
}

const healthEveryMs = 200;

/** The reverse proxy before the instances: weights, health, one-instance routing by header, and the write freeze. */
export async function startProxy(start: ProxyStart): Promise<RunningProxy> {
  const weights = readWeights(start.folder);
  const state: ProxyState = {
    upstreams: start.instances.map(({ name, url }) => newUpstream(name, url, weights[name] ?? 0)),
    metrics: metricRegistry(),
    agent: new http.Agent({ keepAlive: true, maxSockets: 64 }),
    freeze: 'off',
  };
  await Promise.all(state.upstreams.map(checkUpstream));
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void Promise.all(state.upstreams.map(checkUpstream)).finally(() => {
      busy = false;
    });
  }, healthEveryMs);
  const front = await listen((incoming) => forward(state, incoming));
  const admin = await listen(adminHandler(state, start));
  const runtime = await serveRuntimeApi(start.folder, {
    servers: () =>
      state.upstreams.map(({ name, weight, healthy, drained }) => ({
        name,
        weight,
        up: healthy && !drained,
      })),
    setWeight: (name, weight) => setOne(state, name, weight),
  });
  return {
    port: front.port,
    adminPort: admin.port,
    async close() {
      clearInterval(timer);
      state.agent.destroy();
      runtime?.close();
      await closeAll([front, admin]);
    },
  };
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  for (const { server } of listeners) server.closeAllConnections();
  await Promise.all(listeners.map((listener) => listener.close()));
}

async function forward(state: ProxyState, incoming: Incoming): Promise<Reply> {
  const writes = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  if (writes && state.freeze !== 'off') {
    state.metrics.add('proxy_writes_refused_total', {});
    return json(
      Number(state.freeze),
      { error: 'writes are frozen' },
      { 'x-frozen': 'proxy', 'retry-after': '30' },
    );
  }
  const wanted = incoming.headers['x-shop-instance'];
  if (typeof wanted === 'string') {
    const upstream = state.upstreams.find(({ name }) => name === wanted);
    if (!upstream) return json(404, { error: `there is no instance ${wanted}` });
    return (await send(state, upstream, incoming)) ?? json(502, { error: `${wanted} does not answer` });
  }
  const tried = new Set<string>();
  for (;;) {
    const upstream = chooseUpstream(state.upstreams, tried);
    if (!upstream) return json(tried.size === 0 ? 503 : 502, { error: 'no healthy instance' });
    tried.add(upstream.name);
    const reply = await send(state, upstream, incoming);
    if (reply) return reply;
    if (writes) return json(502, { error: `${upstream.name} does not answer` }); // may have been done: never twice
  }
}

async function send(state: ProxyState, upstream: Upstream, incoming: Incoming): Promise<Reply | null> {
  upstream.inFlight += 1;
  try {
    const body = incoming.body === '' ? undefined : fields(incoming.body);
    const answer = await call(
      `${upstream.url}${incoming.path}${incoming.query.size > 0 ? `?${incoming.query.toString()}` : ''}`,
      {
        method: incoming.method,
        agent: state.agent,
        headers: { 'x-client': 'proxy' },
        ...(body === undefined ? {} : { body }),
      },
    );
    count(state, upstream, String(answer.status));
    const frozen = answer.headers['x-frozen'];
    return {
      status: answer.status,
      body: answer.text,
      headers: {
        'content-type': answer.headers['content-type'] ?? 'application/json',
        'x-served-by': upstream.name,
        ...(typeof frozen === 'string' ? { 'x-frozen': frozen } : {}),
      },
    };
  } catch {
    count(state, upstream, '502');
    return null;
  } finally {
    upstream.inFlight -= 1;
  }
}

const count = (state: ProxyState, { name, version }: Upstream, code: string): void =>
  state.metrics.add('proxy_requests_total', { upstream: name, version, code });

function adminHandler(state: ProxyState, start: ProxyStart): Handler {
  return (incoming) => {
    if (incoming.path === '/metrics') return { status: 200, body: exposition(state) };
    if (incoming.headers['x-sandbox-token'] !== start.token)
      return json(403, { error: 'this needs the token of the sandbox' });
    switch (`${incoming.method} ${incoming.path}`) {
      case 'GET /state':
        return json(200, stateOf(state));
      case 'POST /weights':
        return setWeights(state, parseWeights(fields(incoming.body)));
      case 'POST /reload':
        return setWeights(state, readWeights(start.folder));
      case 'POST /freeze': {
        const mode = fields(incoming.body)['mode'];
        if (mode !== 'off' && mode !== '503' && mode !== '405')
          return json(400, { error: 'mode is off, 503 or 405' });
        state.freeze = mode;
        return json(200, stateOf(state));
      }
      case 'POST /drain':
        return drain(state, String(fields(incoming.body)['name']), fields(incoming.body)['drained'] === true);
      default:
        return json(404, { error: 'not found' });
    }
  };
}

const stateOf = (state: ProxyState): unknown => ({
  freeze: state.freeze,
  weights: Object.fromEntries(state.upstreams.map(({ name, weight }) => [name, weight])),
  upstreams: state.upstreams.map(({ name, healthy, drained, version, inFlight }) => ({
    name,
    healthy,
    drained,
    version,
    inFlight,
  })),
});

function setWeights(state: ProxyState, weights: Readonly<Record<string, number>> | null): Reply {
  if (weights === null) return json(400, { error: 'a weight is a whole number from 0 to 256' });
  const unknown = Object.keys(weights).find(
    (name) => !state.upstreams.some((upstream) => upstream.name === name),
  );
  if (unknown !== undefined) return json(400, { error: `there is no instance ${unknown}` });
  const next = state.upstreams.map(({ name, weight }) => weights[name] ?? weight);
  if (next.every((weight) => weight === 0))
    return json(409, { error: 'this would leave no instance with traffic' });
  for (const [index, upstream] of state.upstreams.entries()) {
    upstream.weight = next[index] ?? upstream.weight;
    upstream.credit = 0;
  }
  return json(200, stateOf(state));
}

/** One weight at a time, as the runtime API sets them: in between nobody may have any traffic. */
function setOne(state: ProxyState, name: string, weight: number): string | null {
  const upstream = state.upstreams.find((one) => one.name === name);
  if (!upstream) return 'No such server.';
  if (weight > 256) return 'Invalid weight.';
  upstream.weight = weight;
  for (const one of state.upstreams) one.credit = 0;
  return null;
}

/** Takes an instance out or puts it back, and says how much it still works on. Back means healthy now, not at the next check. */
async function drain(state: ProxyState, name: string, drained: boolean): Promise<Reply> {
  const upstream = state.upstreams.find((one) => one.name === name);
  if (!upstream) return json(404, { error: `there is no instance ${name}` });
  if (!drained) {
    upstream.failures = 1;
    await checkUpstream(upstream);
  }
  upstream.drained = drained;
  return json(200, { inFlight: upstream.inFlight });
}

function exposition(state: ProxyState): string {
  state.metrics.set('proxy_frozen', {}, state.freeze === 'off' ? 0 : 1);
  for (const { name, weight, healthy } of state.upstreams) {
    state.metrics.set('proxy_upstream_weight', { upstream: name }, weight);
    state.metrics.set('proxy_upstream_healthy', { upstream: name }, healthy ? 1 : 0);
  }
  return state.metrics.exposition();
}

/** The role `proxy`. */
export function runProxyProcess(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
  process.once('message', (start: ProxyStart) => {
    startProxy(start).then(
      ({ port, adminPort }) => process.send?.({ type: 'ready', port, adminPort }),
      (error: unknown) => {
        process.send?.({ type: 'failed', why: error instanceof Error ? error.message : String(error) });
        process.exit(1);
      },
    );
  });
}
