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

async function freeze(context: Context): Promise<Exit> {
  const mode = context.flag('mode') ?? '503';
  if (mode !== '503' && mode !== '405') throw new UsageError('--mode is 503 or 405');
  const answer = await context.api('POST', '/freeze', { mode });
  return settle(context, answer, 'writes are frozen');
}

async function thaw(context: Context): Promise<Exit> {
  return settle(context, await context.api('POST', '/thaw', {}), 'writes are open');
}

async function freezeState(context: Context): Promise<Exit> {
  context.out(String(bodyOf(await context.api('GET', '/freeze'))['state']));
  return exits.yes;
}

/** Tries to write. 0: a write got through; 3: every one was refused; 4: somebody did not answer, so nobody can say. */
async function writeProbe(context: Context): Promise<Exit> {
  const through = context.flag('through');
  if (through !== undefined && !['proxy', 'direct', 'existing'].includes(String(through)))
    throw new UsageError('--through is proxy, direct or existing');
  const answer = await context.api('POST', '/write-probe', through === undefined ? {} : { through });
  const attempts = listOf(answer, 'attempts');
  if (context.json) context.out(JSON.stringify(attempts));
  else {
    for (const { through: way, instance, result, detail } of attempts) {
      context.out(
        `${String(result).padEnd(9)}  ${String(way).padEnd(8)}  ${String(instance ?? 'proxy')}: ${String(detail)}`,
      );
    }
  }
  if (attempts.some(({ result }) => result === 'accepted')) return exits.yes;
  return attempts.every(({ result }) => result === 'refused') ? exits.no : exits.unknown;
}

async function sessions(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'list or terminate');
  if (action === 'list') {
    const all = listOf(await context.api('GET', '/sessions'), 'sessions');
    const list = context.flag('writable') === true ? all.filter(({ writes }) => writes === true) : all;
    if (context.json) context.out(JSON.stringify(list));
    else
      for (const { id, client, on, writes } of list)
        context.out(
          `${String(id).padEnd(14)}  ${String(client).padEnd(15)}  ${String(on).padEnd(10)}  ${writes === true ? 'may write' : 'frozen'}`,
        );
    return exits.yes;
  }
  if (action !== 'terminate') throw new UsageError(`sessions cannot ${action}`);
  const chosen = context.flag('instance');
  if (typeof chosen !== 'string') {
    const id = argument(context, 1, 'the session');
    return settle(context, await context.api('POST', '/terminate', { id }), `${id} is terminated`);
  }
  const list = listOf(await context.api('GET', '/sessions'), 'sessions').filter(({ on }) => on === chosen);
  for (const { id } of list) await context.api('POST', '/terminate', { id });
  context.out(`terminated ${list.length} sessions of ${chosen}`);
  return exits.yes;
}

export const freezeCommands: Readonly<Record<string, Command>> = {
  freeze: {
    usage: 'freeze [--mode 503|405]',
    about: 'the proxy and every instance refuse writes',
    run: freeze,
  },
  thaw: { usage: 'thaw', about: 'opens writes again', run: thaw },
  'freeze-state': {
    usage: 'freeze-state',
    about: 'open, frozen or partial: what was set, not what holds',
    run: freezeState,
  },
  'write-probe': {
    usage: 'write-probe [--through proxy|direct|existing] [--json]',
    about: 'tries to write; 0: one got through, 3: all refused, 4: somebody did not answer',
    run: writeProbe,
  },
  sessions: {
    usage: 'sessions list [--writable] [--json] | terminate ID | terminate --instance NAME',
    about: 'open connections to instances and locks on files',
    run: sessions,
  },
};
