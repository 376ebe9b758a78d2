import { readJournal, readTruth, runHost } from './host-process.ts';
import type { Subject } from './subject.ts';

/** What most tools do: record the result only, and run again where there is none. The harness must see that it doubles. */
export function naiveSubject(host: string): Subject {
  return {
    start: async (trial) => runHost(host, '', trial),
    recover: async (trial) => {
      if (!readJournal(trial).some(({ type }) => type === 'ended')) await runHost(host, '', trial, false);
      const ended = readJournal(trial).find((line) => line.type === 'ended');
      if (ended === undefined) return { verdict: 'no_intent' };
      return { verdict: 'recorded', ending: ended.ending.ending, exitCode: ended.ending.exitCode };
    },
    truth: readTruth,
  };
}
