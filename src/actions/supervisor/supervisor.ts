import { existsSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { bootId, startOf } from '../attempts/process-table.ts';
import { beginAttempt } from './attempt.ts';
import type { RunningAttempt, Surroundings } from './attempt.ts';
import { crashPoint } from './crash-point.ts';
import { frame, isRequest, lineReader } from './protocol.ts';
import type { Reply, Request, Start, SupervisorOptions } from './protocol.ts';
import { removeSupervisor, writeSupervisor } from './supervisor-record.ts';

/** With `reserveBytes` of room this is soon enough for a command that prints 2 GB a second. */
const spoolCheckMs = 100;
/** What a spool may hold while the disk is nearly full. */
const scarceBytes = 2 ** 20;

/**
 * Runs commands for a session and outlives it: stays until its agent is gone and its last child has ended. It never ends
 * a command on its own account, whatever signal it gets itself.
 */
export function supervise(options: SupervisorOptions): void {
  const boot = bootId();
  const self = { pid: process.pid, start: startOf(process.pid) ?? '', socket: options.socket };
  const agents = new Map<Socket, number | undefined>();
  const running = new Map<string, RunningAttempt>();
  let draining = false;
  const starter = process.ppid;
  let idle = setTimeout(leaveWithoutStarter, options.idleMs);
  let spoolCheck: NodeJS.Timeout | null = null;

  const around: Surroundings = {
    ...options,
    boot,
    supervisor: self,
    agentPid: () => [...agents.values()].findLast((pid) => pid !== undefined),
  };

  function leave(): void {
    process.exit(0);
  }

  /** The agent that started this one may be slow to connect; once it is gone nobody needs to be waited for. */
  function leaveWithoutStarter(): void {
    if (process.ppid !== starter) leave();
    idle = setTimeout(leaveWithoutStarter, options.idleMs);
  }

  /** Ends this process when nothing needs it any more. */
  function settle(): void {
    clearTimeout(idle);
    if (running.size > 0) return;
    if (spoolCheck !== null) clearInterval(spoolCheck);
    spoolCheck = null;
    if (draining) leave();
    if (agents.size === 0) idle = setTimeout(leave, options.idleMs);
  }

  /** Starts nothing more, and ends with its last child. */
  function drain(): void {
    draining = true;
    removeSupervisor(options.folder, process.pid);
    settle();
  }

  function start(request: Start, answer: (reply: Reply) => void): void {
    const { attempt } = request;
    crashPoint('request received', () => ({ host: around.agentPid(), supervisor: process.pid }));
    if (draining) return answer({ say: 'draining', attempt });
    let begun: RunningAttempt | null;
    try {
      begun = beginAttempt(around, request, () => {
        running.delete(attempt);
        for (const agent of agents.keys()) agent.write(frame({ say: 'ended', attempt }));
        settle();
      });
    } catch (error) {
      return answer({
        say: 'refused',
        attempt,
        detail: error instanceof Error ? error.message : String(error),
      });
    }
    if (begun === null) return answer({ say: 'taken', attempt });
    running.set(attempt, begun);
    spoolCheck ??= setInterval(keepSpoolsSmall, spoolCheckMs);
    answer({ say: 'claimed', attempt });
  }

  function obey(request: Request, agent: Socket): void {
    switch (request.ask) {
      case 'hello':
        agents.set(agent, request.pid);
        return;
      case 'run':
        return start(request, (reply) => agent.write(frame(reply)));
      case 'stop':
        running.get(request.attempt)?.stop();
        agent.write(frame({ say: 'stopping', attempt: request.attempt }));
        return;
      case 'close':
        if (running.size > 0) agent.end();
        return drain();
    }
  }

  function greet(agent: Socket): void {
    agents.set(agent, undefined);
    clearTimeout(idle);
    agent.setEncoding('utf8');
    agent.on(
      'data',
      lineReader(isRequest, (request) => obey(request, agent)),
    );
    agent.on('error', () => agent.destroy());
    agent.on('close', () => {
      agents.delete(agent);
      settle();
    });
  }

  function keepSpoolsSmall(): void {
    if (!existsSync(options.folder)) return;
    const { bavail, bsize } = statfsSync(options.folder);
    const limit =
      bavail * bsize < options.reserveBytes ? Math.min(options.spoolBytes, scarceBytes) : options.spoolBytes;
    for (const { spool } of running.values()) spool.trim(limit);
  }

  // What ends a login or a foreground job must not end this: its children would be left without a witness.
  process.on('SIGHUP', () => {});
  process.on('SIGINT', () => {});
  process.on('SIGTERM', drain);
  process.on('uncaughtException', (error) => console.error(error));
  // An error here would keep the process: the folder may be gone with all that was in it.
  process.on('exit', () => rmSync(options.socket, { force: true }));

  const server = createServer(greet);
  server.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  const mask = process.umask(0o177);
  server.listen(options.socket, () => writeSupervisor(options.folder, { ...self, boot }));
  process.umask(mask);
}
