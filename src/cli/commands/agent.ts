import { rmSync, rmdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { runbookFiles } from '../../actions/runbook-files.ts';
import { openRunner } from '../../actions/runner.ts';
import { OperatorError } from '../../errors.ts';
import { loadAhead } from '../../runbook/load-ahead.ts';
import { loadRunbook } from '../../runbook/load.ts';
import { runAgent } from '../hosting/agent-process.ts';
import { type AgentOrder, aheadVariable } from '../hosting/start-agent.ts';
import { agentLog, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** The hidden command of a session's own process: its order comes on standard input. */
export async function agent(around: Surroundings): Promise<void> {
  if (process.stdin.isTTY) {
    throw new OperatorError('`walkback agent` is started by walkback itself.', [
      'Use walkback run or walkback resume.',
    ]);
  }
  const load = loadedAhead(around.env[aheadVariable] ?? '');
  const order = await text(process.stdin);
  if (order === '') return clearAway(around);
  await runAgent(around, JSON.parse(order) as AgentOrder, openRunner, load);
}

/** What the session will probably run is loaded while the order is on its way. */
function loadedAhead(runbook: string): typeof loadRunbook {
  if (runbook === '') return loadRunbook;
  try {
    return loadAhead(basename(runbook), runbookFiles(dirname(runbook)));
  } catch {
    return loadRunbook; // whoever orders finds out what is the matter, and says so
  }
}

/** Whoever started this agent ahead was refused, or died: there is no session, so nothing stays of what it was to be. */
function clearAway(around: Surroundings): void {
  const { WALKBACK_SESSION: session = '' } = around.env;
  if (session === '') return;
  const folder = sessionFolder(around, session);
  try {
    if (statSync(agentLog(folder)).size === 0) rmSync(agentLog(folder));
    rmdirSync(folder); // only where it is empty
  } catch {
    // something was kept there, or it is gone already
  }
}
