import { openRunner } from '../../src/actions/runner.ts';
import type { Ending, Runner } from '../../src/session/ports.ts';
import { readJournal, readTruth, runHost } from './host-process.ts';
import type { Recovered, Subject, Trial } from './subject.ts';

/** The runner as a session uses it: intent on disk, run, ending on disk; and after a crash `find`, then `attach`. */
export function runnerSubject(host: string, supervisorEntry: string): Subject {
  return {
    start: async (trial) => runHost(host, supervisorEntry, trial),
    recover: async (trial) => recover(trial, supervisorEntry),
    truth: readTruth,
  };
}

async function recover(trial: Trial, supervisorEntry: string): Promise<Recovered> {
  const journal = readJournal(trial);
  if (!journal.some(({ type }) => type === 'intent')) return { verdict: 'no_intent' };
  const recorded = journal.find((line) => line.type === 'ended');
  if (recorded !== undefined) return said('recorded', recorded.ending);
  const { folder, session } = trial;
  const clock = { mono: () => performance.now() };
  const runner = await openRunner({
    folder,
    session,
    supervisorEntry,
    env: {},
    clock,
    idleMs: 50,
    warm: false,
  });
  try {
    return await ask(runner, trial);
  } finally {
    await runner.close();
  }
}

async function ask(runner: Runner, { attempt }: Trial): Promise<Recovered> {
  const found = await runner.find(attempt);
  switch (found.verdict) {
    case 'running':
      return said('running', await runner.attach(attempt, () => {}));
    case 'finished':
      return said('finished', found.ending);
    case 'not_started':
      return { verdict: 'not_started', ending: 'not_started', exitCode: null };
    case 'in_doubt':
      return { verdict: 'in_doubt', ending: 'lost', exitCode: null };
  }
}

function said(verdict: 'recorded' | 'running' | 'finished', { ending, exitCode }: Ending): Recovered {
  return { verdict, ending, exitCode };
}
