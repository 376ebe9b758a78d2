import {
  argument,
  bodyOf,
  exits,
  settle,
  UsageError,
  type Command,
  type Context,
  type Exit,
} from './context.ts';

async function ci(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'pause, resume, state, head, idle, cancel, try, push or revert');
  switch (action) {
    case 'pause':
      return settle(context, await context.api('POST', '/ci/pause', {}), 'the pipeline is paused');
    case 'resume':
      return settle(context, await context.api('POST', '/ci/resume', {}), 'the pipeline is running');
    case 'idle':
      return idle(context);
    case 'cancel':
      return settle(context, await context.api('POST', '/ci/cancel', {}), 'no deploy is under way');
    case 'try':
      return settle(context, await context.api('POST', '/ci/try', {}), 'a test deploy would run');
    case 'push': {
      const answer = await context.api('POST', '/ci/push', { message: argument(context, 1, 'the message') });
      return settle(context, answer, `pushed ${String(bodyOf(answer)['sha'])}`);
    }
    case 'revert': {
      const answer = await context.api('POST', '/ci/revert', {});
      return settle(context, answer, `pushed ${String(bodyOf(answer)['sha'])}`);
    }
    case 'state':
    case 'head':
      return show(context, action);
    default:
      throw new UsageError(`ci cannot ${action}`);
  }
}

async function idle(context: Context): Promise<Exit> {
  const { inFlight, queue } = bodyOf(await context.api('GET', '/ci'));
  const waiting = Array.isArray(queue) ? queue.length : 0;
  const busy = typeof inFlight === 'string';
  context.out(`${busy ? `a deploy of ${inFlight} is` : 'no deploy is'} under way, ${waiting} wait`);
  return busy || (context.flag('drained') === true && waiting > 0) ? exits.no : exits.yes;
}

async function show(context: Context, what: 'state' | 'head'): Promise<Exit> {
  const state = bodyOf(await context.api('GET', '/ci'));
  const head = state['head'];
  const version = typeof head === 'object' && head !== null && 'version' in head ? String(head.version) : '';
  context.out(context.json ? JSON.stringify(state) : what === 'head' ? version : String(state['state']));
  return exits.yes;
}

export const pipelineCommands: Readonly<Record<string, Command>> = {
  ci: {
    usage:
      'ci pause | resume | state [--json] | head | idle [--drained] | cancel | try | push MESSAGE | revert',
    about:
      'the deploy pipeline; try: 3 while it is paused; idle: 3 while a deploy is under way, with --drained also while one waits; head: the version the next deploy would bring',
    run: ci,
  },
};
