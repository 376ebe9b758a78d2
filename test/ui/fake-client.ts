import type { Shown } from '../../src/machine/facts/values.ts';
import type { CurrentStep, Offer, SessionView, StepRow } from '../../src/machine/view.ts';
import type { LiveView, OutputFeed, SessionClient } from '../../src/session/client.ts';
import type { Answer, Intent } from '../../src/session/intents.ts';
import { readyStep } from '../fixtures/current-step.ts';

/** 2026-03-01T18:06:12Z: six minutes and twelve seconds into the session of `viewOf`. */
export const nowMs = 1_772_388_372_000;
export const nowIso = '2026-03-01T18:06:12.000Z';
const at = (minute: number, second = 0): string =>
  `2026-03-01T18:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}.000Z`;

export const shownOf = (over: Partial<Shown> = {}): Shown => ({
  title: 'Take the schema back to 41',
  argv: ['sqitch', 'revert', '--to', '@v1.9.3', 'db:pg:shop'],
  env: {},
  where: 'workstation',
  target: 'shop@db1',
  timeoutMs: 60_000,
  good: '"41" from schema_version',
  leads: 'the schema is half way (retry, forward, restore)',
  undo: '',
  warn: null,
  why: 'The old release does not know the new columns.',
  body: null,
  ponr: { lost: 'redeploying brings the tables back, not the 37 orders with coupons' },
  confirm: 'yes',
  name: null,
  debt: null,
  ...over,
});

export const stepOf = (over: Partial<CurrentStep> = {}): CurrentStep => ({
  ...readyStep,
  since: at(5, 50),
  shown: shownOf(),
  offers: [
    { intent: 'run', confirm: 'yes', name: null },
    { intent: 'skip', override: true },
  ],
  ...over,
});

const rowOf = (
  id: string,
  title: string,
  status: StepRow['status'],
  over: Partial<StepRow> = {},
): StepRow => ({
  id,
  title,
  kind: 'run',
  status,
  items: null,
  depth: 0,
  ponr: false,
  startedAt: status === 'todo' ? null : at(1),
  endedAt: status === 'done' ? at(1, 20) : null,
  ...over,
});

const planWith = (status: StepRow['status']): SessionView['phases'] => [
  {
    id: 'decide',
    title: 'Decide',
    offPath: false,
    status: 'done',
    steps: [rowOf('which_way', 'Which way?', 'done')],
  },
  {
    id: 'contain',
    title: 'Contain',
    offPath: false,
    status: 'done',
    steps: [
      rowOf('hold', 'hold the pipeline', 'done'),
      rowOf('silence', 'silence the alerts', 'done'),
      rowOf('freeze', 'freeze writes', 'done'),
    ],
  },
  {
    id: 'execute',
    title: 'Execute',
    offPath: false,
    status: 'current',
    steps: [
      rowOf('transform', 'transform rows', 'done', { items: { done: 37, total: 37 } }),
      rowOf('schema_down', 'schema down', status, { ponr: true, startedAt: at(5, 50) }),
      rowOf('switch', 'switch the app', 'todo', { items: { done: 0, total: 4 } }),
      rowOf('verify', 'verify versions', 'todo'),
    ],
  },
  {
    id: 'validate',
    title: 'Validate and give back',
    offPath: false,
    status: 'todo',
    steps: [rowOf('give_back', 'give back', 'todo')],
  },
  {
    id: 'forward',
    title: 'Roll forward',
    offPath: true,
    status: 'todo',
    steps: [rowOf('fix', 'fix forward', 'todo')],
  },
];

