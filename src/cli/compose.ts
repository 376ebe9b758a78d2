import { join } from 'node:path';
import { commandEnvironment } from './command-environment.ts';
import { type CheckScripts, reviewedScripts } from '../actions/reviewed-scripts.ts';
import { wrap } from '../actions/where.ts';
import { systemClock } from '../actions/clock.ts';
import { removeSpool, removeSpools } from '../actions/attempts/spools.ts';
import { openDriftKeeper } from '../actions/drift-keeper.ts';
import { openEvidenceKeeper } from '../actions/evidence.ts';
import { openMeasurer } from '../actions/measure/measurer.ts';
import { openMessenger } from '../actions/messenger.ts';
import { redactorOf } from '../actions/redact.ts';
import { openRunner } from '../actions/runner.ts';
import { runbookFiles } from '../actions/runbook-files.ts';
import { sanitiser } from '../actions/sanitise.ts';
import { signatures } from '../actions/signatures.ts';
import type { Host } from '../agent/host.ts';
import { openHost } from '../agent/host.ts';
import { OperatorError, exitCode } from '../errors.ts';
import type { SessionHold } from '../ledger/hold-session.ts';
import { holdSession } from '../ledger/hold-session.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import { openSessionLog } from '../ledger/session-log.ts';
import { timesForEta, usualDurations } from '../ledger/usual-durations.ts';
import { compileRunbook } from '../machine/compile.ts';
import { evidenceFile } from '../runbook/resolve/extent.ts';
import { loadRunbook } from '../runbook/load.ts';
import { fillTemplate } from '../runbook/template.ts';
import type { Environment, Runbook } from '../runbook/model.ts';
import type { Json, Template } from '../runbook/model/values.ts';
import { joinPath } from '../runbook/files.ts';
import { scriptsOf } from '../runbook/fingerprint.ts';
import { listsOfSigners } from '../runbook/signers.ts';
import { commandsOf } from '../runbook/visit.ts';
import { reusedFlags } from '../runbook/reused-flags.ts';
import { allSteps } from '../runbook/model.ts';
import type { Fact } from '../machine/facts.ts';
import { startMonitor } from '../session/monitor.ts';
import type { ReadyCommand, Runner } from '../session/ports.ts';
import { maskJson } from '../session/mask-json.ts';
import { recover } from '../session/recover.ts';
import { steadyTime } from '../session/steady-time.ts';
import type { Session } from '../session/session.ts';
import { openSession } from '../session/session.ts';
import { withCrashPoints } from './hosting/crash-log.ts';
import { loadOrRefuse } from './load.ts';
import { programFile } from './program-files.ts';
import { reviewOwed } from './trust/review-debt.ts';
import type { StartFile } from './starting/session-folder.ts';
import { pinnedFolder, sessionFolder } from './starting/session-folder.ts';
import type { Surroundings } from './surroundings.ts';

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
  const clock = systemClock();
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, start.session), start.runbook), [], load);
  const environment = runbook.environments.find(({ id }) => id === start.environment) ?? null;
  const { epoch, speed } = start;
  // a step of the wall clock moves no deadline: it is flagged, and time goes on as it did
  const steady = steadyTime(clock);
  const domainNow = () =>
    epoch === null ? steady() : Math.round(epoch.domainMs + (steady() - epoch.realMs) * speed);
  const redact = redactorOf(secrets);
  const env = commandEnvironment(around, start.env);
  const folder = sessionFolder(around, start.session);
  const checkScripts = reviewedScripts(start.root, runbook);
  const fromHere = (command: ReadyCommand): ReadyCommand => {
    const checked = checkScripts(command);
    return checked.where === undefined ? checked : { ...checked, argv: wrap(checked.where, checked.argv) };
  };

  const runner = await runnerFor({
    folder,
    supervisorEntry: programFile(around, 'supervisor'),
    session: start.session,
    env,
    clock,
  });
  const measurer = openMeasurer({
    connections: runbook.connections,
    clock,
    domainNow,
    env,
    cwd: start.root,
    redactor: redact,
    fromHere,
    sqliteProcess: programFile(around, 'sqlite-process'),
  });
  const log = openSessionLog(ledger, start.session);
  refuseHalfRebased(log, runbook);
  const values = environmentValues(environment, start);
  const shown = (given: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, maskJson(value, redact.text)]));
  const session = openSession({
    compiled: compileRunbook(runbook, {
      inputs: shown(start.inputs),
      env: { ...shown(values), name: start.environment },
    }),
    ports: {
      clock,
      log: withCrashPoints(log, folder),
      runner: elsewhereToo(runner, Object.values(secrets), checkScripts),
      measurer,
      messenger: openMessenger({
        channels: runbook.channels,
        env,
        cwd: start.root,
        clock,
        redactor: redact,
        fromHere,
      }),
      signatures: signatures({ root: start.root, env, pinned: runbook }),
      redactor: redact,
      evidence: openEvidenceKeeper({
        folder,
        clock,
        redactor: redact,
        fromHere,
        rows: (...asked) => measurer.rows(...asked),
        env,
      }),
      drift: openDriftKeeper({ folder, cwd: start.root, clock, redactor: redact, fromHere, env }),
      changedFiles: () => Promise.resolve(changedScripts(runbook, start.root)),
      workFolder: start.root,
    },
    inputs: { ...start.inputs, ...secrets },
    secrets: new Set(Object.keys(secrets)),
    environment,
    env: values,
    domainNow,
    usual: usualDurations(
      ledger,
      runbook.id,
      start.mode,
      allSteps(runbook).map(({ id }) => id),
    ),
    times: timesForEta(
      ledger,
      runbook,
      start.mode,
      allSteps(runbook).map(({ id }) => id),
    ),
    user: start.user,
  });
  let stopMonitor: () => void = () => undefined;
  let drafted: Promise<void> = Promise.resolve();
  let figures: ReturnType<typeof startMonitor>['figures'] = () => ({ gauges: [] });
  const host = openHost(
    session,
    () => sanitiser(),
    () => figures(),
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
    await measurer.close();
    await runner.close();
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

/**
 * The scripts of a command are looked at right before it starts. What runs elsewhere is started here, through the operator's
 * own ssh, kubectl or docker. Its variables travel on a command line that others can read, so a secret among them is refused before anything is started.
 */
const elsewhereToo = (runner: Runner, secrets: readonly string[], checkScripts: CheckScripts): Runner => ({
  ...runner,
  run: (attempt, given, onOutput) => {
    const command = checkScripts(given);
    if (command.where === undefined) return runner.run(attempt, command, onOutput);
    const [name] =
      Object.entries(command.env).find(([, value]) => secrets.some((secret) => value.includes(secret))) ?? [];
    if (name !== undefined) {
      throw new OperatorError(
        `${name} holds a secret, and on the way to ${command.where.name} others could read it.`,
        ['Let the command read the secret there, or run the step on the workstation.'],
      );
    }
    const argv = wrap(command.where, command.argv, command.env);
    return runner.run(attempt, { ...command, argv }, onOutput);
  },
});

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

/** Scripts are hashed again, through links, right before something runs. */
function changedScripts(runbook: Runbook, root: string): readonly string[] {
  const files = runbookFiles(root);
  // a list of signers is held to its pinned bytes where a signature is checked; it stops nothing that nobody has to sign
  const lists = listsOfSigners(runbook);
  // what was proved beforehand is pinned with the session; a report that is written anew stops no rollback
  const evidence = new Set((runbook.compat ?? []).flatMap((pair) => evidenceFile(pair.evidence) ?? []));
  // the runbook and its fragments run from the pinned copy; YAML that a command is given is read where it lies
  const given = new Set(scriptsOf(commandsOf(runbook)).map(({ path }) => joinPath(runbook.file, path)));
  return runbook.closure
    .filter(({ path }) => given.has(path) || !(/\.ya?ml$/.test(path) || lists.has(path)))
    .filter(({ path }) => !evidence.has(path))
    .filter(({ path, sha256 }) => {
      const read = files.read(path);
      return !read.ok || files.sha256(read.bytes) !== sha256;
    })
    .map(({ path }) => path);
}
