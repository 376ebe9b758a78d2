import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bootId } from '../../src/actions/attempts/process-table.ts';
import { systemClock } from '../../src/actions/clock.ts';
import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import type { CrashPoint, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { compileRunbook } from '../../src/machine/compile.ts';
import type { Fact, FactOf, TimedFact } from '../../src/machine/facts.ts';
import { applyFact, contextOf, startSnapshot } from '../../src/machine/replay.ts';
import { viewOf } from '../../src/machine/view-of.ts';
import type { SessionView } from '../../src/machine/view.ts';
import { loadOrRefuse } from '../../src/cli/load.ts';
import { printedDigest } from './kill-runbook.ts';
import type { KillStep } from './kill-runbook.ts';
import type { SessionBench } from './session-bench.ts';

/** A blow that fell: during which attempt, where, and who really died. */
export interface Struck {
  readonly attempt: string;
  readonly at: CrashPoint | 'at a random time';
  readonly victims: readonly CrashVictim[];
}

export interface Judged {
  readonly verdicts: readonly string[];
  readonly problems: readonly string[];
}

type Attempt = ReturnType<typeof attemptOf>;

/** Holds the whole ledger of a session against what its commands left behind, once nothing of it runs any more. */
export async function judgeSession(
  bench: SessionBench,
  steps: readonly KillStep[],
  blows: readonly Struck[],
): Promise<Judged> {
  const clock = systemClock();
  const ledger = openLedger({
    path: bench.around.ledgerPath,
    now: clock.now,
    mono: clock.mono,
    boot: bootId(),
  });
  try {
    const chain = ledger.verify(bench.session);
    const log = openSessionLog(ledger, bench.session);
    const facts = log.facts().map(({ fact, at }): TimedFact => ({ ...fact, at }));
    log.close();
    const truth = readTruth(bench.root);
    const names = [
      ...new Set([...facts.flatMap((fact) => ('attempt' in fact ? [fact.attempt] : [])), ...truth.attempts]),
    ];
    const attempts = names.map((name) => attemptOf(name, facts, truth, blows));
    const problems = [
      ...(chain.ok ? [] : [`the chain does not verify: ${JSON.stringify(chain)}`]),
      ...attempts.flatMap((attempt) => judgeAttempt(attempt, attempts, steps)),
      ...judgeViews(bench, facts),
      ...bench.refusals.filter(({ code }) => code !== 'E_LOST').map(({ code }) => `refused: ${code}`),
    ];
    return { verdicts: attempts.flatMap(verdictOf), problems };
  } finally {
    ledger.close();
  }
}

interface Truth {
  readonly attempts: readonly string[];
  readonly effects: (attempt: string) => number;
  readonly begins: (attempt: string) => number;
  /** The exit code that the command noted last; null where it did not come so far. */
  readonly code: (attempt: string) => number | null;
}

function readTruth(root: string): Truth {
  const lines = (file: string): readonly string[] =>
    readFileSync(path.join(root, file), 'utf8').split('\n').slice(0, -1);
  const effects = lines('effects');
  const journal = lines('journal').map((line) => line.split(' '));
  return {
    attempts: [...effects, ...journal.flatMap(([, attempt]) => attempt ?? [])],
    effects: (attempt) => effects.filter((line) => line === attempt).length,
    begins: (attempt) => journal.filter(([word, name]) => word === 'begin' && name === attempt).length,
    code: (attempt) => {
      const end = journal.findLast(([word, name]) => word === 'end' && name === attempt);
      return end === undefined ? null : Number(end[2]);
    },
  };
}

function attemptOf(name: string, facts: readonly Fact[], truth: Truth, blows: readonly Struck[]) {
  const own = facts.filter((fact) => 'attempt' in fact && fact.attempt === name);
  const of = <Type extends Fact['type']>(type: Type) =>
    own.filter((fact): fact is FactOf<Type> => fact.type === type);
  return {
    name,
    place: name.slice(0, name.lastIndexOf('#')),
    number: Number(name.slice(name.lastIndexOf('#') + 1)),
    types: own.map(({ type }) => type),
    intents: of('step.intent'),
    ran: of('operator.ran'),
    ended: of('command.ended'),
    found: of('attempt.found'),
    resolved: of('doubt.resolved'),
    retried: of('operator.retried'),
    effects: truth.effects(name),
    begins: truth.begins(name),
    code: truth.code(name),
    blows: blows.filter(({ attempt }) => attempt === name),
  };
}

/** What the session says about an attempt in the end. */
function verdictOf({ intents, found, ended }: Attempt): readonly string[] {
  if (intents.length === 0) return [];
  const words = [...found.map(({ verdict }) => verdict), ...ended.map(({ ending }) => ending)];
  return [words.join(' > ')];
}

function judgeAttempt(
  attempt: Attempt,
  all: readonly Attempt[],
  steps: readonly KillStep[],
): readonly string[] {
  const faults = [
    ...onceOnly(attempt),
    ...onAPersonsWord(attempt, all),
    ...truthful(attempt, steps),
    ...noIdleDoubt(attempt),
  ];
  const blows = attempt.blows.map(({ at, victims }) => `${victims.join('+')} ${at}`).join(', then ');
  return faults.map((fault) => `${attempt.name} (${blows}; ${attempt.types.join(' ')}): ${fault}`);
}

function onceOnly({ begins, effects, ended, intents }: Attempt): readonly string[] {
  return [
    ...(begins > 1 || effects > 1 ? [`doubled: it began ${begins} times and had ${effects} effects`] : []),
    ...(ended.length > 1 ? [`it ended ${ended.length} times`] : []),
    ...(intents.length > 1 ? ['it was intended more than once'] : []),
    ...(begins > 0 && intents.length === 0 ? ['it began without an intent on record'] : []),
  ];
}

/** Nothing begins without a person who said run; nothing begins again without a person who decided so. */
function onAPersonsWord({ place, number, begins, ran }: Attempt, all: readonly Attempt[]): readonly string[] {
  if (begins === 0) return [];
  const faults = ran.some(({ by }) => by === 'tester') ? [] : ['nobody had said run'];
  const before = all.find((other) => other.place === place && other.number === number - 1);
  if (before === undefined || before.intents.length === 0) return faults;
  const decided =
    before.found.some(({ verdict }) => verdict === 'not_started') ||
    before.ended.some(({ ending }) => ending === 'not_started') ||
    [...before.resolved, ...before.retried].some(({ by }) => by === 'tester');
  return decided ? faults : [...faults, `it follows ${before.name}, and nobody decided so`];
}

function truthful(attempt: Attempt, steps: readonly KillStep[]): readonly string[] {
  const { found, ended, effects, begins, code, blows, place } = attempt;
  const killed = (victim: CrashVictim): boolean => blows.some(({ victims }) => victims.includes(victim));
  const faults: string[] = [];
  const neverStarted =
    found.some(({ verdict }) => verdict === 'not_started') ||
    ended.some(({ ending }) => ending === 'not_started');
  if (neverStarted && begins + effects > 0) faults.push('said never to have started, and it had begun');
  if (found.some(({ verdict }) => verdict === 'finished') && ended.length === 0)
    faults.push('found finished, without an outcome');
  for (const { ending, exitCode, output } of ended) {
    if (ending === 'exited') {
      if (code === null || code !== exitCode)
        faults.push(`said exit ${exitCode}, and it was ${code ?? 'never reached'}`);
      if (effects !== 1) faults.push(`said to have exited, with ${effects} effects`);
      if (output?.sha256 !== printedDigest) faults.push('its output is not whole');
      const wanted = steps.find(({ id }) => id === place)?.exitCode;
      if (wanted !== exitCode) faults.push(`the runbook’s exit code is ${wanted}`);
    } else if (ending === 'signalled' && !killed('command')) faults.push('said to be killed, and nobody had');
    else if (ending === 'lost' && !killed('supervisor'))
      faults.push('said to be lost, and its supervisor lived');
    else if (ending === 'timed_out' || ending === 'stopped')
      faults.push(`${ending}, and nobody had asked for that`);
  }
  const running = found.some(({ verdict }) => verdict === 'running');
  if (running && begins === 0 && !killed('supervisor')) faults.push('said to run, and it never did');
  return faults;
}

/** In doubt is never false, so it is held against what could be known. */
function noIdleDoubt({ found, ended, intents, blows }: Attempt): readonly string[] {
  if (intents.length === 0) return [];
  const doubted =
    found.some(({ verdict }) => verdict === 'in_doubt') || ended.some(({ doubt }) => doubt !== null);
  const settledAs = found.length + ended.length;
  if (settledAs === 0) return ['nothing is said about it'];
  if (!doubted) return [];
  const mayDoubt = blows.some(
    ({ at, victims }) =>
      (victims.includes('command') || victims.includes('supervisor')) &&
      (at === 'at a random time' ||
        (reaches(at, 'request sent') && !reaches(at, 'exit renamed') && at !== 'request received')),
  );
  return mayDoubt ? [] : ['in doubt, and its outcome could be known'];
}

const reaches = (at: CrashPoint, point: CrashPoint): boolean =>
  crashPoints.indexOf(at) >= crashPoints.indexOf(point);

/** What a screen ever showed is in the ledger: the facts give the same view again; and the debts are those intended. */
function judgeViews(bench: SessionBench, facts: readonly TimedFact[]): readonly string[] {
  const { runbook } = loadOrRefuse(path.join(bench.root, 'kill_trial.yaml'));
  const compiled = compileRunbook(runbook);
  let snapshot = startSnapshot(compiled, bench.session);
  const digests = new Map<number, string>();
  const intended = new Map<number, readonly string[]>();
  let opened: readonly { readonly attempt: string; readonly key: string }[] = [];
  for (const fact of facts) {
    snapshot = applyFact(compiled, snapshot, fact);
    if (fact.type === 'step.intent' && fact.opens !== null)
      opened = [...opened, { attempt: fact.attempt, key: fact.opens.key }];
    if (neverBegan(fact)) opened = opened.filter(({ attempt }) => attempt !== fact.attempt);
    const view = viewOf(compiled.book, contextOf(snapshot));
    digests.set(view.revision, digest(view));
    intended.set(
      view.revision,
      opened.map(({ key }) => key),
    );
  }
  const problems: string[] = [];
  for (const view of bench.seen) {
    const known = digests.get(view.revision);
    if (known === undefined) problems.push(`lost: a screen showed revision ${view.revision}`);
    else if (known !== digest(view))
      problems.push(`a screen showed another revision ${view.revision} than the ledger holds`);
    const shown = view.obligations.map(({ key }) => key).toSorted();
    const meant = [...new Set(intended.get(view.revision) ?? [])].toSorted();
    if (JSON.stringify(shown) !== JSON.stringify(meant))
      problems.push(`debts shown: ${shown.join()}; intended: ${meant.join()}`);
  }
  return problems;
}

/** What provably never began owes nothing. */
const neverBegan = (
  fact: TimedFact,
): fact is TimedFact & (FactOf<'attempt.found'> | FactOf<'command.ended'>) =>
  (fact.type === 'attempt.found' && fact.verdict === 'not_started') ||
  (fact.type === 'command.ended' && fact.ending === 'not_started');

const digest = (view: SessionView): string => createHash('sha256').update(JSON.stringify(view)).digest('hex');
