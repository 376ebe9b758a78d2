import type { StepRecord } from '../machine/context.ts';
import type { Fact } from '../machine/facts.ts';
import { mutates } from '../machine/may-run.ts';

import { calledOff } from './called-off.ts';
import { outputCollector, tailReader } from './output-collector.ts';
import type { Session } from './session.ts';
import { subjectOf } from './shown.ts';
import { endedFact } from './workers/command.ts';

/**
 * After a break, says what became of every command that may have been started: not started, running, finished or in
 * doubt. Nothing is started here. Answers the attempts that still run, to be followed.
 */
export async function recover(session: Session, by: string, reason: string): Promise<readonly string[]> {
  session.dispatch([{ type: 'session.resumed', by, reason }], by);
  session.dispatch(calledOff(session.context()), 'walkback');
  const running: string[] = [];
  for (const key of session.context().cursor) {
    const record = session.context().records[key];
    if (record === undefined || !awaitsCommand(session, record)) continue;
    const { facts, runs } = await find(session, record);
    session.dispatch(facts, 'walkback');
    if (runs) running.push(record.attempt);
  }
  return running;
}

function awaitsCommand(session: Session, record: StepRecord): boolean {
  const step = session.options.compiled.book.steps.get(record.place.step);
  if (record.status !== 'performing') return false;
  return step === undefined || step.kind === 'run' || step.kind === 'release';
}

async function find(
  session: Session,
  record: StepRecord,
): Promise<{ readonly facts: readonly Fact[]; readonly runs: boolean }> {
  const { ports, compiled } = session.options;
  const at = { place: record.place, attempt: record.attempt };
  const found = await ports.runner.find(record.attempt);
  const verdict = (detail: string, doubt: 'no_outcome' | 'reboot' | 'client_died' | null): Fact => ({
    type: 'attempt.found',
    ...at,
    verdict: found.verdict,
    doubt,
    detail,
  });
  switch (found.verdict) {
    case 'not_started':
      return { facts: [verdict('it was never started', null)], runs: false };
    case 'running':
      return { facts: [verdict('it still runs', null)], runs: true };
    case 'in_doubt': {
      const step = compiled.book.steps.get(record.place.step);
      // a read-only command leaves no effect behind: it is simply done again
      const harmless = step !== undefined && !mutates(step);
      const last = harmless ? '' : await lastPrinted(session, record.attempt);
      const words = last === '' ? found.detail : `${found.detail} The last that it printed: ${last}`;
      const facts = [verdict(words, found.doubt)];
      return {
        facts: harmless
          ? [
              ...facts,
              { type: 'doubt.resolved', ...at, by: 'walkback', as: 'run_again', reason: 'it only reads' },
            ]
          : facts,
        runs: false,
      };
    }
    case 'finished': {
      const step = compiled.book.steps.get(record.place.step) ?? null;
      const work = {
        key: record.attempt,
        kind: 'perform' as const,
        place: record.place,
        attempt: record.attempt,
        step,
      };
      const job = session.jobFor(work, new AbortController().signal);
      const command = subjectOf(job)?.command ?? null;
      const collector = outputCollector(record.attempt, ports, step, () => undefined);
      // a piece at a time: it may be all that a command of an hour printed while nobody followed it
      await ports.runner.attach(record.attempt, collector.push);
      return {
        facts: [verdict('it had finished', null), endedFact(job, command, found.ending, collector.end())],
        runs: false,
      };
    }
  }
}

/** How far a command got that nobody saw end: what it printed last says more than that its end is not known. */
async function lastPrinted({ options }: Session, attempt: string): Promise<string> {
  const { runner, redactor } = options.ports;
  const tail = tailReader(redactor);
  try {
    await runner.attach(attempt, tail.push);
  } catch {
    return ''; // it only helps: a spool that cannot be read must not keep anybody from taking the session up
  }
  return tail.end();
}