const base: SessionView = {
  session: {
    id: 's-0301-1800',
    runbook: {
      id: 'shop',
      title: 'roll back to 1.9.3',
      service: 'shop',
      hash: 'sha256:aa',
      file: 'shop.yaml',
      objectiveMs: 600_000,
    },
    mode: 'LIVE',
    environment: 'production',
    production: true,
    operator: 'eva',
    startedAt: at(0),
    speed: 1,
    review: 'trusted',
  },
  status: 'running',
  held: null,
  outcome: null,
  endedAt: null,
  phases: planWith('ready'),
  current: [stepOf()],
  obligations: [
    {
      key: 'freeze#1',
      id: 'freeze',
      title: 'writes frozen',
      ttlMs: 300_000,
      release: ['shopctl', 'writes', 'thaw'],
      openedAt: at(3),
      by: 'eva',
      state: 'open',
      overdue: false,
      owner: null,
      due: null,
    },
    {
      key: 'ci#1',
      id: 'ci',
      title: 'pipeline paused',
      ttlMs: null,
      release: ['shopctl', 'ci', 'resume'],
      openedAt: at(1),
      by: 'eva',
      state: 'open',
      overdue: false,
      owner: null,
      due: null,
    },
    {
      key: 'alerts#1',
      id: 'alerts',
      title: 'alerts silenced',
      ttlMs: 3_000_000,
      release: ['amtool', 'silence', 'expire', 'b7c1'],
      openedAt: at(0, 30),
      by: 'eva',
      state: 'open',
      overdue: false,
      owner: null,
      due: null,
    },
  ],
  triggers: [],
  window: {
    state: 'open',
    until: at(20),
    reason: 'release finished',
    leftMs: null,
    asOf: at(0),
    event: null,
    rung: null,
  },
  windowEvents: [],
  calendar: null,
  denial: null,
  authorityRequest: null,
  overrides: [],
  overrideNeeds: { evidence: 0, secondPerson: false, system: 'shop@production' },
  escalation: { asked: [], next: null },
  clockJumps: [],
  watches: [],
  notes: [],
  drift: [],
  decisions: [
    { at: at(0, 40), by: 'eva', step: 'which_way', option: 'rollback', title: 'Roll back', reason: null },
  ],
  last: { at: at(5, 50), text: 'transform rows: done, 37 of 37' },
  revision: 40,
};

/** A view of the session in the middle of its work, with what a test cares about put in. */
export const viewOf = (over: Partial<SessionView> = {}): SessionView => ({ ...base, ...over });

/** The same with one open step. */
export const viewAt = (step: Partial<CurrentStep>, over: Partial<SessionView> = {}): SessionView => {
  const current = stepOf(step);
  return viewOf({ current: [current], phases: planWith(current.status), ...over });
};

/** A fresh session: nothing is done, so no resume card comes first. */
export const freshPhases: SessionView['phases'] = base.phases.map((phase, index) => ({
  ...phase,
  status: index === 0 ? ('current' as const) : ('todo' as const),
  steps: phase.steps.map((step) => ({
    ...step,
    status: 'todo' as const,
    startedAt: null,
    endedAt: null,
    items: null,
  })),
}));

export const liveOf = (over: Partial<LiveView> = {}): LiveView => ({
  gauges: [
    {
      id: 'errors',
      unit: '%',
      value: 8.1,
      code: null,
      samples: [1, 2, 4, 6, 8, 8.2, 8.1],
      threshold: 2,
      state: 'FIRED',
      pending: null,
    },
    {
      id: 'p95',
      unit: 'ms',
      value: 412,
      code: null,
      samples: [400, 410, 430, 425, 412],
      threshold: 900,
      state: 'OK',
      pending: null,
    },
    {
      id: 'census',
      unit: 'on 1.9.3',
      value: 0,
      code: null,
      samples: [],
      threshold: null,
      state: null,
      pending: null,
    },
    {
      id: 'budget',
      unit: null,
      value: null,
      code: 'no_data',
      samples: [3, null, null],
      threshold: 1,
      state: 'UNKNOWN',
      pending: null,
    },
  ],
  preview: { attempt: 'schema_down#1', result: 'pass', at: at(6, 10), detail: '' },
  usual: { p50Ms: 8000, p80Ms: 14_000, count: 12 },
  watchers: 0,
  recording: { ok: true, detail: null },
  ...over,
});

/** Offers of a step that did not pass. */
export const waysOn: readonly Offer[] = [
  { intent: 'retry' },
  { intent: 'check_again' },
  { intent: 'route', to: 'forward', title: 'go forward instead' },
  { intent: 'skip', override: true },
];

