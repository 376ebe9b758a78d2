import type {
  Check,
  Command,
  Condition,
  Expression,
  Position,
  Probe,
  Template,
} from '../../src/runbook/model/values.ts';
import type {
  DecideOption,
  Opens,
  Outcome,
  Phase,
  Route,
  RouteOn,
  Step,
  StepKind,
  StepOf,
} from '../../src/runbook/model/step.ts';
import type { Runbook } from '../../src/runbook/model.ts';

/** Whole `Runbook` values from a few words, for tests that start below the parser. */

let line = 0;
/** Positions differ so that a test sees when one leaks into what must not depend on it. */
const somewhere = (): Position => ({ file: 'book.yaml', line: (line += 1), column: 1 });

export const textOf = (text: string): Template => ({ parts: [text], at: somewhere() });

export const expressionOf = (source: string): Expression => ({ source, at: somewhere(), probes: [] });

/** A template that is exactly one expression. */
export const placeFor = (source: string): Template => ({ parts: [expressionOf(source)], at: somewhere() });

export const commandOf = (...argv: readonly (string | Template)[]): Command => ({
  program: { kind: 'argv', argv: argv.map((word) => (typeof word === 'string' ? textOf(word) : word)) },
  env: {},
  where: { kind: 'workstation' },
  tty: false,
  timeoutMs: 60_000,
  at: somewhere(),
});

export const probeOf = (id: string | null, ...argv: readonly string[]): Probe => ({
  id,
  source: { kind: 'run', command: commandOf(...(argv.length === 0 ? ['true'] : argv)) },
  json: null,
  pattern: null,
  times: 1,
  reduce: 'last',
  unit: null,
  timeoutMs: 10_000,
  at: somewhere(),
});

export const checkOf = (
  subject: Check['subject'] = probeOf(null),
  conditions: readonly Condition[] = [{ kind: 'exit', value: 0 }],
  poll: Partial<Pick<Check, 'everyMs' | 'withinMs' | 'stable'>> = {},
): Check => ({
  subject,
  expect: { conditions, at: somewhere() },
  everyMs: 1000,
  withinMs: null,
  stable: 1,
  ...poll,
  at: somewhere(),
});

export const opensOf = (id: string, more: Partial<Opens> = {}): Opens => ({
  id,
  title: `${id} is bent`,
  ttlMs: null,
  release: commandOf('give-back', id),
  proof: checkOf(),
  at: somewhere(),
  ...more,
});

export const goTo = (target: string): Route => ({ kind: 'goto', target });
export const endAt = (outcome: Outcome): Route => ({ kind: 'end', outcome });

const asks: Readonly<Record<RouteOn, Route>> = {
  fail: { kind: 'ask' },
  unknown: { kind: 'ask' },
  timeout: { kind: 'ask' },
  denied: { kind: 'ask' },
  abort: { kind: 'ask' },
};

/** What a test may say about any step; routes that it does not name ask. */
export type Common = Partial<Omit<StepOf<'end'>, 'kind' | 'id' | 'on' | 'outcome'>> & {
  readonly on?: Partial<Record<RouteOn, Route>>;
};

function base(id: string, { on, ...more }: Common) {
  return {
    id,
    at: somewhere(),
    phase: '',
    title: id.replaceAll('_', ' '),
    why: null,
    warn: null,
    when: null,
    role: null,
    timeoutMs: 60_000,
    retry: null,
    idempotent: false,
    readOnly: false,
    required: false,
    before: [],
    verify: [],
    opens: null,
    undo: null,
    ponr: null,
    on: { ...asks, ...on },
    capture: {},
    outputs: {},
    watchOutput: null,
    probeAfterCrash: null,
    evidence: {},
    expectedMs: null,
    enclosing: [],
    parallel: null,
    ...more,
  };
}

/** A mutating command unless it is said to be `readOnly`. */
export const runStep = (id: string, more: Common = {}): Step => ({
  ...base(id, more),
  kind: 'run',
  command: commandOf('do', id),
});

/** A command that reads. */
export const readStep = (id: string, more: Common = {}): Step => runStep(id, { readOnly: true, ...more });

export const checkStep = (id: string, more: Common = {}, check: Check = checkOf()): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'check',
  check,
});

export type OptionWords = Partial<Omit<DecideOption, 'id'>>;

/** Options by id: a route, `'next'`, `'again'`, or the whole option. */
export const decideStep = (
  id: string,
  options: Readonly<Record<string, Route | 'next' | 'again' | OptionWords>>,
  more: Common = {},
): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'decide',
  question: textOf(`${id}?`),
  show: [],
  options: Object.entries(options).map(([option, said]): DecideOption => ({
    id: option,
    title: option,
    when: null,
    route: null,
    again: said === 'again',
    needs: [],
    reversible: null,
    at: somewhere(),
    ...(typeof said === 'string' ? {} : 'kind' in said ? { route: said } : said),
  })),
  recommend: null,
  objectionsMs: null,
});

export const approveStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'approve',
  text: textOf(`May ${id}?`),
  approval: { role: 'commander', not: null, count: 1, expiresMs: 600_000 },
});

export const manualStep = (id: string, changes: string | null = null, more: Common = {}): Step => ({
  ...base(id, more),
  kind: 'manual',
  text: textOf(`Do ${id}.`),
  changes,
});

