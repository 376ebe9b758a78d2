import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAccepted, scenarios } from '../../drill/scenarios.ts';
import type { Score } from '../../drill/score.ts';
import { score, scoreText } from '../../drill/score.ts';
import { openSessionLog } from '../../ledger/session-log.ts';
import { compileRunbook } from '../../machine/compile.ts';
import { lossUnagreed } from '../../machine/data.ts';
import { contextOf, replay } from '../../machine/replay.ts';
import { walkedEdges } from '../../machine/walk.ts';
import type { Runbook } from '../../runbook/model.ts';
import { allSteps } from '../../runbook/model.ts';
import { sandboxDown } from '../../sandbox/sandbox.ts';
import { systemClock } from '../../actions/clock.ts';
import { lineOf } from '../commands/verify.ts';
import { dialAgent } from '../hosting/start-agent.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { readRecord } from '../records/record.ts';
import { pinnedFolder, readStartFile, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import { writeDraft } from '../records/write-draft.ts';
import { exitCode } from '../../errors.ts';

/** What only the drill knows, kept out of the operator's sight until it is over. */
export interface DrillFile {
  readonly fault: string;
  readonly armedAt: string | null;
  /** The drill's own sandbox, taken down at the end; null where the drill uses an environment. */
  readonly sandbox: string | null;
}

const drillFile = (around: Surroundings, session: string): string =>
  join(sessionFolder(around, session), 'drill.json');

export function writeDrillFile(around: Surroundings, session: string, drill: DrillFile): void {
  writeFileSync(drillFile(around, session), `${JSON.stringify(drill)}\n`, { mode: 0o600 });
}

export function readDrillFile(around: Surroundings, session: string): DrillFile | null {
  const file = drillFile(around, session);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DrillFile) : null;
}

/** After a drill: its score, the edges walked, the post-mortem's place, the proof; then the sandbox goes. */
export async function finishDrill(around: Surroundings, session: string): Promise<number> {
  const drill = readDrillFile(around, session);
  if (drill === null) return exitCode.done;
  await agentGone(around, session);
  const record = readRecord(around, session);
  if (record.outcome === null) {
    record.ledger.close();
    around.write(`the drill is not over: walkback resume ${session}\n`);
    return exitCode.stopped;
  }
  const start = readStartFile(around, session);
  const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), start.runbook));
  const scenario = scenarios[drill.fault];
  const walked = walkedEdges(
    runbook,
    record.events.map(({ fact, at }) => ({ ...fact, at })),
  );
  const scored = score({
    events: record.events,
    objectiveMs: runbook.objectiveMs,
    armedAt: drill.armedAt,
    walked: walked.map(({ edge }) => ({ id: edge.id, accepted: isAccepted(scenario, edge) })),
    scenario: scenario ?? null,
    requiredChecks: allSteps(runbook).flatMap((step) =>
      (step.kind === 'check' || step.kind === 'smoke') && step.required ? [step.id] : [],
    ),
    lossOverBudget: lossOver(runbook, record, scenario?.keepsData ?? []),
    claimed: claimedEnd(record, scenario?.showsEffect ?? []),
    speed: start.speed,
  });
  record.ledger.close();
  recordScore(around, session, scored);
  around.write(
    `\nthe fault was ${drill.fault}; ${walked.length} edges walked, ${new Set(walked.map(({ edge }) => edge.id)).size} of them different\n`,
  );
  around.write(scoreText(scored, Math.min(around.columns || 100, 120)));
  around.write(`post-mortem: ${writeDraft(around, session)}\n`);
  const ledger = openLedgerForWriting(around);
  const verdict = ledger.verify(session);
  ledger.close();
  around.write(`${lineOf(`session ${session}`, verdict)} (${around.ledgerPath})\n`);
  if (drill.sandbox !== null) {
    await sandboxDown({ folder: drill.sandbox });
    rmSync(drillFile(around, session), { force: true });
  }
  return verdict.ok ? exitCode.done : exitCode.failed;
}

/** A check that keeps the data was passed over, or the last count is over the budget and nobody agreed to it. */
function lossOver(
  runbook: Runbook,
  { id, events }: Pick<ReturnType<typeof readRecord>, 'id' | 'events'>,
  keepsData: readonly string[],
): boolean {
  const passedOver = events.some(
    ({ fact }) => fact.type === 'operator.skipped' && keepsData.includes(fact.place.step),
  );
  if (passedOver) return true;
  const compiled = compileRunbook(runbook);
  const facts = events.map(({ fact, at }) => ({ ...fact, at }));
  return lossUnagreed(compiled.book, contextOf(replay(compiled, id, facts)));
}

/**
 * The check that should have shown the effect, where the end says that all is well without it: never passed where it
 * was mitigated, passed over by a person where it was rolled back.
 */
function claimedEnd(
  { events, outcome }: Pick<ReturnType<typeof readRecord>, 'events' | 'outcome'>,
  showsEffect: readonly string[],
): string | null {
  if (outcome !== 'mitigated' && outcome !== 'rolled_back') return null;
  const last = new Map<string, 'passed' | 'failed' | 'skipped'>();
  for (const { fact } of events) {
    if (fact.type !== 'check.judged' && fact.type !== 'operator.skipped') continue;
    if (!showsEffect.includes(fact.place.step)) continue;
    const how = fact.type === 'operator.skipped' ? 'skipped' : fact.result === 'pass' ? 'passed' : 'failed';
    last.set(fact.place.step, how);
  }
  const isClaim = (how: string): boolean => (outcome === 'mitigated' ? how !== 'passed' : how === 'skipped');
  return [...last].find(([, how]) => isClaim(how))?.[0] ?? null;
}

/** The score is a fact of the session; its agent has let go of the ledger by now. */
function recordScore(around: Surroundings, session: string, scored: Score): void {
  const ledger = openLedgerForWriting(around);
  const log = openSessionLog(ledger, session);
  const at = systemClock().now().iso;
  log.append([
    { fact: { type: 'drill.scored', score: structuredClone(scored) as never }, actor: 'walkback', at },
  ]);
  log.close();
  ledger.close();
}

/** An agent that hosted the session leaves once its last screen has gone; it alone may write until then. */
async function agentGone(around: Surroundings, session: string): Promise<void> {
  const clock = systemClock();
  const until = clock.mono() + 10_000;
  while (clock.mono() < until) {
    const connection = await dialAgent(around, session);
    if (connection === null) return;
    connection.close();
    await new Promise<void>((resolve) => {
      clock.after(50, resolve);
    });
  }
}
