import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { openSessionLog } from '../../src/ledger/session-log.ts';
import type { Fact } from '../../src/machine/facts.ts';
import { temporaryFolder } from '../ledger/temporary-ledger.ts';
import { at, sessionId, toldRollback, type Told } from '../report/events.ts';

export interface ClosedHere {
  readonly around: Surroundings;
  readonly session: string;
  /** What was printed since the last time it was asked for. */
  readonly printed: () => string;
  readonly verified: () => boolean;
  readonly facts: () => readonly Fact[];
}

/** A ledger on disk with one closed session in it, and the program's surroundings over it. */
export function closedSession(told: readonly Told[] = toldRollback, session = sessionId): ClosedHere {
  const dataFolder = temporaryFolder();
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const around: Surroundings = {
    env: { PATH: process.env['PATH'] ?? '', HOME: dataFolder },
    cwd: dataFolder,
    user: 'ada',
    uid: process.getuid?.() ?? 0,
    isTerminal: false,
    columns: 100,
    rows: 30,
    dataFolder,
    ledgerPath: join(dataFolder, 'ledger.db'),
    sessionsFolder: join(dataFolder, 'sessions'),
    runtimeFolder: undefined,
    temporaryFolder: dataFolder,
    systemFolder: '/nowhere',
    programFolder: resolve(import.meta.dirname, '../../src/cli'),
    runtime: process.execPath,
    write: print,
    warn: print,
  };
  mkdirSync(join(around.sessionsFolder, session), { recursive: true, mode: 0o700 });
  const open = () =>
    openLedger({
      path: around.ledgerPath,
      boot: 'boot-1',
      now: () => ({ ms: Date.parse(at(0)), iso: at(0) }),
      mono: () => performance.now(),
    });
  const ledger = open();
  const log = openSessionLog(ledger, session);
  log.append(
    told.map(([seconds, fact, actor = 'walkback']) => ({ fact: silent(fact), actor, at: at(seconds) })),
  );
  log.close();
  ledger.close();
  const reading = <Value>(read: (opened: ReturnType<typeof open>) => Value): Value => {
    const opened = open();
    try {
      return read(opened);
    } finally {
      opened.close();
    }
  };
  return {
    around,
    session,
    printed: () => {
      const text = printed;
      printed = '';
      return text;
    },
    verified: () => reading((opened) => opened.verify(session).ok),
    facts: () =>
      reading((opened) => {
        const again = openSessionLog(opened, session);
        try {
          return again.facts().map(({ fact }) => fact);
        } finally {
          again.close();
        }
      }),
  };
}

/** Without what the command printed, which is not kept here. */
const silent = (fact: Fact): Fact => (fact.type === 'command.ended' ? { ...fact, output: null } : fact);

/** The debt of a post-mortem, as a session records it with its close. */
export const dutyUntil = (due: string): readonly Told[] => [
  [
    905,
    {
      type: 'obligation.opened',
      by: 'walkback',
      obligation: {
        key: 'post-mortem',
        id: 'post-mortem',
        title: 'Post-mortem of the rollback',
        ttlMs: null,
        release: ['walkback', 'postmortem', sessionId],
      },
      due,
      reason: 'required: production',
    },
  ],
  [
    905,
    {
      type: 'obligation.discharged',
      by: 'walkback',
      key: 'post-mortem',
      how: 'carried',
      reason: 'required: production',
      owner: 'payments',
      due,
    },
  ],
];
