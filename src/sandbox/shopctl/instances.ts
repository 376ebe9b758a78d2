import { call, fields } from '../http.ts';
import { findRelease, releases } from '../releases.ts';
import { argument, exits, listOf, settle, bodyOf, type Command, type Context, type Exit } from './context.ts';

async function instances(context: Context): Promise<Exit> {
  const list = listOf(await context.api('GET', '/instances'), 'instances');
  if (context.json) {
    context.out(
      JSON.stringify(list.map(({ name, url, version, healthy }) => ({ name, url, version, healthy }))),
    );
    return exits.yes;
  }
  for (const { name, url, version, healthy } of list) {
    context.out(
      `${String(name)}  ${String(version ?? 'no answer').padEnd(9)}  ${healthy === true ? 'healthy  ' : 'unhealthy'}  ${String(url)}`,
    );
  }
  return exits.yes;
}

/** What each instance says it runs, asked one by one past the proxy. */
async function census(context: Context): Promise<Exit> {
  const list = listOf(await context.api('GET', '/instances'), 'instances');
  const counts: Record<string, number> = {};
  for (const { version } of list) {
    const key = typeof version === 'string' ? version : 'no answer';
    counts[key] = (counts[key] ?? 0) + 1;
  }
  const expected = context.flag('expect');
  if (context.json) context.out(JSON.stringify(counts));
  else if (typeof expected === 'string') context.out(`${counts[expected] ?? 0}/${list.length} on ${expected}`);
  else context.out(Object.entries(counts).map(([version, count]) => `${count}/${list.length} on ${version}`).join(', ')); // prettier-ignore
  if (typeof expected !== 'string') return exits.yes;
  for (const { name, version } of list)
    if (version !== expected) context.err(`${String(name)}: ${String(version ?? 'no answer')}`);
  return counts[expected] === list.length ? exits.yes : exits.no;
}

async function deploy(context: Context): Promise<Exit> {
  const body = {
    name: argument(context, 0, 'the instance'),
    version: argument(context, 1, 'the version'),
    force: context.flag('force') === true,
  };
  const answer = await context.api('POST', '/deploy', body);
  return settle(context, answer, String(bodyOf(answer)['text']));
}

const lifecycle = (verb: 'restart' | 'stop') =>
  async function change(context: Context): Promise<Exit> {
    const answer = await context.api('POST', `/${verb}`, { name: argument(context, 0, 'the instance') });
    return settle(context, answer, String(bodyOf(answer)['text']));
  };

function schemaOf(context: Context): Exit {
  const version = argument(context, 0, 'the version');
  const release = findRelease(version);
  if (!release) {
    context.err(`there is no release ${version}`);
    return exits.no;
  }
  context.out(String(release.schema));
  return exits.yes;
}

async function dumpThreads(context: Context): Promise<Exit> {
  const answer = await context.api('GET', '/threads');
  context.out(JSON.stringify(bodyOf(answer)['threads'], null, 2));
  return exits.yes;
}

interface SmokeStep {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** A customer's visit, step by step; with `--read-only` only what a frozen shop can do. */
async function smoke(context: Context): Promise<Exit> {
  const wanted = context.flag('instance');
  const headers = typeof wanted === 'string' ? { 'x-shop-instance': wanted } : {};
  const steps: SmokeStep[] = [];
  const ask = async (
    name: string,
    path: string,
    body?: unknown,
  ): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await call(`${context.values.proxy}${path}`, {
      headers,
      timeoutMs: 5_000,
      ...(body === undefined ? {} : { body }),
    }).catch(() => null);
    const answered = answer ? fields(answer.text) : {};
    const ok = answer !== null && answer.status < 300;
    steps.push({
      name,
      ok,
      detail:
        answer === null ? 'no answer' : `${answer.status}${ok ? '' : ` ${String(answered['error'] ?? '')}`}`,
    });
    return answered;
  };
  await ask('list products', '/products');
  const { recentOrders } = await import('./database.ts');
  for (const order of recentOrders(context.folder, 20)) await ask(`read order ${order}`, `/orders/${order}`);
  if (context.flag('read-only') !== true) {
    const { cart } = await ask('make a cart', '/cart', { product: 1, quantity: 1 });
    const { order } = await ask('check out', '/checkout', { cart, customer: 1 });
    await ask('read the new order', `/orders/${String(order)}`);
  }
  const failed = steps.filter(({ ok }) => !ok);
  if (context.json) context.out(JSON.stringify(steps));
  else for (const { name, detail } of failed) context.out(`FAILED  ${name}: ${detail}`);
  if (!context.json) context.out(`${steps.length - failed.length}/${steps.length} smoke steps passed`);
  return failed.length === 0 ? exits.yes : exits.no;
}

export const instanceCommands: Readonly<Record<string, Command>> = {
  instances: {
    usage: 'instances [--json]',
    about: 'the instances, what each runs, and where',
    run: instances,
  },
  census: {
    usage: 'census [--expect VERSION] [--json]',
    about: 'how many instances run which version; 3 unless all run the expected one',
    run: census,
  },
  deploy: {
    usage: 'deploy INSTANCE VERSION [--force]',
    about: 'replaces an instance; 3 if it is not healthy afterwards',
    run: deploy,
  },
  restart: {
    usage: 'restart INSTANCE',
    about: 'starts an instance again on what was deployed',
    run: lifecycle('restart'),
  },
  stop: {
    usage: 'stop INSTANCE',
    about: 'stops an instance until it is deployed or restarted',
    run: lifecycle('stop'),
  },
  'previous-release': {
    usage: 'previous-release',
    about: 'the release before the current one',
    run: (context) => {
      context.out(releases.previous.version);
      return exits.yes;
    },
  },
  'schema-of': {
    usage: 'schema-of VERSION',
    about: 'the schema that a release is shipped with',
    run: schemaOf,
  },
  smoke: {
    usage: 'smoke [--read-only] [--instance NAME] [--json]',
    about: 'a visit through the proxy; 3 if a step of it fails',
    run: smoke,
  },
  'dump-threads': { usage: 'dump-threads', about: 'what each instance is busy with', run: dumpThreads },
};
