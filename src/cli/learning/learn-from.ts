import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Ledger } from '../../ledger/open-ledger.ts';
import { readFacts } from '../../ledger/parse-facts.ts';
import { coverage, type Walk } from '../../machine/coverage.ts';
import { edgesOf } from '../../machine/edges.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { walkedEdges } from '../../machine/walk.ts';
import { lessonsIn } from '../../report/lessons-in.ts';
import { itemsIn } from '../../report/postmortem-told.ts';
import { textsFor, withVersion } from '../../runbook/learning/lessons.ts';
import type { Overlay } from '../../runbook/overlay.ts';
import type { Runbook } from '../../runbook/model.ts';
import { allSteps } from '../../runbook/model.ts';
import type { RecordedFact } from '../../session/ports.ts';
import { examineAs, loadOrRefuse } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import { pinnedFolder, readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** A new version of a runbook, made of what one session showed. */
export interface Proposed {
  /** The file as it is now, and as it would be. */
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly runbook: Runbook;
  readonly changes: readonly string[];
  /** What was seen and could not be proposed, and why. */
  readonly left: readonly string[];
  readonly resolves: readonly string[];
  /** Ways on that the change touches, with the share of practice that each had until now. */
  readonly voided: readonly { readonly edge: string; readonly practised: number }[];
  /** Shares of the weight that is practised, before and after; 0 to 1. */
  readonly coverage: { readonly before: number; readonly after: number };
}

/** How many of the newest sessions of the runbook are looked at. */
const newest = 100;

/** Proposes a change of the runbook that a session ran; every step of it compiles, or it is left out with its reason. */
export function learnFrom(
  around: Surroundings,
  ledger: Ledger,
  session: string,
  events: readonly RecordedFact[],
  { resolves, nowMs }: { readonly resolves: readonly string[]; readonly nowMs: number },
): Proposed {
  const start = readStartFile(around, session);
  const file = join(start.root, start.runbook);
  const overlays = overlaysHere(around);
  const { runbook } = loadOrRefuse(file, overlays);
  const before = readFileSync(file, 'utf8');
  for (const id of resolves) {
    if (itemsIn(events).some((item) => item.id === id && item.closed === null)) continue;
    throw new OperatorError(`Session ${session} has no open action item ${id}.`, [
      'List them: walkback actions',
    ]);
  }
  const rows = ledger
    .sessions({ limit: 2_000 })
    .filter((row) => row.runbook === runbook.id)
    .slice(0, newest);
  const sessions = rows.map(({ id }) => ({ id, facts: readFacts(ledger, id) }));
  const times = Object.fromEntries(
    allSteps(runbook).map(({ id }) => [
      id,
      ledger
        .stepTimes(runbook.id, id)
        .flatMap(({ passed, commandMs }) => (passed && commandMs !== null ? [commandMs] : [])),
    ]),
  );
  const lessons = lessonsIn(runbook, events, { times, sessions: sessions.map(({ facts }) => facts) });
  const compiling = (candidates: readonly Candidate[]): ReturnType<typeof firstThatCompiles> =>
    firstThatCompiles(file, { runbook, overlays }, candidates);
  let text = before;
  const changes: string[] = [];
  const left: string[] = [];
  for (const lesson of lessons) {
    const { taken, why } = compiling(textsFor(lesson, text, { runbook, session }));
    if (taken === null) {
      left.push(why);
      continue;
    }
    text = taken.text;
    changes.push(taken.what);
  }
  if (changes.length === 0)
    throw new OperatorError(
      `Session ${session} shows nothing that ${runbook.id} does not know${left.length === 0 ? '' : `, or nothing that can be written into it: ${left.join('; ')}`}.`,
      ['Change the runbook by hand; `resolves: [AI-12]` in its `changes` closes an action item.'],
      { exitCode: exitCode.failed },
    );
  const versioned = compiling([
    { text: withVersion(text, runbook, { what: changes, session, resolves }), what: 'a new version' },
  ]);
  if (versioned.taken === null)
    throw new OperatorError(versioned.why, ['Set `version` and `changes` by hand.']);
  const after = versioned.taken.text;
  const { loaded } = examineAs(file, after, overlays);
  if (!loaded.ok) throw new Error('a text that compiled does not compile');
  const walks = sessions.flatMap(({ id, facts }) => walkOf(around, id, facts));
  const old = coverage(edgesOf(runbook), walks, nowMs);
  const next = coverage(edgesOf(loaded.runbook), walks, nowMs);
  const known = new Map(next.edges.map(({ edge }) => [edge.id, edge.hash]));
  return {
    file,
    before,
    after,
    runbook: loaded.runbook,
    changes,
    left,
    resolves,
    voided: old.edges.flatMap(({ edge, best }) =>
      known.get(edge.id) === edge.hash ? [] : [{ edge: edge.id, practised: best }],
    ),
    coverage: { before: old.team, after: next.team },
  };
}

type Candidate = ReturnType<typeof textsFor>[number];

function firstThatCompiles(
  file: string,
  { runbook, overlays }: { readonly runbook: Runbook; readonly overlays: readonly Overlay[] },
  candidates: readonly Candidate[],
): { readonly taken: { readonly text: string; readonly what: string } | null; readonly why: string } {
  let why = `${candidates[0]?.what ?? 'a change'}: there is no way on that it could offer`;
  for (const { text, what } of candidates) {
    if (text === null) {
      why = `${what}: the step is not written in ${runbook.file} itself, or not in a way that can be changed`;
      continue;
    }
    const { loaded, problems } = examineAs(file, text, overlays);
    const wrong = problems.find(({ severity }) => severity === 'error');
    if (loaded.ok && wrong === undefined) return { taken: { text, what }, why: '' };
    why = `${what}: it would not compile (${wrong?.code ?? ''} ${wrong?.message ?? ''})`;
  }
  return { taken: null, why };
}

/** What was walked in a session, by the hashes that its runbook had then; nothing where that runbook is not kept here. */
function walkOf(around: Surroundings, session: string, facts: readonly RecordedFact[]): readonly Walk[] {
  try {
    const start = readStartFile(around, session);
    const { runbook } = loadOrRefuse(join(pinnedFolder(around, session), start.runbook));
    const walked = walkedEdges(
      runbook,
      facts.map(({ fact, at }) => ({ ...fact, at })),
    );
    const [first] = facts;
    return first === undefined
      ? []
      : [{ person: start.user, atMs: epochMsOf(first.at), edges: walked.map(({ edge }) => edge) }];
  } catch (error) {
    // the record of another machine, or of a format that is older than this program
    if (error instanceof OperatorError) return [];
    throw error;
  }
}
