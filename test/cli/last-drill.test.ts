import { expect, test } from 'vitest';
import { documentOf } from '../../src/cli/records/export-formats.ts';
import { readRecord } from '../../src/cli/records/record.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { FactOf } from '../../src/machine/facts.ts';
import { at, sessionId, started, type Told } from '../report/events.ts';
import { closedSession } from './closed-session.ts';

const drillOf = (
  from: number,
  to: number,
  over: Partial<FactOf<'session.started'>> = {},
): readonly Told[] => [
  [from, { ...started, mode: 'DRILL', ...over }],
  [to, { type: 'session.ended', outcome: 'rolled_back', reason: 'done' }],
];

test('the post-mortem names the last drill of the runbook that was over when the session began, in Markdown and in HTML', () => {
  const { around } = closedSession();
  const drill = (id: string, told: readonly Told[]): void => {
    const ledger = openLedger({
      path: around.ledgerPath,
      boot: 'boot-1',
      now: () => ({ ms: Date.parse(at(0)), iso: at(0) }),
      mono: () => performance.now(),
    });
    const log = openSessionLog(ledger, id);
    log.append(told.map(([seconds, fact]) => ({ fact, actor: 'walkback', at: at(seconds) })));
    log.close();
    ledger.close();
  };
  const written = (): readonly string[] => {
    const record = readRecord(around, sessionId);
    try {
      return (['md', 'html'] as const).map((format) => documentOf(around, record, format, 'roles'));
    } finally {
      record.ledger.close();
    }
  };

  drill('later-drill', drillOf(60, 90));
  drill('long-drill', drillOf(-60, 30));
  drill('other-drill', drillOf(-600, -500, { runbook: { ...started.runbook, id: 'other' } }));
  for (const document of written())
    expect(document).toContain('no drill of it is on record before this session');

  drill('good-drill', drillOf(-7200, -7000));
  for (const document of written()) expect(document).toContain('good-drill, 2 h 0 min before, rolled back');

  const { runbook } = started;
  drill(
    'changed-drill',
    drillOf(-3600, -3500, { runbook: { ...runbook, hash: `sha256:${'cd'.repeat(32)}` } }),
  );
  for (const document of written())
    expect(document).toContain(
      'changed-drill, 1 h 0 min before, rolled back, of another version of the runbook',
    );
});
