import { join } from 'node:path';
import { removeSpool, removeSpools } from '../actions/attempts/spools.ts';
import { openRunner } from '../actions/runner.ts';
import { sanitiser } from '../actions/sanitise.ts';
import type { Host } from '../agent/host.ts';
import { openHost } from '../agent/host.ts';
import { OperatorError, exitCode } from '../errors.ts';
import type { SessionHold } from '../ledger/hold-session.ts';
import { holdSession } from '../ledger/hold-session.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { openSessionLog } from '../ledger/session-log.ts';
import { timesForEta, usualDurations } from '../ledger/usual-durations.ts';
import { compileRunbook } from '../machine/compile.ts';
import { loadRunbook } from '../runbook/load.ts';
import { fillTemplate } from '../runbook/template.ts';
import type { Environment, Runbook } from '../runbook/model.ts';
import type { Json, Template } from '../runbook/model/values.ts';
import { reusedFlags } from '../runbook/reused-flags.ts';
import { allSteps } from '../runbook/model.ts';
import type { Fact } from '../machine/facts.ts';
import { startMonitor } from '../session/monitor.ts';
import { maskJson } from '../session/mask-json.ts';
import { recover } from '../session/recover.ts';
import type { Session } from '../session/session.ts';
import { openSession } from '../session/session.ts';
import { withCrashPoints } from './hosting/crash-log.ts';
import { loadOrRefuse } from './load.ts';
import { reviewOwed } from './trust/review-debt.ts';
import type { StartFile } from './starting/session-folder.ts';
import { headWords } from '../ledger/head-words.ts';
import { pinnedFolder, sessionFolder } from './starting/session-folder.ts';
import type { Surroundings } from './surroundings.ts';
import { openOutside } from './hosting/outside.ts';

export interface Composed {
  readonly session: Session;
  readonly host: Host;
  /** Records the first fact, or says what became of the commands of before; then the session goes on. */
  readonly begin: (first: Extract<Fact, { type: 'session.started' }> | null, by: string) => Promise<void>;
  /** Lets go: what runs outside goes on, nothing new is started. */
  readonly close: (why: 'ended' | 'lost') => Promise<void>;
}

/** Another process of this machine hosts the session: two would write over each other. */
export class HostedElsewhere extends OperatorError {
  constructor(session: string) {
    super(
      `Another walkback process hosts session ${session}: in another terminal, or one that is just starting.`,
      [`Go on there; or end that process, then: walkback resume ${session}`],
      { exitCode: exitCode.refused },
    );
  }
}

/**
 * The wiring of one session: the only place that sees every part. One process at a time hosts a session.
 * @param runnerFor another runner for the kill harness, which has to show that it can see a wrong one
 * @param load of a runbook that was loaded ahead, see `loadAhead`
 */
export async function composeSession(
  around: Surroundings,
  ledger: Ledger,
  start: StartFile,
  secrets: Readonly<Record<string, string>>,
  runnerFor: typeof openRunner = openRunner,
  load: typeof loadRunbook = loadRunbook,
): Promise<Composed> {
  const hold = holdSession(sessionFolder(around, start.session));
  if (hold === null) throw new HostedElsewhere(start.session);
  try {
    return await compose(around, ledger, start, secrets, runnerFor, load, hold);
  } catch (error) {
    hold.release();
    throw error;
  }
}

