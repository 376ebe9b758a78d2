import type { Check, Command, Probe, Template } from '../model/values.ts';
import type { Outcome, Route, RouteOn, Step } from '../model/step.ts';
import { type Node, child, keyAt } from '../node.ts';
import { groupNames } from '../pattern.ts';
import {
  type RoutesDoc,
  type StepDoc,
  type StepDocOf,
  type WrittenKind,
  innerSteps,
  kindsIn,
} from '../schema/steps.ts';
import type { ScopeType } from '../scope.ts';
import { firstLine, hasPlaces, joined, literal, plainText } from '../template.ts';
import {
  type Context,
  conditionOf,
  has,
  known,
  msOf,
  optional,
  optionalMs,
  say,
  templateOf,
  within,
} from './context.ts';
import { comparisonOf, comparisonTitle } from './comparison.ts';
import { longestSmoke, smokeOf } from './smoke.ts';
import { defaults } from './defaults.ts';
import { checkPattern, checksOf, commandOf, debtsOf, oneCheck, opensOf, probeAt } from './measures.ts';

/** Where a step stands: its phase, and what is around it. */
export interface Around {
  readonly phase: string;
  readonly enclosing: readonly string[];
  readonly parallel: string | null;
  /** The `each` whose list of steps this is; nothing inside a `parallel`. */
  readonly loop?: string;
}

type Base = Omit<Extract<Step, { kind: 'barrier' }>, 'kind'>;
type Kinds = Exclude<WrittenKind, 'use'>;

const ask: Route = { kind: 'ask' };

export function stepsOf(
  context: Context,
  docs: readonly StepDoc[],
  node: Node,
  around: Around,
): readonly Step[] {
  return docs.flatMap((doc, index) => stepOf(context, doc, child(node, index), around) ?? []);
}

function stepOf(outer: Context, doc: StepDoc, node: Node, around: Around): Step | null {
  const [kind] = kindsIn(doc);
  if (kind === undefined || kind === 'use') return null;
  const context = withCaptured(outer, doc);
  return builders[kind](context, doc as never, node, baseOf(context, doc, node, around, kind));
}

/** What is captured before the change can be read by the step itself, above all by its way back. */
function withCaptured(context: Context, doc: StepDoc): Context {
  if (!('capture' in doc) || doc.capture === undefined) return context;
  const names = Object.keys(doc.capture).map((name): readonly [string, ScopeType] => [name, 'any']);
  return within(context, { captured: { fields: Object.fromEntries(names) } });
}

const changing: ReadonlySet<WrittenKind> = new Set(['run', 'shell', 'manual']);

function baseOf(context: Context, doc: StepDoc, node: Node, around: Around, kind: Kinds): Base {
  const id = doc.id ?? '';
  // Only some kinds have these fields; the schema has already refused them on the others.
  const change: Partial<StepDocOf<'run'>> = doc;
  if (doc.role !== undefined && !context.alone)
    known(context, 'WB305', 'role', doc.role, context.roles, child(node, 'role').at);
  return {
    id,
    at: has(node, 'id') ? keyAt(node, 'id') : node.at,
    phase: around.phase,
    title: doc.title ?? '',
    why: doc.why ?? null,
    warn: doc.warn ?? null,
    when: conditionOf(context, optional(node, 'when')),
    role: doc.role ?? null,
    timeoutMs: optionalMs(context, node, 'timeout', defaults.command),
    retry:
      change.retry === undefined
        ? null
        : {
            times: change.retry.times,
            everyMs: optionalMs(context, child(node, 'retry'), 'every', defaults.retryEvery),
          },
    idempotent: change.idempotent ?? !changing.has(kind),
    readOnly: change.read_only ?? !changing.has(kind),
    required: doc.required ?? false,
    before: checksOf(context, change.before, optional(node, 'before')),
    verify: checksOf(context, change.verify, optional(node, 'verify')),
    opens: change.opens === undefined ? null : opensOf(context, change.opens, child(node, 'opens')),
    undo:
      change.undo === undefined
        ? null
        : {
            command: commandOf(context, change.undo, child(node, 'undo')),
            verify: oneCheck(context, change.undo.verify, optional(child(node, 'undo'), 'verify')),
          },
    ponr:
      change.ponr === undefined ? null : { lost: change.ponr.lost, confirm: change.ponr.confirm ?? 'name' },
    ...wordingOf(context, doc, node),
    on: routesOf('on' in doc ? doc.on : undefined),
    capture: captureOf(context, change.capture, child(node, 'capture')),
    outputs: outputsOf(context, change, node),
    watchOutput: watchOutputOf(context, change, node),
    probeAfterCrash:
      change.probe_after_crash === undefined
        ? null
        : probeAt(context, change.probe_after_crash, child(node, 'probe_after_crash')),
    evidence: 'evidence' in doc ? (doc.evidence ?? {}) : {},
    expectedMs: optionalMs(context, node, 'expected', null),
    ...(doc.tags === undefined ? {} : { tags: doc.tags }),
    stateful: change.stateful ?? null,
    flag:
      change.flag === undefined
        ? null
        : { name: templateOf(context, child(child(node, 'flag'), 'name')), to: change.flag.to },
    ...(goesOn(context, change.goto, node, around) ? { nextItem: true } : {}),
    enclosing: around.enclosing,
    parallel: around.parallel,
  };
}

