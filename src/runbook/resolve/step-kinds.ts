import type { Check, Command, Position, Template } from '../model/values.ts';
import type { Outcome, Route, Step } from '../model/step.ts';
import type { Node } from '../node.ts';
import { child, keyAt } from '../node.ts';
import type { StepDocOf, WrittenKind } from '../schema/steps.ts';
import { firstLine, hasPlaces, joined, literal, plainText } from '../template.ts';
import { comparisonOf, comparisonTitle } from './comparison.ts';
import type { Context } from './context.ts';
import { conditionOf, known, msOf, optional, optionalMs, say, templateOf, templatesOf } from './context.ts';
import { defaults } from './defaults.ts';
import { checksOf, commandOf, debtsOf, oneCheck } from './measures.ts';
import { longestSmoke, smokeOf } from './smoke.ts';
import type { Base, Kinds } from './step-base.ts';

export type Builder<Kind extends WrittenKind> = (
  context: Context,
  doc: StepDocOf<Kind>,
  node: Node,
  base: Base,
) => Step;

/** What a step is called whose author gave it no name; its places are put in words like those of a title. */
export function titled(base: Base, title: string | Template): Base {
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
  return program.kind === 'shell' ? (program.script.split('\n')[0] ?? '') : inOneLine(program.argv, at);
}

const inOneLine = (parts: readonly Template[], at: Position): Template =>
  joined(
    parts.flatMap((part, index) => (index === 0 ? [part] : [literal(' ', at), part])),
    at,
  );

const timed = (context: Context, node: Node, base: Base, ms: number): Base => ({
  ...base,
  timeoutMs: optionalMs(context, node, 'timeout', ms),
});

function commandStep(context: Context, doc: StepDocOf<'run' | 'shell'>, node: Node, base: Base): Step {
  if (doc.where === 'browser' || doc.where === 'chat') return handStep(context, doc, doc.where, node, base);
  const command = commandOf(context, doc, node);
  return { ...titled(base, spoken(command)), kind: 'run', command, timeoutMs: command.timeoutMs };
}

/** What only a process has; a person who opens an address or posts a text has none of it. */
const ofProcesses = ['shell', 'env', 'tty', 'watch_output', 'outputs', 'retry'] as const;

/** `where: browser` and `where: chat`: a person does it with the text of `run`, and says how it went. */
function handStep(
  context: Context,
  doc: StepDocOf<'run' | 'shell'>,
  hand: 'browser' | 'chat',
  node: Node,
  base: Base,
): Step {
  for (const key of ofProcesses) {
    if (key in doc)
      say(
        context,
        'WB112',
        keyAt(node, key),
        `\`${key}\` belongs to a command, and \`where: ${hand}\` starts none.`,
      );
  }
  const parts = 'run' in doc ? templatesOf(context, child(node, 'run')) : [];
  const text = inOneLine(parts, keyAt(node, 'where'));
  return {
    ...timed(context, node, titled(base, text), defaults.person),
    kind: 'manual',
    text,
    changes: base.readOnly ? null : `in the ${hand}`,
    hand,
  };
}

const emptyCheck = (node: Node): Check => ({
  subject: { obligation: '', state: 'closed' },
  expect: { conditions: [], at: node.at },
  everyMs: defaults.every,
  withinMs: null,
  stable: 1,
  at: node.at,
});

/** The steps that hold no others, one builder a kind: a kind without one does not compile. */
export const singleSteps: { readonly [Kind in Exclude<Kinds, 'parallel' | 'each'>]: Builder<Kind> } = {
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
      const span = templateOf(context, at);
      const named = titled(base, joined([literal('Wait ', at.at), span], at.at));
      if (hasPlaces(doc.wait))
        return { ...timed(context, node, named, defaults.wait), kind: 'wait', wait: { kind: 'span', span } };
      const ms = msOf(context, at);
      return { ...timed(context, node, named, ms + 60_000), kind: 'wait', wait: { kind: 'for', ms } };
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