async function compose(
  around: Surroundings,
  ledger: Ledger,
  start: StartFile,
  secrets: Readonly<Record<string, string>>,
  runnerFor: typeof openRunner,
  load: typeof loadRunbook,
  hold: SessionHold,
): Promise<Composed> {
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, start.session), start.runbook), [], load);
  const environment = runbook.environments.find(({ id }) => id === start.environment) ?? null;
  const outside = await openOutside(around, start, runbook, secrets, runnerFor);
  const { clock, domainNow, folder } = outside;
  const { text: mask } = outside.ports.redactor;
  const log = openSessionLog(ledger, start.session);
  refuseHalfRebased(log, runbook);
  const values = environmentValues(environment, start);
  const steps = allSteps(runbook).map(({ id }) => id);
  const shown = (given: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, maskJson(value, mask)]));
  const session = openSession({
    compiled: compileRunbook(runbook, {
      inputs: shown(start.inputs),
      env: { ...shown(values), name: start.environment },
    }),
    ports: { ...outside.ports, log: withCrashPoints(log, folder) },
    inputs: { ...start.inputs, ...secrets },
    secrets: new Set(Object.keys(secrets)),
    environment,
    env: values,
    domainNow,
    usual: usualDurations(ledger, runbook.id, start.mode, steps),
    times: timesForEta(ledger, runbook, start.mode, steps),
    user: start.user,
  });
  let stopMonitor: () => void = () => undefined;
  let drafted: Promise<void> = Promise.resolve();
  let figures: ReturnType<typeof startMonitor>['figures'] = () => ({ gauges: [] });
  const host = openHost(
    session,
    () => sanitiser(),
    () => figures(),
    () => headWords(log.head().hash),
  );

  // a crash between the record and this leaves the spool to whoever takes the session up again
  for (const { fact } of log.facts()) if (fact.type === 'command.ended') removeSpool(folder, fact.attempt);
  session.onFact((fact) => {
    if (fact.type === 'command.ended') removeSpool(folder, fact.attempt);
    if (fact.type !== 'session.closed') return;
    removeSpools(folder);
    // loaded only now: nothing of it is needed while a session goes on
    drafted = import('./records/write-draft.ts').then(
      ({ writeDraft }) => void writeDraft(around, start.session),
    );
    drafted.catch(() => undefined); // it can be exported at any time
  });

  async function takeUp(
    first: Extract<Fact, { type: 'session.started' }> | null,
    by: string,
  ): Promise<readonly string[]> {
    const attached = first === null ? await recover(session, by, 'the session is taken up again') : [];
    if (first !== null)
      session.dispatch(
        [first, ...reviewOwed(first, start, clock.now().iso), ...reusedFound(ledger, runbook, start)],
        by,
      );
    const trouble = session.trouble();
    if (trouble !== null) throw trouble;
    return attached;
  }

  async function close(why: 'ended' | 'lost'): Promise<void> {
    stopMonitor();
    await drafted.catch(() => undefined);
    session.halt();
    host.close(why);
    await outside.close();
    log.close();
    hold.release();
  }

  return {
    session,
    host,
    begin: async (first, by) => {
      const attached = await takeUp(first, by).catch(async (error: unknown) => {
        await close('lost');
        throw error;
      });
      const monitor = startMonitor(session, () => host.changed());
      figures = monitor.figures;
      stopMonitor = monitor.stop;
      session.begin(attached);
    },
    close,
  };
}

function environmentValues(environment: Environment | null, start: StartFile): Record<string, Json> {
  const given = { inputs: { ...start.inputs }, env: { ...start.values } };
  const own = Object.entries(environment?.values ?? {}).map(([name, value]): [string, Json] => {
    if (typeof value !== 'object') return [name, value];
    const filled = fillTemplate(value, given);
    if (filled.ok) return [name, filled.value];
    throw new OperatorError(`environment ${environment?.id ?? ''}, value ${name}: ${filled.detail}`, [
      'Set it in the runbook, or give the input it needs.',
    ]);
  });
  return { ...Object.fromEntries(own), ...start.values };
}

/** Flags of this runbook with a past are told at once, before anything is turned. */
function reusedFound(ledger: Ledger, runbook: Runbook, start: StartFile): readonly Fact[] {
  const given = { inputs: { ...start.inputs }, env: { ...start.values } };
  const nameOf = (template: Template): string | null => {
    const filled = fillTemplate(template, given);
    return filled.ok && typeof filled.value === 'string' ? filled.value : null;
  };
  return reusedFlags(runbook, ledger.turnedFlags(), nameOf).map(({ text }): Fact => ({
    type: 'drift.added',
    by: 'walkback',
    what: text,
    target: runbook.service,
  }));
}

/** A crash between the record of a rebase and its files: the session does not go on with bytes that are not on record. */
function refuseHalfRebased(log: ReturnType<typeof openSessionLog>, { hash }: Runbook): void {
  const rebased = log.facts().findLast(({ fact }) => fact.type === 'runbook.rebased')?.fact;
  if (rebased?.type !== 'runbook.rebased' || rebased.to === hash) return;
  log.close();
  throw new OperatorError(
    `Session ${log.session} was rebased, and the runbook that it was rebased on is not in its folder.`,
    [`Take it over again: walkback rebase ${log.session} --reason ${JSON.stringify(rebased.reason)}`],
    { exitCode: exitCode.refused },
  );
}