/** The texts of a step that have places in them. */
function wordingOf(context: Context, doc: StepDoc, node: Node): Pick<Base, 'wording'> {
  const { ponr }: Partial<StepDocOf<'run'>> = doc;
  const written = [
    ['title', doc.title, node],
    ['why', doc.why, node],
    ['warn', doc.warn, node],
    ['lost', ponr?.lost, child(node, 'ponr')],
  ] as const;
  const found = written.flatMap(([key, text, around]) =>
    hasPlaces(text) ? [[key, templateOf(context, child(around, key))] as const] : [],
  );
  return found.length === 0 ? {} : { wording: Object.fromEntries(found) };
}

/** A step leads on to the next one as written, or to the next item of the `each` that it stands in directly. */
function goesOn(context: Context, target: string | undefined, node: Node, around: Around): boolean {
  if (target === undefined) return false;
  if (target === around.enclosing.at(-1) && around.loop === target) return true;
  say(context, 'WB109', keyAt(node, 'goto'), '`goto` on a step may only name the `each` that it stands in.');
  return false;
}

export function routesOf(doc: RoutesDoc): Readonly<Record<RouteOn, Route>> {
  const route = (on: RouteOn): Route => {
    const to = doc?.[on];
    if (to === undefined || to === 'ask') return ask;
    return typeof to === 'string' ? { kind: 'goto', target: to } : { kind: 'end', outcome: to.end };
  };
  return {
    fail: route('fail'),
    unknown: route('unknown'),
    timeout: route('timeout'),
    denied: route('denied'),
    abort: route('abort'),
  };
}

function captureOf(
  context: Context,
  doc: StepDocOf<'run'>['capture'],
  node: Node,
): Readonly<Record<string, Probe>> {
  const entries = Object.entries(doc ?? {}).flatMap(([name, probe]) => {
    const found = probeAt(context, probe, child(node, name));
    return found === null ? [] : [[name, found] as const];
  });
  return Object.fromEntries(entries);
}

function outputsOf(context: Context, doc: Partial<StepDocOf<'run'>>, node: Node): Base['outputs'] {
  const groups = groupNames(doc.watch_output?.expect ?? '');
  for (const [name, { pattern }] of Object.entries(doc.outputs ?? {})) {
    if (!groups.includes(pattern))
      checkPattern(context, child(child(child(node, 'outputs'), name), 'pattern'), pattern);
  }
  return doc.outputs ?? {};
}

function watchOutputOf(context: Context, doc: Partial<StepDocOf<'run'>>, node: Node): string | null {
  if (doc.watch_output === undefined) return null;
  checkPattern(context, child(child(node, 'watch_output'), 'expect'), doc.watch_output.expect);
  return doc.watch_output.expect;
}

type Builder<Kind extends WrittenKind> = (
  context: Context,
  doc: StepDocOf<Kind>,
  node: Node,
  base: Base,
) => Step;

/** What a step is called whose author gave it no name; its places are put in words like those of a title. */
function titled(base: Base, title: string | Template): Base {
  if (base.title !== '') return base;
  const text = typeof title === 'string' ? title : plainText(title);
  if (text !== null) return { ...base, title: text };
  return typeof title === 'string' ? base : { ...base, wording: { ...base.wording, title } };
}

