import { commandEnvironment } from '../command-environment.ts';
import type { CheckScripts } from '../../actions/reviewed-scripts.ts';
import { reviewedScripts } from '../../actions/reviewed-scripts.ts';
import { wrap } from '../../actions/where.ts';
import { systemClock } from '../../actions/clock.ts';
import { openDriftKeeper } from '../../actions/drift-keeper.ts';
import { openEvidenceKeeper } from '../../actions/evidence.ts';
import { openMeasurer } from '../../actions/measure/measurer.ts';
import { openMessenger } from '../../actions/messenger.ts';
import { redactorOf } from '../../actions/redact.ts';
import type { openRunner } from '../../actions/runner.ts';
import { runbookFiles } from '../../actions/runbook-files.ts';
import { signatures } from '../../actions/signatures.ts';
import { OperatorError } from '../../errors.ts';
import { evidenceFile } from '../../runbook/resolve/extent.ts';
import type { Runbook } from '../../runbook/model.ts';
import { joinPath } from '../../runbook/files.ts';
import { scriptsOf } from '../../runbook/fingerprint.ts';
import { listsOfSigners } from '../../runbook/signers.ts';
import { commandsOf } from '../../runbook/visit.ts';
import type { ReadyCommand, Runner } from '../../session/ports.ts';
import { steadyTime } from '../../session/steady-time.ts';
import { programFile } from '../program-files.ts';
import type { StartFile } from '../starting/session-folder.ts';
import { sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** The outside of one session: what starts commands, measures, sends and signs, with one clock and one redactor. */
export async function openOutside(
  around: Surroundings,
  start: StartFile,
  runbook: Runbook,
  secrets: Readonly<Record<string, string>>,
  runnerFor: typeof openRunner,
) {
  const clock = systemClock();
  const { epoch, speed } = start;
  // a step of the wall clock moves no deadline: it is flagged, and time goes on as it did
  const steady = steadyTime(clock);
  const domainNow = () =>
    epoch === null ? steady() : Math.round(epoch.domainMs + (steady() - epoch.realMs) * speed);
  const redactor = redactorOf(secrets);
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
  const shared = { clock, env, cwd: start.root, redactor, fromHere };
  const measurer = openMeasurer({
    ...shared,
    connections: runbook.connections,
    domainNow,
    sqliteProcess: programFile(around, 'sqlite-process'),
  });
  const ports = {
    clock,
    runner: elsewhereToo(runner, Object.values(secrets), checkScripts),
    measurer,
    messenger: openMessenger({ ...shared, channels: runbook.channels }),
    signatures: signatures({ root: start.root, env, pinned: runbook }),
    redactor,
    evidence: openEvidenceKeeper({
      folder,
      clock,
      redactor,
      fromHere,
      rows: (...asked) => measurer.rows(...asked),
      env,
    }),
    drift: openDriftKeeper({ ...shared, folder }),
    changedFiles: () => Promise.resolve(changedScripts(runbook, start.root)),
    workFolder: start.root,
  };
  const close = async (): Promise<void> => {
    await measurer.close();
    await runner.close();
  };
  return { clock, domainNow, folder, ports, close };
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
