import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openMeasurer } from '../../src/actions/measure/measurer.ts';
import { redactor } from '../../src/actions/redact.ts';
import { sanitiser } from '../../src/actions/sanitise.ts';
import { attachClient } from '../../src/agent/client.ts';
import { openHost } from '../../src/agent/host.ts';
import { memoryDuplex } from '../../src/agent/messages.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import { compileRunbook } from '../../src/machine/compile.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { SessionClient } from '../../src/session/client.ts';
import type { RecordedFact } from '../../src/session/ports.ts';
import { openSession } from '../../src/session/session.ts';
import { openBench } from '../fixtures/runner/open-test-runner.ts';
import { openTestLedger } from '../ledger/temporary-ledger.ts';

export interface RealSession {
  readonly client: SessionClient;
  /** Another terminal on the same session. */
  attach(name: string): Promise<SessionClient>;
  facts(): readonly RecordedFact[];
  readonly folder: string;
}

/**
 * A whole session as the program runs it: the real machine, ledger, runner and probes, and a front end attached as
 * one is. Only who is called on the pager is left out.
 */
export async function openRealSession(
  bookFor: (folder: string) => Runbook,
  facts: { readonly items?: readonly string[] } = {},
): Promise<RealSession> {
  const bench = openBench();
  const clock = systemClock();
  const runbook = bookFor(bench.folder);
  const ledger = openTestLedger(`${bench.folder}/ledger/ledger.db`, { now: clock.now, mono: clock.mono });
  const log = openSessionLog(ledger, bench.session);
  const runner = await bench.open();
  const env = { PATH: process.env['PATH'] ?? '' };
  const masks = redactor([]);
  const measurer = openMeasurer({
    connections: {},
    clock,
    domainNow: () => clock.now().ms,
    redactor: masks,
    env,
    cwd: bench.folder,
  });
  const compiled = compileRunbook(runbook);
  const session = openSession({
    compiled,
    ports: {
      clock,
      log,
      runner,
      measurer,
      messenger: { send: async () => ({ ok: true, detail: 'kept here' }) },
      signatures: { verify: async () => ({ ok: true, key: 'SHA256:test', level: 'L1' }) },
      redactor: masks,
      changedFiles: async () => [],
      workFolder: bench.folder,
    },
    inputs: {},
    secrets: new Set(),
    environment: null,
    env: { items: [...(facts.items ?? [])] },
    domainNow: () => clock.now().ms,
    usual: {},
    user: 'ada',
  });
  const host = openHost(session, sanitiser, () => ({ gauges: [] }));
  onTestFinished(async () => {
    session.halt();
    host.close('lost');
    await measurer.close();
    await bench.clear();
  });

  session.dispatch(
    [
      {
        type: 'session.started',
        by: 'ada',
        runbook: {
          id: runbook.id,
          title: runbook.title,
          service: runbook.service,
          hash: runbook.hash,
          file: runbook.file,
          objectiveMs: runbook.objectiveMs,
        },
        mode: 'DRILL',
        environment: 'staging',
        production: false,
        inputs: {},
        speed: 1,
        program: 'walkback 0.1.0',
        review: 'not_required',
        reason: null,
      },
    ],
    'ada',
  );
  const attach = (name: string): Promise<SessionClient> => {
    const { host: hostEnd, client } = memoryDuplex();
    host.connect(hostEnd);
    return attachClient(client, { user: 'ada', client: name, drives: true });
  };
  const client = await attach('test');
  session.begin();
  return { client, attach, facts: () => log.facts(), folder: bench.folder };
}
