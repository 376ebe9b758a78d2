import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootId } from '../../src/actions/attempts/process-table.ts';
import { systemClock } from '../../src/actions/clock.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import type { Ledger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { processesOf, until } from '../fixtures/runner/open-test-runner.ts';
import { openSessionBench } from './session-bench.ts';
import type { BenchOptions, SessionBench } from './session-bench.ts';
import type { SessionPrograms } from './session-programs.ts';

/** A step that waits in the middle until it is let go; whoever uses it says its way back. */
export const slowChange = `      - id: change
        title: The slow change
        shell: 'echo begin >> journal; seq 1 20000; until [ -e go ]; do sleep 0.02; done; seq 1 20000; echo change >> effects; echo end >> journal; exit 7'
        timeout: 2h
        probe_after_crash: effects`;

/** One change that waits in the middle until it is let go, and a second one after it; told from beginning to end. */
const storyRunbook = `walkback: 1
id: story
title: One slow change
service: trial
owner: tests
objective: 10m
maturity: staging
probes:
  effects: { run: [sh, -c, 'wc -l < effects'] }
phases:
  - id: work
    title: Work
    steps:
${slowChange}
        undo: { run: ['true'] }
        opens: { id: bent, title: Something is bent, ttl: 2h, release: { run: ['true'] }, proof: { run: ['true'], expect: { exit: 0 } } }
      - id: after
        title: The next change
        shell: 'echo after >> effects'
        undo: { run: ['true'] }
      - { id: back, release: [bent] }
      - { id: over, end: rolled_back }
`;

export interface Story {
  readonly bench: SessionBench;
  /** Says run to the first change and waits until its command is in the middle. */
  begin(): Promise<void>;
  /** Lets the command go on. */
  letGo(): void;
  /** Lines that commands left behind. */
  lines(file: 'journal' | 'effects'): readonly string[];
  /** The session's facts as the ledger has them now. */
  facts(): readonly Fact[];
  readLedger<Answer>(read: (ledger: Ledger) => Answer): Answer;
}

/** Tells a story on a session of its own and clears everything away, however it ends. Throws where a process stays. */
export async function tellStory(
  programs: SessionPrograms,
  tell: (story: Story) => Promise<void>,
  more: Partial<BenchOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'wbst-'));
  let session: string | null = null;
  try {
    const bench = await openSessionBench({
      programs,
      agent: programs.agent,
      folder,
      runbook: storyRunbook,
      ...more,
    });
    ({ session } = bench);
    await tell(storyOf(bench));
    writeFileSync(path.join(bench.root, 'go'), '');
    await bench.close();
    await until(`nothing of ${session} runs`, () => processesOf(bench.session).length === 0, 60_000);
  } finally {
    if (session !== null) killAll(session);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nothing of a session stays behind, whatever a test came to. */
export function killAll(session: string): void {
  for (const pid of processesOf(session)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
  }
}

function storyOf(bench: SessionBench): Story {
  const lines: Story['lines'] = (file) =>
    readFileSync(path.join(bench.root, file), 'utf8').split('\n').slice(0, -1);
  const readLedger: Story['readLedger'] = (read) => {
    const { now, mono } = systemClock();
    const ledger = openLedger({ path: bench.around.ledgerPath, readOnly: true, now, mono, boot: bootId() });
    try {
      return read(ledger);
    } finally {
      ledger.close();
    }
  };
  return {
    bench,
    begin: async () => {
      await until('the change waits to be run', () => bench.view()?.current[0]?.status === 'ready', 60_000);
      bench.send({ type: 'run', place: { step: 'change', item: '' }, attempt: 'change#1', typed: null });
      await until('the command runs', () => lines('journal').includes('begin'), 60_000);
    },
    letGo: () => writeFileSync(path.join(bench.root, 'go'), ''),
    lines,
    readLedger,
    facts: () =>
      readLedger((ledger) => {
        const log = openSessionLog(ledger, bench.session);
        const facts = log.facts().map(({ fact }) => fact);
        log.close();
        return facts;
      }),
  };
}