/** How long polling may take at most, with one more reading after it. */
const checkMs = (check: Check | null): number => {
  if (check === null) return defaults.probe.run;
  const one = 'source' in check.subject ? check.subject.timeoutMs * check.subject.times : defaults.probe.file;
  return (check.withinMs ?? 0) + one;
};

const words = (outcome: Outcome): string => outcome.replaceAll('_', ' ');

function spoken({ program, at }: Command): string | Template {
  return program.kind === 'shell'
    ? (program.script.split('\n')[0] ?? '')
    : joined(
        program.argv.flatMap((part, index) => (index === 0 ? [part] : [literal(' ', at), part])),
        at,
      );
}

const timed = (context: Context, node: Node, base: Base, ms: number): Base => ({
  ...base,
  timeoutMs: optionalMs(context, node, 'timeout', ms),
});

function commandStep(context: Context, doc: StepDocOf<'run' | 'shell'>, node: Node, base: Base): Step {
  const command = commandOf(context, doc, node);
  return { ...titled(base, spoken(command)), kind: 'run', command, timeoutMs: command.timeoutMs };
}

/** One builder a kind: a kind without one does not compile. */
const builders: { readonly [Kind in Kinds]: Builder<Kind> } = {
  run: commandStep,
  shell: commandStep,
  check: (context, doc, node, base) => {
    const checks = checksOf(context, doc.check, child(node, 'check'));
    const [check = emptyCheck(node), ...more] = checks;
    if (more.length > 0)
      say(
        context,
        'WB108',
        child(node, 'check').at,
        'This name stands for several debts; check them one by one.',
      );
    const { subject } = check;
    const what = 'source' in subject ? (subject.id ?? subject.source.kind) : subject.obligation;
    return {
      ...timed(context, node, titled(base, `Check ${what}`), checkMs(check) + 5_000),
      kind: 'check',
      check,
    };
  },
  compare: (context, doc, node, base) => {
    const comparison = comparisonOf(context, doc.compare, child(node, 'compare'));
    const { settleMs, currentMs, extendMs } = comparison;
    const longest = settleMs + currentMs + extendMs + defaults.compareMore;
    return {
      ...timed(context, node, titled(base, comparisonTitle(comparison)), longest),
      kind: 'compare',
      comparison,
    };
  },
  smoke: (context, doc, node, base) => {
    const plan = smokeOf(context, doc, node);
    return {
      ...timed(context, node, titled(base, `Smoke test ${base.phase}`), longestSmoke(plan)),
      readOnly: !plan.tests.some(({ writes }) => writes),
      kind: 'smoke',
      plan,
    };
  },
  decide: (context, doc, node, base) => {
    const question = templateOf(context, child(node, 'decide'));
    return {
      ...timed(context, node, titled(base, question), defaults.person),
      kind: 'decide',
      question,
      show: doc.show ?? [],
      options: doc.options.map((option, index) => {
        const at = child(child(node, 'options'), index);
        const target: Route | null =
          option.goto !== undefined
            ? { kind: 'goto', target: option.goto }
            : option.end !== undefined
              ? { kind: 'end', outcome: option.end }
              : null;
        return {
          id: option.id,
          title: option.title,
          ...(hasPlaces(option.title) ? { named: templateOf(context, child(at, 'title')) } : {}),
          when: conditionOf(context, optional(at, 'when')),
          route: target,
          again: option.again ?? false,
          needs: option.needs ?? [],
          reversible: option.reversible ?? null,
          at: at.at,
        };
      }),
      recommend: conditionOf(context, optional(node, 'recommend'), 'string'),
      objectionsMs: optionalMs(context, node, 'objections', null),
    };
  },
  approve: (context, doc, node, base) => {
    if (doc.not !== undefined && !context.alone)
      known(context, 'WB305', 'role', doc.not, context.roles, child(node, 'not').at);
    if (doc.role === undefined)
      say(
        context,
        'WB103',
        keyAt(node, 'approve'),
        '`role` is missing: whose approval is it?',
        'Add `role`.',
      );
    const expiresMs = optionalMs(context, node, 'expires', null);
    const text = templateOf(context, child(node, 'approve'));
    return {
      ...timed(context, node, titled(base, text), expiresMs ?? defaults.person),
      kind: 'approve',
      text,
      approval: { role: doc.role ?? '', not: doc.not ?? null, count: doc.count ?? 1, expiresMs },
    };
  },
  manual: (context, doc, node, base) => {
    const text = templateOf(context, child(node, 'manual'));
    return {
      ...timed(context, node, titled(base, firstLine(text)), defaults.person),
      kind: 'manual',
      text,
      changes: doc.changes ?? null,
    };
  },
  confirm: (context, doc, node, base) => {
    const question = templateOf(context, child(node, 'confirm'));
    return {
      ...timed(context, node, titled(base, question), defaults.person),
      kind: 'confirm',
      question,
      value: templateOf(context, child(node, 'value')),
    };
  },
  wait: (context, doc, node, base) => {
    const at = child(node, 'wait');
    if (typeof doc.wait === 'string') {
      const ms = msOf(context, at);
      return {
        ...timed(context, node, titled(base, `Wait ${doc.wait}`), ms + 60_000),
        kind: 'wait',
        wait: { kind: 'for', ms },
      };
    }
    if ('until' in doc.wait) {
      const time = templateOf(context, child(at, 'until'));
      return {
        ...timed(
          context,
          node,
          titled(base, joined([literal('Wait until ', at.at), time], at.at)),
          defaults.wait,
        ),
        kind: 'wait',
        wait: { kind: 'until', time },
      };
    }
    const check = oneCheck(context, doc.wait, at) ?? emptyCheck(at);
    const polled: Check = { ...check, withinMs: check.withinMs ?? defaults.within };
    return {
      ...timed(context, node, titled(base, 'Wait'), checkMs(polled) + 5_000),
      kind: 'wait',
      wait: { kind: 'condition', check: polled },
    };
  },
  notify: (context, doc, node, base) => {
    if (!context.alone)
      known(context, 'WB306', 'channel', doc.notify, context.channels, child(node, 'notify').at);
    return {
      ...timed(context, node, titled(base, `Tell ${doc.notify}`), defaults.notify),
      kind: 'notify',
      channel: doc.notify,
      text: templateOf(context, child(node, 'text')),
    };
  },
  barrier: (context, doc, node, base) => {
    say(context, 'WB111', keyAt(node, 'barrier'), '`barrier` is checked for its form only in this version.');
    return {
      ...timed(context, node, titled(base, `Meet the others at ${doc.barrier}`), defaults.barrier),
      kind: 'barrier',
    };
  },
  parallel: (context, doc, node, base) => {
    const around: Around = { phase: base.phase, enclosing: base.enclosing, parallel: base.id };
    const steps = stepsOf(context, innerSteps(doc.parallel), child(node, 'parallel'), around);
    return { ...titled(base, 'At the same time'), timeoutMs: defaults.inside, kind: 'parallel', steps };
  },
  each: (context, doc, node, base) => {
    const at = child(node, 'each');
    const around: Around = {
      phase: base.phase,
      enclosing: [...base.enclosing, base.id],
      parallel: base.parallel,
      loop: base.id,
    };
    const inner = within(context, { [doc.each.as]: 'any' });
    if (Object.hasOwn(context.scope, doc.each.as)) {
      say(context, 'WB311', child(at, 'as').at, `\`${doc.each.as}\` already stands for something here.`);
    }
    return {
      ...titled(base, `For each ${doc.each.as}`),
      timeoutMs: defaults.inside,
      kind: 'each',
      in: doc.each.endless === true ? { parts: [], at: at.at } : templateOf(context, child(at, 'in')),
      ...(doc.each.endless === true ? { endless: true } : {}),
      as: doc.each.as,
      order: doc.each.order ?? 'given',
      gapMs: optionalMs(context, at, 'gap', 0),
      steps: stepsOf(inner, innerSteps(doc.steps), child(node, 'steps'), around),
    };
  },
  release: (context, doc, node, base) => {
    const at = child(node, 'release');
    const obligations = [
      ...new Set(doc.release.flatMap((name, index) => debtsOf(context, name, child(at, index)))),
    ];
    return {
      ...timed(context, node, titled(base, `Give back ${doc.release.join(', ')}`), defaults.release),
      kind: 'release',
      obligations,
    };
  },
  end: (_context, doc, _node, base) => ({
    ...titled(base, `End: ${words(doc.end)}`),
    timeoutMs: defaults.end,
    kind: 'end',
    outcome: doc.end,
  }),
};

const emptyCheck = (node: Node): Check => ({
  subject: { obligation: '', state: 'closed' },
  expect: { conditions: [], at: node.at },
  everyMs: defaults.every,
  withinMs: null,
  stable: 1,
  at: node.at,
});
