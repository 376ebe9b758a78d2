import path from 'node:path';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { compileRunbook } from '../../src/machine/compile.ts';
import { prove } from '../../src/machine/proofs.ts';
import { accepts, applyFact, startSnapshot } from '../../src/machine/replay.ts';
import { loadRunbook } from '../../src/runbook/load.ts';

/*
 * What a resume does, in a process of its own (nothing is warm): `resume.ts <ledger> <session> <runbook>`. Prints the
 * processor milliseconds of its parts as JSON.
 */

const [ledgerPath = '', session = '', file = ''] = process.argv.slice(2);

/** Processor time of this thread: what others do on the machine is not in it. */
function clocked<Value>(work: () => Value): { readonly value: Value; readonly ms: number } {
  const before = process.threadCpuUsage();
  const value = work();
  const { user, system } = process.threadCpuUsage(before);
  return { value, ms: (user + system) / 1000 };
}

const loading = clocked(() => {
  const loaded = loadRunbook(path.basename(file), runbookFiles(path.dirname(file)));
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems.slice(0, 3)));
  const problems = prove(loaded.runbook).filter(({ severity }) => severity === 'error');
  if (problems.length > 0) throw new Error(JSON.stringify(problems.slice(0, 3)));
  return compileRunbook(loaded.runbook);
});

const reading = clocked(() => {
  const ledger = openLedger({
    path: ledgerPath,
    now: () => ({ ms: Date.now(), iso: new Date().toISOString() }),
    mono: () => performance.now(),
    boot: 'bench',
  });
  const facts = openSessionLog(ledger, session)
    .facts()
    .map(({ fact, at }) => ({ ...fact, at }));
  ledger.close();
  return facts;
});

const facts = reading.value;
const fold = (first: readonly (typeof facts)[number][], withCan: boolean) => {
  let snapshot = startSnapshot(loading.value, session);
  for (const fact of first)
    if (!withCan || accepts(snapshot, fact)) snapshot = applyFact(loading.value, snapshot, fact);
  return snapshot;
};
const replaying = clocked(() => fold(facts, false));
const steps = facts.filter(({ type }) => type !== 'client.detached').slice(0, 2000);
const stepping = clocked(() => fold(steps, false));
const asking = clocked(() => fold(steps, true));

process.stdout.write(
  `${JSON.stringify({
    facts: facts.length,
    stepFacts: facts.filter(({ type }) => type !== 'client.detached').length,
    load: loading.ms,
    read: reading.ms,
    replay: replaying.ms,
    transition: stepping.ms / steps.length,
    transitionWithCan: asking.ms / steps.length,
  })}\n`,
);
