import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { agentAhead } from '../../src/cli/hosting/start-agent.ts';
import { sessionFolder } from '../../src/cli/starting/session-folder.ts';
import { readSurroundings } from '../../src/cli/surroundings.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import { builtProgram } from './built-program.ts';
import { until } from './walkback.ts';

const programFolder = path.resolve(path.dirname(await builtProgram()), '../dist');

function openPlace(isTerminal: boolean): Surroundings {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-ahead-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const found = readSurroundings(programFolder);
  return {
    ...found,
    env: { ...found.env, XDG_DATA_HOME: folder },
    dataFolder: path.join(folder, 'walkback'),
    sessionsFolder: path.join(folder, 'walkback', 'sessions'),
    isTerminal,
  };
}

/** Processes that were started for a session. */
const processesOf = (session: string): readonly string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`WALKBACK_SESSION=${session}\0`);
    } catch {
      return false; // no process, or it has ended
    }
  });

test('an agent that was started ahead and gets no order leaves, and no trace of a session stays', async () => {
  const around = openPlace(true);
  const agent = agentAhead(around, undefined);
  if (agent === null) throw new Error('it was not started');
  const folder = sessionFolder(around, agent.session);
  expect(existsSync(folder)).toBe(true);
  await until(() => processesOf(agent.session).length === 1, 'the agent to be there');

  agent.dismiss();
  await until(() => processesOf(agent.session).length === 0, 'the agent to leave');
  expect(existsSync(folder)).toBe(false);
});

test('no agent is started ahead without a terminal, nor where nothing can be written', () => {
  expect(agentAhead(openPlace(false), undefined)).toBeNull();
  const around = openPlace(true);
  expect(
    agentAhead({ ...around, sessionsFolder: path.join(programFolder, 'walkback.js', 'sessions') }, undefined),
  ).toBeNull();
});