export const confirmStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'confirm',
  question: textOf(`What is ${id}?`),
  value: textOf(id),
});

export const waitStep = (
  id: string,
  wait: StepOf<'wait'>['wait'] = { kind: 'for', ms: 1000 },
  more: Common = {},
): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'wait',
  wait,
});

export const notifyStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'notify',
  channel: 'chat',
  text: textOf(`About ${id}.`),
});

export const parallelStep = (id: string, steps: readonly Step[], more: Common = {}): Step => ({
  ...base(id, more),
  kind: 'parallel',
  steps,
});

export const eachStep = (id: string, steps: readonly Step[], more: Common = {}): Step => ({
  ...base(id, more),
  kind: 'each',
  in: placeFor('scope.items'),
  as: 'item',
  order: 'given',
  gapMs: 0,
  steps,
});

export const releaseStep = (id: string, obligations: readonly string[], more: Common = {}): Step => ({
  ...base(id, more),
  kind: 'release',
  obligations,
});

export const endStep = (id: string, outcome: Outcome = 'rolled_back', more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'end',
  outcome,
});

const barrierStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'barrier',
});

export const compareStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'compare',
  comparison: {
    baseline: { from: { from: 'release', beforeMs: 3_600_000 }, to: { from: 'release', beforeMs: 0 } },
    settleMs: 0,
    currentMs: 600_000,
    extendMs: 0,
    everyMs: 10_000,
    metrics: [
      {
        probe: 'latency',
        against: null,
        worse: 'higher',
        tolerance: 0.25,
        floor: 0,
        critical: false,
        group: 'all',
        weight: 1,
        up: null,
        gapsAreZero: false,
      },
    ],
  },
});

const smokeStep = (id: string, more: Common = {}): Step => ({
  ...base(id, { readOnly: true, ...more }),
  kind: 'smoke',
  plan: {
    proxy: textOf('http://127.0.0.1:1'),
    instances: null,
    stable: 3,
    everyMs: 1_000,
    withinMs: null,
    tests: [],
  },
});

/** One step of every kind, each under its kind's name: a new kind that is forgotten here does not compile. */
export const oneOfEachKind = (): Readonly<Record<StepKind, Step>> => ({
  run: runStep('run'),
  check: checkStep('check'),
  decide: decideStep('decide', { yes: 'next' }),
  approve: approveStep('approve'),
  manual: manualStep('manual'),
  confirm: confirmStep('confirm'),
  wait: waitStep('wait'),
  notify: notifyStep('notify'),
  parallel: parallelStep('parallel', [readStep('left'), readStep('right')]),
  each: eachStep('each', [readStep('inside')]),
  release: releaseStep('release', []),
  end: endStep('end'),
  compare: compareStep('compare'),
  smoke: smokeStep('smoke'),
  barrier: barrierStep('barrier'),
});

export interface PhaseWords {
  readonly id: string;
  readonly title?: string;
  readonly offPath?: boolean;
  readonly steps: readonly Step[];
}

/** A whole runbook; every step is told its phase and what it stands inside. */
export function runbookOf(
  words: { readonly phases: readonly PhaseWords[] } & Partial<Omit<Runbook, 'phases'>>,
): Runbook {
  const { phases, ...more } = words;
  return {
    id: 'book',
    title: 'A book',
    service: 'shop',
    owner: null,
    objectiveMs: 600_000,
    maturity: 'production',
    file: 'book.yaml',
    hash: 'sha256:0',
    closure: [],
    inputs: [],
    environments: [],
    roles: [],
    authority: [],
    escalate: [],
    connections: {},
    channels: {},
    scope: {},
    probes: {},
    triggers: [],
    decide: null,
    window: null,
    invariants: [],
    watch: [],
    evidence: null,
    comms: [],
    groups: {},
    phases: phases.map(({ id, title, offPath, steps }): Phase => ({
      id,
      title: title ?? id,
      offPath: offPath ?? false,
      steps: steps.map((step) => placed(step, id, [], null)),
      at: somewhere(),
    })),
    ...more,
  };
}

function placed(step: Step, phase: string, enclosing: readonly string[], parallel: string | null): Step {
  const here = { phase, enclosing, parallel };
  if (step.kind === 'parallel') {
    return { ...step, ...here, steps: step.steps.map((child) => placed(child, phase, enclosing, step.id)) };
  }
  if (step.kind === 'each') {
    return {
      ...step,
      ...here,
      steps: step.steps.map((child) => placed(child, phase, [...enclosing, step.id], parallel)),
    };
  }
  return { ...step, ...here };
}

/** A runbook of one phase. */
export const bookOfSteps = (...steps: readonly Step[]): Runbook =>
  runbookOf({ phases: [{ id: 'main', steps }] });

/** A runbook that carries a text wherever a drawing shows one. */
export const titledRunbook = (title: string, debts: readonly string[]): Runbook =>
  runbookOf({
    phases: [
      {
        id: 'main',
        title,
        steps: [
          { ...runStep('a', { ponr: { lost: title, confirm: 'name' }, opens: opensOf('ci') }), title },
          { ...releaseStep('b', debts), title },
          { ...endStep('z'), title },
        ],
      },
    ],
  });