/** The three-option decision that the cards are tried with. */
export const decisionStep = (): Partial<CurrentStep> => ({
  place: { step: 'which_way', item: '' },
  attempt: 'which_way#1',
  kind: 'decide',
  title: 'Which way out?',
  phase: { id: 'decide', title: 'Decide' },
  number: 1,
  of: 1,
  shown: shownOf({
    argv: null,
    ponr: null,
    body: 'Release **2.0.0** is failing. Which way out?',
    good: '',
    leads: '',
    target: '',
    why: null,
  }),
  offers: [{ intent: 'choose' }],
  question: {
    type: 'question.posed',
    place: { step: 'which_way', item: '' },
    attempt: 'which_way#1',
    facts: [
      {
        subject: 'error rate',
        result: 'fail',
        value: '8.1',
        expected: 'under 2',
        code: null,
        detail: 'for 6 minutes',
        unit: '%',
      },
      {
        subject: 'error budget',
        result: 'unknown',
        value: null,
        expected: 'over 0',
        code: 'no_data',
        detail: 'the query gave nothing',
        unit: null,
      },
      {
        subject: 'latency p95',
        result: 'pass',
        value: '412',
        expected: 'under 900',
        code: null,
        detail: '',
        unit: 'ms',
      },
    ],
    options: [
      {
        id: 'flag',
        title: 'Switch the flag off',
        offered: 'fail',
        why: 'no flag covers it',
        reversible: 'switch it on',
        needs: [],
      },
      {
        id: 'rollback',
        title: 'Roll back to 1.9.3',
        offered: 'pass',
        why: 'the trigger fired',
        reversible: 'deploy again',
        needs: [],
      },
      {
        id: 'wait',
        title: 'Wait',
        offered: 'pass',
        why: '',
        reversible: 'ask again',
        needs: ['what', 'until'],
      },
    ],
    recommended: 'rollback',
    because: 'errors FIRED for 6 minutes',
  },
});

export interface FakeClient extends SessionClient {
  readonly sent: readonly Intent[];
  readonly answer: (give: (intent: Intent) => Answer) => void;
  readonly show: (view: SessionView) => void;
  readonly showLive: (live: LiveView) => void;
  /** Lets an attempt print lines. */
  readonly print: (attempt: string, lines: readonly string[]) => void;
  readonly setDrives: (drives: boolean) => void;
  readonly end: (reason: 'ended' | 'lost' | 'detached') => void;
  readonly listeners: () => number;
}

/** A session without an engine: it shows the views it is given and keeps the intents it gets. */
export function openFakeClient(first: SessionView = viewOf(), firstLive: LiveView = liveOf()): FakeClient {
  let view = first;
  let live = firstLive;
  let drives = true;
  let give: (intent: Intent) => Answer = () => ({ ok: true });
  const sent: Intent[] = [];
  const outputs = new Map<string, { text: string; atMs: number }[]>();
  const listeners = new Set<() => void>();
  const changed = (): void => listeners.forEach((listener) => listener());
  const { promise: gone, resolve } = Promise.withResolvers<'ended' | 'lost' | 'detached'>();
  const linesOf = (attempt: string): { text: string; atMs: number }[] => {
    const known = outputs.get(attempt) ?? [];
    outputs.set(attempt, known);
    return known;
  };
  const output = (attempt: string): OutputFeed => ({
    attempt,
    count: () => linesOf(attempt).length,
    lines: (from, length) => linesOf(attempt).slice(from, from + length),
    search: (text, limit) =>
      linesOf(attempt)
        .flatMap((line, index) => (line.text.toLowerCase().includes(text.toLowerCase()) ? [index] : []))
        .slice(0, limit),
    close: () => undefined,
  });
  return {
    view: () => view,
    live: () => live,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    send(intent) {
      sent.push(intent);
      return Promise.resolve(give(intent));
    },
    output,
    drives: () => drives,
    takeOver() {
      drives = true;
      changed();
      return Promise.resolve({ ok: true });
    },
    gone,
    detach: () => undefined,
    sent,
    answer(next) {
      give = next;
    },
    show(next) {
      view = next;
      changed();
    },
    showLive(next) {
      live = next;
      changed();
    },
    print(attempt, lines) {
      const known = linesOf(attempt);
      for (const text of lines) known.push({ text, atMs: known.length * 10 });
      changed();
    },
    setDrives(next) {
      drives = next;
      changed();
    },
    end: resolve,
    listeners: () => listeners.size,
  };
}
