import type { CurrentStep, Offer, SessionView } from '../../src/machine/view.ts';
import type { LiveView, OutputFeed, SessionClient } from '../../src/session/client.ts';
import type { Answer, Intent } from '../../src/session/intents.ts';
import { readyStep } from '../fixtures/current-step.ts';
import { at, reading, shown, started } from '../report/events.ts';

const { runbook } = started;

export const viewOf = (over: Partial<SessionView> = {}): SessionView => ({
  session: {
    id: 'k7',
    runbook,
    mode: 'LIVE',
    environment: 'production',
    production: true,
    operator: 'ada',
    startedAt: at(0),
    speed: 1,
    review: 'trusted',
  },
  status: 'running',
  held: null,
  outcome: null,
  endedAt: null,
  phases: [],
  current: [],
  obligations: [],
  triggers: [],
  window: null,
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
  decisions: [],
  last: null,
  revision: 1,
  ...over,
});

export const stepOf = (over: Partial<CurrentStep> = {}): CurrentStep => ({
  ...readyStep,
  since: at(10),
  shown: shown('Take the schema back to 41', ['sqitch', 'revert']),
  offers: [{ intent: 'run', confirm: 'yes', name: null }],
  ...over,
});

const work = { place: { step: 'schema_down', item: '' }, attempt: 'schema_down#1' };

const heldOpen: Partial<CurrentStep> = {
  kind: 'decide',
  status: 'performing',
  chosen: {
    type: 'decision.chosen',
    ...work,
    by: 'ada',
    option: 'rollback',
    title: 'Roll back',
    reason: 'errors stay',
    fields: {},
    objection: null,
    shownAt: at(10),
    recommended: 'rollback',
    againAt: null,
    until: at(15),
    at: at(14),
    objections: [],
  },
};

/** A step at which an offer is made, as the machine makes it. */
export const stepOffering: Readonly<Record<Offer['intent'], CurrentStep>> = {
  run: stepOf(),
  skip: stepOf({ offers: [{ intent: 'skip', override: false }] }),
  check_again: stepOf({ status: 'unknown', offers: [{ intent: 'check_again' }] }),
  retry: stepOf({ status: 'failed', offers: [{ intent: 'retry' }] }),
  route: stepOf({ status: 'failed', offers: [{ intent: 'route', to: 'forward', title: 'Roll forward' }] }),
  resolve_doubt: stepOf({
    status: 'in_doubt',
    probe: reading('schema', 'pass', '41'),
    offers: [{ intent: 'resolve_doubt' }],
  }),
  choose: stepOf({
    kind: 'decide',
    status: 'performing',
    offers: [{ intent: 'choose' }],
    question: {
      type: 'question.posed',
      ...work,
      facts: [reading('errors', 'fail', '0.081')],
      options: [
        { id: 'rollback', title: 'Roll back', offered: 'pass', why: '', reversible: 'minutes', needs: [] },
        {
          id: 'wait',
          title: 'Wait for one fact',
          offered: 'unknown',
          why: 'no data',
          reversible: null,
          needs: ['what', 'until'],
        },
        {
          id: 'flag',
          title: 'Turn the flag off',
          offered: 'fail',
          why: 'no flag',
          reversible: null,
          needs: [],
        },
      ],
      recommended: 'rollback',
      because: 'err FIRED',
    },
  }),
  go_on: stepOf({ ...heldOpen, offers: [{ intent: 'go_on' }, { intent: 'object' }] }),
  object: stepOf({ ...heldOpen, offers: [{ intent: 'go_on' }, { intent: 'object' }] }),
  sign: stepOf({
    kind: 'approve',
    status: 'performing',
    offers: [{ intent: 'sign' }],
    approval: {
      type: 'approval.requested',
      ...work,
      request: 'line one\nline two',
      digest: 'd1',
      expiresAt: null,
      given: [],
      needed: 1,
      role: 'commander',
    },
  }),
  report: stepOf({
    kind: 'manual',
    status: 'performing',
    offers: [{ intent: 'report' }],
    evidence: { text: 'required', link: 'optional' },
  }),
  type_value: stepOf({ kind: 'confirm', status: 'performing', offers: [{ intent: 'type_value' }] }),
  stop_command: stepOf({
    status: 'performing',
    startedAt: at(11),
    offers: [{ intent: 'stop_command', confirm: 'name', name: 'shop@production' }],
  }),
};

export interface Stage {
  readonly client: SessionClient;
  readonly sent: readonly Intent[];
  show(view: SessionView): void;
  print(attempt: string, ...lines: readonly string[]): void;
  answerWith(answer: Answer): void;
  live(over: Partial<LiveView>): void;
  lose(): void;
  readonly detached: () => boolean;
}

/** A front end's side of a session, with every view set by hand. */
export function openStage(first: SessionView): Stage {
  let view = first;
  let live: LiveView = {
    gauges: [],
    preview: null,
    usual: null,
    watchers: 0,
    recording: { ok: true, detail: null },
  };
  let answer: Answer = { ok: true };
  let detached = false;
  const sent: Intent[] = [];
  const printed = new Map<string, string[]>();
  const listeners = new Set<() => void>();
  const gone = Promise.withResolvers<'ended' | 'lost' | 'detached'>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const feed = (attempt: string): OutputFeed => {
    const lines = printed.get(attempt) ?? [];
    printed.set(attempt, lines);
    return {
      attempt,
      count: () => lines.length,
      lines: (from, length) => lines.slice(from, from + length).map((text) => ({ text, atMs: 0 })),
      search: (text, limit) =>
        lines.flatMap((line, index) => (line.includes(text) ? [index] : [])).slice(0, limit),
      close: () => undefined,
    };
  };
  return {
    sent,
    show: (next) => {
      view = next;
      changed();
    },
    print: (attempt, ...lines) => {
      const all = printed.get(attempt) ?? [];
      printed.set(attempt, all);
      all.push(...lines);
      changed();
    },
    answerWith: (next) => {
      answer = next;
    },
    live: (over) => {
      live = { ...live, ...over };
      changed();
    },
    lose: () => {
      gone.resolve('lost');
    },
    detached: () => detached,
    client: {
      view: () => view,
      live: () => live,
      subscribe: (call) => {
        listeners.add(call);
        return () => listeners.delete(call);
      },
      send: async (intent) => {
        sent.push(intent);
        return answer;
      },
      output: feed,
      drives: () => true,
      takeOver: async () => answer,
      gone: gone.promise,
      detach: () => {
        detached = true;
      },
    },
  };
}
