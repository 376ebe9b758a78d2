import { isoTime, parseTime } from '../clock.ts';
import { readFileSync } from 'node:fs';
import { call } from '../http.ts';
import { weightsIn } from '../proxy/weights-file.ts';
import {
  argument,
  bodyOf,
  exits,
  listOf,
  settle,
  UsageError,
  type Command,
  type Context,
  type Exit,
} from './context.ts';

async function flags(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'get or set');
  if (action === 'set') {
    const name = argument(context, 1, 'the flag');
    const value = argument(context, 2, 'on or off');
    if (value !== 'on' && value !== 'off') throw new UsageError('a flag is on or off');
    const segment = context.flag('segment');
    const flag = typeof segment === 'string' ? `${name}@${segment}` : name;
    return settle(
      context,
      await context.api('POST', '/flags', { name: flag, on: value === 'on' }),
      `${flag} is ${value}`,
    );
  }
  if (action !== 'get') throw new UsageError(`flags cannot ${action}`);
  const all = bodyOf(await context.api('GET', '/flags'));
  const wanted = context.args[1];
  if (context.json) context.out(JSON.stringify(all));
  else if (wanted === undefined)
    for (const [name, on] of Object.entries(all)) context.out(`${name} ${on === true ? 'on' : 'off'}`);
  else if (!(wanted in all)) {
    context.err(`there is no flag ${wanted}`);
    return exits.no;
  } else context.out(all[wanted] === true ? 'on' : 'off');
  return exits.yes;
}

/** Domain time within which each job has to have run; the nightly one is not waited for. */
const heartbeatMs: Readonly<Record<string, number>> = { stock_sync: 3 * 60_000, order_export: 15 * 60_000 };

async function jobs(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'pause, resume, state or heartbeat');
  const name = context.args[1];
  if (action === 'pause' || action === 'resume') {
    const answer = await context.api('POST', `/jobs/${action}`, name === undefined ? {} : { name });
    return settle(context, answer, `${name ?? 'every job'} is ${action === 'pause' ? 'paused' : 'running'}`);
  }
  const answer = await context.api('GET', '/jobs');
  const list = listOf(answer, 'jobs').filter((job) => name === undefined || job['name'] === name);
  if (list.length === 0) {
    context.err(`there is no job ${String(name)}`);
    return exits.no;
  }
  if (action === 'heartbeat') return heartbeat(context, list, Number(bodyOf(answer)['now']));
  if (action !== 'state') throw new UsageError(`jobs cannot ${action}`);
  const paused = list.filter((job) => job['paused'] === true).length;
  context.out(
    context.json
      ? JSON.stringify(list)
      : paused === 0
        ? 'running'
        : paused === list.length
          ? 'paused'
          : 'partly paused',
  );
  return exits.yes;
}

function heartbeat(context: Context, list: readonly Readonly<Record<string, unknown>>[], now: number): Exit {
  let late = 0;
  for (const { name, lastRun, paused } of list) {
    const age = now - (parseTime(String(lastRun)) ?? 0);
    const limit = heartbeatMs[String(name)] ?? Infinity;
    const bad = age > limit || paused === true;
    if (bad) late += 1;
    context.out(
      `${String(name)}  ${Math.round(age / 1000)} s ago${bad ? (paused === true ? '  paused' : '  late') : ''}`,
    );
  }
  return late === 0 ? exits.yes : exits.no;
}

async function weights(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'get, set, diff, check, save or reload');
  const inFile = context.flag('file') === true;
  if (action === 'check') {
    const found = weightsIn(readFileSync(argument(context, 1, 'the file'), 'utf8'));
    context.out(found === null ? 'the proxy could not start with this file' : 'the file is good');
    return found === null ? exits.no : exits.yes;
  }
  if (action === 'reload')
    return settle(context, await context.api('POST', '/weights/reload', {}), 'the proxy has read its file');
  if (action === 'set') {
    const chosen = Object.fromEntries(context.args.slice(1).map(parseWeight));
    if (Object.keys(chosen).length === 0) throw new UsageError('a weight is INSTANCE=NUMBER');
    return settle(
      context,
      await context.api('POST', inFile ? '/weights/file' : '/weights', chosen),
      inFile ? 'written to the file' : 'set in the running proxy',
    );
  }
  const both = bodyOf(await context.api('GET', '/weights'));
  if (action === 'save')
    return settle(
      context,
      await context.api('POST', '/weights/file', both['runtime']),
      'the file is as the running proxy',
    );
  const runtime = text(both['runtime']);
  const file = text(both['file']);
  if (action === 'get')
    context.out(context.json ? JSON.stringify(both[inFile ? 'file' : 'runtime']) : inFile ? file : runtime);
  else if (action === 'diff')
    context.out(runtime === file ? `runtime and file: ${file}` : `runtime: ${runtime}\nfile:    ${file}`);
  else throw new UsageError(`weights cannot ${action}`);
  return action === 'diff' && runtime !== file ? exits.no : exits.yes;
}

function parseWeight(pair: string): [string, number] {
  const match = /^([a-z0-9]+)=(\d+)$/.exec(pair);
  if (!match) throw new UsageError(`${pair} is not INSTANCE=NUMBER`);
  return [match[1] ?? '', Number(match[2])];
}

const text = (value: unknown): string =>
  Object.entries((value ?? {}) as Readonly<Record<string, unknown>>).map(([name, weight]) => `${name}=${String(weight)}`).join(' '); // prettier-ignore

/** Whether the payment provider takes charges: the shop depends on it, and it is not ours. */
async function payments(context: Context): Promise<Exit> {
  const answer = await call(`${context.values.payments}/healthz`, { timeoutMs: 3_000 }).catch(() => null);
  context.out(answer?.status === 200 ? 'up' : 'down');
  return exits.yes;
}

async function say(context: Context): Promise<Exit> {
  return settle(
    context,
    await context.api('POST', '/chat', { from: 'shopctl', text: argument(context, 0, 'the text') }),
    'said',
  );
}

async function clock(context: Context): Promise<Exit> {
  context.out(isoTime(await context.now()));
  return exits.yes;
}

export const settingCommands: Readonly<Record<string, Command>> = {
  flags: {
    usage: 'flags get [NAME] [--json] | set NAME on|off [--segment INSTANCE]',
    about: 'feature flags; instances follow within 30 s of domain time',
    run: flags,
  },
  jobs: {
    usage: 'jobs pause [NAME] | resume [NAME] | state [NAME] [--json] | heartbeat [NAME]',
    about: 'scheduled jobs; heartbeat: 3 if one is late or paused',
    run: jobs,
  },
  weights: {
    usage: 'weights get [--file] | set INSTANCE=N … [--file] | diff | check FILE | save | reload',
    about: 'traffic shares; diff: 3 if file and running proxy differ',
    run: weights,
  },
  payments: { usage: 'payments', about: 'whether the payment provider is up or down', run: payments },
  say: { usage: 'say TEXT', about: 'writes to the chat', run: say },
  clock: { usage: 'clock', about: "the shop's own time", run: clock },
};
