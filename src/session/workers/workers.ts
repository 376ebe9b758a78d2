import { openDebts } from '../../machine/debts.ts';
import type { Fact } from '../../machine/facts.ts';
import { asksPerson } from '../../machine/offers.ts';
import type { Job } from '../kit.ts';
import { placeOfWork } from '../kit.ts';
import { runCheck, verify } from './check.ts';
import { approve } from './approve.ts';
import { compose, composeNow, deliver, rhythm } from './comms.ts';
import { followCommand, runCommand } from './command.ts';
import { compare } from './compare.ts';
import { decide } from './decide.ts';
import { guard, guardNow } from './guard.ts';
import { measuresData } from '../../machine/data.ts';
import { lookDue } from './drift.ts';
import { measureData } from './invariants.ts';
import { readIncident } from './incident.ts';
import { gap, notify, readAfterCrash, retry, unknownCheck, waitFor } from './others.ts';
import { postmortemOwed } from '../postmortem-duty.ts';
import { readScope } from '../scope.ts';
import { prepare, prepareNow } from './prepare.ts';
import { smoke } from './smoke.ts';

/**
 * The facts of work that needs nothing from outside, so that they land in the same transaction as what led to
 * them; null for work that has to be started.
 */
export function workNow(job: Job): readonly Fact[] | null {
  const { work } = job;
  switch (work.kind) {
    case 'prepare':
      return prepareNow(job);
    case 'guard':
      return guardNow(job);
    case 'end':
      return measuresData(job.book.runbook) ? null : [endedNow(job)];
    case 'close':
      return closedNow(job);
    case 'scope':
      return null;
    case 'perform':
      if (work.step?.kind === 'barrier') {
        return [unknownCheck(job, 'not_available', `${work.step.kind} is not yet available`)];
      }
      return null;
    case 'compose':
      return composeNow(job);
    case 'repeat':
      return [{ type: 'operator.ran', ...placeOfWork(job), by: 'walkback', typed: null }];
    case 'verify':
    case 'read_after_crash':
    case 'retry':
    case 'gap':
    case 'deliver':
    case 'incident':
    case 'rhythm':
    case 'measure':
    case 'look':
      return null;
  }
}

const endedNow = (job: Job): Fact => ({
  type: 'session.ended',
  outcome: job.context().outcome ?? 'aborted',
  reason: job.context().aborting ?? '',
});

/** What is owed for the session as a whole is recorded with its close. */
function closedNow(job: Job): readonly Fact[] {
  const owed = postmortemOwed(job.book.runbook, job.context(), job.options.ports.clock.now().iso);
  const later = owed.filter(({ type }) => type === 'obligation.opened').length;
  return [...owed, { type: 'session.closed', openDebts: carried(job) + later }];
}

/** The end is recorded with what the data looks like then. */
async function end(job: Job): Promise<readonly Fact[]> {
  const measured = await measureData(job, { moment: 'after', step: '', effectOf: '' });
  return [...measured, endedNow(job)];
}

const carried = (job: Job): number =>
  Object.values(job.context().obligations).filter(({ state }) => state === 'carried').length +
  openDebts(job.context()).length;

/** Does the work; what it answers is recorded when it is over. Attempts found running are attached to, never started. */
export function startWork(job: Job, found: ReadonlySet<string>): Promise<readonly Fact[]> {
  switch (job.work.kind) {
    case 'prepare':
      return prepare(job);
    case 'guard':
      return guard(job);
    case 'perform':
      return perform(job, found.has(job.work.attempt) ? 'attach' : 'run');
    case 'verify':
      return verify(job);
    case 'read_after_crash':
      return readAfterCrash(job);
    case 'retry':
      return retry(job);
    case 'gap':
      return gap(job);
    case 'measure': {
      const { due } = job.context().data;
      return due === null
        ? Promise.resolve([])
        : measureData(job, { moment: 'steps', step: due.step, effectOf: due.attempt });
    }
    case 'look':
      return lookDue(job);
    case 'scope':
      return readScope(job);
    case 'end':
      return end(job);
    case 'close':
    case 'repeat':
      return Promise.resolve([]);
    case 'compose':
      return compose(job);
    case 'deliver':
      return deliver(job);
    case 'rhythm':
      return rhythm(job);
    case 'incident':
      return readIncident(job);
  }
}

async function perform(job: Job, how: 'run' | 'attach'): Promise<readonly Fact[]> {
  const { step } = job.work;
  switch (step?.kind) {
    case undefined:
    case 'run':
    case 'release':
      return how === 'attach' ? followCommand(job) : runCommand(job);
    case 'check':
      return asksPerson(step.check) ? [] : runCheck(job, [step.check]);
    case 'compare':
      return compare(job, step);
    case 'smoke':
      return smoke(job, step);
    case 'decide':
      return decide(job, step);
    case 'approve':
      return approve(job, step);
    case 'wait':
      return waitFor(job, step);
    case 'notify':
      return notify(job, step);
    case 'manual':
    case 'confirm':
    case 'parallel':
    case 'each':
    case 'end':
    case 'barrier':
      return [];
  }
}
