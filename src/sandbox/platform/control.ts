import { isoTime, realNow } from '../clock.ts';
import { call, fields, json, type Handler, type Incoming, type Reply } from '../http.ts';
import { parseWeights, readWeights, writeWeights } from '../proxy/weights-file.ts';
import { findRelease, isInstanceName } from '../releases.ts';
import { isFaultId } from './faults.ts';
import { writePaths, type WritePath } from './freeze.ts';
import type { DeployResult, Instance } from './instances.ts';
import type { Platform } from './platform.ts';

/** What the control API does that concerns the whole process. */
export interface ControlActions {
  shutdown(): void;
  snapshot(name: string): Promise<void>;
  /** False where there is no such snapshot. */
  restore(name: string): Promise<boolean>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The platform's own API, for shopctl and for whoever runs the sandbox. Only the first paths go without the token. */
export function controlHandler(platform: () => Platform, actions: ControlActions): Handler {
  return async (incoming) => {
    const { path } = incoming;
    if (path === '/token-proof')
      return json(200, { token: platform().start.token, folder: platform().start.folder });
    if (path === '/clock') return clockReply(platform());
    if (path === '/metrics') return { status: 200, body: platform().metrics.exposition() };
    if (incoming.headers['x-sandbox-token'] !== platform().start.token)
      return json(403, { error: 'this needs the token of the sandbox' });
    const route = `${incoming.method} ${path}`;
    const body = fields(incoming.body);
    return (
      (await lifeRoute(route, body, platform(), actions)) ??
      (await instanceRoute(route, body, platform())) ??
      (await freezeRoute(route, body, platform())) ??
      (await pipelineRoute(route, body, platform())) ??
      (await settingsRoute(route, incoming, body, platform())) ??
      json(404, { error: `there is no ${route}` })
    );
  };
}

function clockReply({ clock }: Platform): Reply {
  const now = clock.now();
  return json(200, { domain: isoTime(now), domainMs: now, real: isoTime(realNow()), speed: clock.speed });
}

async function lifeRoute(
  route: string,
  body: Fields,
  platform: Platform,
  actions: ControlActions,
): Promise<Reply | null> {
  switch (route) {
    case 'GET /status':
      return json(200, {
        values: platform.values,
        speed: platform.clock.speed,
        seed: platform.start.seed,
        pid: process.pid,
        series: platform.store.size(),
      });
    case 'POST /shutdown':
      actions.shutdown();
      return json(202, {});
    case 'POST /snapshot':
      await actions.snapshot(String(body['name'] ?? 'default'));
      return json(200, {});
    case 'POST /restore':
      return (await actions.restore(String(body['name'] ?? 'default')))
        ? json(200, {})
        : json(404, { error: 'there is no such snapshot' });
    case 'POST /faults/arm': {
      const { fault, seed, afterMs } = body;
      if (!isFaultId(fault)) return json(400, { error: `the sandbox cannot inject ${String(fault)}` });
      await platform.faults.disarm(); // one at a time
      return json(
        200,
        platform.faults.arm(
          fault,
          typeof seed === 'number' ? seed : platform.start.seed,
          typeof afterMs === 'number' ? afterMs : null,
        ),
      );
    }
    case 'POST /faults/disarm':
      await platform.faults.disarm();
      return json(200, {});
    default:
      return null;
  }
}

const deployed = ({ ok, text }: DeployResult): Reply => json(ok ? 200 : 409, { ok, text });

async function instanceRoute(
  route: string,
  body: Fields,
  { instances, start, faults }: Platform,
): Promise<Reply | null> {
  if (route === 'GET /threads') {
    const headers = { 'x-sandbox-token': start.token };
    const answers = await Promise.all(
      instances.list.map(({ url }) =>
        call(`${url}/admin/threads`, { headers, timeoutMs: 3_000 }).catch(() => null),
      ),
    );
    return json(200, {
      threads: answers.map((answer, index) =>
        answer ? fields(answer.text) : { instance: instances.list[index]?.name, error: 'no answer' },
      ),
    });
  }
  if (route === 'GET /instances')
    return json(200, { instances: await Promise.all(instances.list.map(describe)) });
  if (!['POST /deploy', 'POST /restart', 'POST /stop'].includes(route)) return null;
  const name = body['name'];
  if (!isInstanceName(name)) return json(400, { error: `there is no instance ${String(name)}` });
  if (route === 'POST /restart') return deployed(await instances.restart(name));
  if (route === 'POST /stop') return deployed(await instances.stop(name));
  const release = findRelease(body['version']);
  if (!release) return json(400, { error: `there is no release ${String(body['version'])}` });
  await faults.deploying(release.version);
  return deployed(await instances.deploy(name, release.version, body['force'] === true));
}

/** What the instance itself says it is; null where it does not answer. */
async function describe({ name, url, release }: Instance): Promise<unknown> {
  const answer = await call(`${url}/healthz`, { timeoutMs: 1_500 }).catch(() => null);
  const version = answer ? fields(answer.text)['version'] : null;
  return {
    name,
    url,
    version: typeof version === 'string' ? version : null,
    healthy: answer?.status === 200,
    release,
  };
}

async function freezeRoute(route: string, body: Fields, platform: Platform): Promise<Reply | null> {
  const { freeze, databaseSessions } = platform;
  switch (route) {
    case 'POST /freeze':
      await freeze.freeze(body['mode'] === '405' ? '405' : '503');
      return json(200, { state: await freeze.state() });
    case 'POST /thaw':
      await freeze.thaw();
      return json(200, { state: await freeze.state() });
    case 'GET /freeze':
      return json(200, { state: await freeze.state() });
    case 'POST /write-probe': {
      const chosen = writePaths.filter(
        (one): one is WritePath => body['through'] === undefined || body['through'] === one,
      );
      return json(200, { attempts: await freeze.probe(chosen) });
    }
    case 'GET /sessions':
      return json(200, { sessions: [...(await freeze.sessions()), ...databaseSessions.list()] });
    case 'POST /terminate':
      return terminate(String(body['id']), platform);
    default:
      return null;
  }
}

async function terminate(id: string, { freeze, databaseSessions }: Platform): Promise<Reply> {
  const [on, number] = id.split('/');
  const done = isInstanceName(on)
    ? await freeze.terminate(on, Number(number))
    : await databaseSessions.terminate(id);
  return done ? json(200, {}) : json(404, { error: `there is no session ${id}` });
}

async function pipelineRoute(route: string, body: Fields, { pipeline }: Platform): Promise<Reply | null> {
  switch (route) {
    case 'GET /ci':
      return json(200, await pipeline.state());
    case 'POST /ci/pause':
      pipeline.pause();
      return json(200, {});
    case 'POST /ci/resume':
      pipeline.resume();
      return json(200, {});
    case 'POST /ci/cancel':
      await pipeline.cancel();
      return json(200, {});
    case 'POST /ci/try':
      return pipeline.paused()
        ? json(409, { error: 'the pipeline is paused' })
        : json(200, await pipeline.state());
    case 'POST /ci/push':
      return json(200, { sha: await pipeline.push(String(body['message'] ?? 'A small change')) });
    case 'POST /ci/revert':
      return json(200, { sha: await pipeline.revert() });
    default:
      return null;
  }
}

async function settingsRoute(
  route: string,
  incoming: Incoming,
  body: Fields,
  platform: Platform,
): Promise<Reply | null> {
  const { flags, jobs, proxy, start } = platform;
  const job = typeof body['name'] === 'string' ? body['name'] : null;
  switch (route) {
    case 'GET /flags':
      return json(200, flags.all());
    case 'POST /flags':
      if (typeof body['name'] !== 'string' || typeof body['on'] !== 'boolean')
        return json(400, { error: 'a flag has a name and is on or off' });
      flags.set(body['name'], body['on']);
      return json(200, flags.all());
    case 'GET /jobs':
      return json(200, { jobs: jobs.jobs(), now: platform.clock.now() });
    case 'POST /jobs/pause':
      return jobs.pause(job) ? json(200, {}) : json(404, { error: `there is no job ${String(job)}` });
    case 'POST /jobs/resume':
      return jobs.resume(job) ? json(200, {}) : json(404, { error: `there is no job ${String(job)}` });
    case 'GET /weights':
      return json(200, { runtime: (await proxy.get('/state'))['weights'], file: readWeights(start.folder) });
    case 'POST /weights': {
      const answer = await proxy.post('/weights', body);
      return json(answer.status, fields(answer.text));
    }
    case 'POST /weights/reload': {
      const answer = await proxy.post('/reload', {});
      return json(answer.status, fields(answer.text));
    }
    case 'POST /weights/file': {
      const weights = parseWeights(body);
      if (weights === null) return json(400, { error: 'a weight is a whole number from 0 to 256' });
      writeWeights(start.folder, { ...readWeights(start.folder), ...weights });
      return json(200, {});
    }
    case 'GET /proxy':
      return json(200, await proxy.get('/state'));
    default:
      return incoming.path === '/chat' && incoming.method === 'POST' ? platform.chat.handler(incoming) : null;
  }
}
