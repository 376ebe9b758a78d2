import { crashPoint, mayCrash } from '../../actions/supervisor/crash-point.ts';
import { readSupervisor } from '../../actions/supervisor/supervisor-record.ts';
import type { SessionLog } from '../../session/ports.ts';

/**
 * The log with a crash point before and after each transaction that holds an intent or an ending, so that the kill
 * harness can stop the agent there. Outside a test it answers the log as it is.
 */
export function withCrashPoints(log: SessionLog, folder: string): SessionLog {
  if (!mayCrash) return log;
  const targets = () => ({ host: process.pid, supervisor: readSupervisor(folder)?.pid });
  return {
    ...log,
    append: (items) => {
      const holds = (type: string): boolean => items.some(({ fact }) => fact.type === type);
      if (holds('step.intent')) crashPoint('intent due', targets);
      if (holds('command.ended')) crashPoint('ending due', targets);
      const recorded = log.append(items);
      if (holds('step.intent')) crashPoint('intent written', targets);
      if (holds('command.ended')) crashPoint('ending recorded', targets);
      return recorded;
    },
  };
}
