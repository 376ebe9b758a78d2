import type { Check, Command, Condition, Probe, ProbeSource, Tolerance, Where } from '../model/values.ts';
import type { Opens } from '../model/step.ts';
import { type Node, child, keyAt } from '../node.ts';
import { compilePattern } from '../pattern.ts';
import { conditionKeys, sourceKeys } from '../schema/measures.ts';
import type { CheckDoc, CommandDoc, ProbeDoc, ToleranceDoc } from '../schema/measures.ts';
import type { OpensDoc } from '../schema/steps.ts';
import { hasPlaces, literal, plainText } from '../template.ts';
import {
  type Context,
  conditionOf,
  has,
  known,
  msOf,
  optional,
  optionalMs,
  say,
  templateMap,
  templateOf,
  templatesOf,
  valueOf,
} from './context.ts';
import { defaults } from './defaults.ts';

function whereOf(context: Context, node: Node | null): Where {
  if (node === null || node.kind === 'list') return { kind: 'workstation' };
  if (node.kind === 'scalar') {
    if (node.value !== 'workstation')
      say(
        context,
        'WB109',
        node.at,
        `\`where: ${String(node.value)}\` is done by a person: it stands on a step only.`,
      );
    return { kind: 'workstation' };
  }
  for (const kind of ['ssh', 'pod', 'container'] as const) {
    if (has(node, kind)) return { kind, name: templateOf(context, child(node, kind)) };
  }
  return { kind: 'workstation' };
}

/**
 * A command as written, with its templates and its place resolved; what is wrong with it is reported to the context.
 */
export function commandOf(
  context: Context,
  doc: CommandDoc,
  node: Node,
  timeoutMs: number = defaults.command,
): Command {
  const shell = doc.shell;
  if (doc.tty === true)
    say(context, 'WB109', keyAt(node, 'tty'), 'No command can have the terminal for itself in this version.');
  if (hasPlaces(shell)) {
    const at = child(node, 'shell');
    say(
      context,
      'WB505',
      at.kind === 'scalar' ? at.placeAt(0) : at.at,
      'A value is spliced into a shell line here.',
    );
  }
  return {
    program:
      shell === undefined
        ? { kind: 'argv', argv: templatesOf(context, child(node, 'run')) }
        : { kind: 'shell', script: shell },
    env: templateMap(context, optional(node, 'env')),
    where: whereOf(context, optional(node, 'where')),
    tty: doc.tty ?? false,
    timeoutMs: optionalMs(context, node, 'timeout', timeoutMs),
    at: keyAt(node, shell === undefined ? 'run' : 'shell'),
  };
}

export function probeOf(
  context: Context,
  id: string | null,
  doc: ProbeDoc,
  node: Node,
  usualMs: number | null = null,
): Probe {
  const kind = sourceKeys.find((key) => key in doc) ?? 'ask';
  const timeoutMs = optionalMs(context, node, 'timeout', usualMs ?? defaults.probe[kind]);
  if (doc.pattern !== undefined) checkPattern(context, child(node, 'pattern'), doc.pattern);
  return {
    id,
    source: sourceOf(context, kind, doc, node, timeoutMs),
    json: doc.json ?? null,
    pattern: doc.pattern ?? null,
    times: doc.times ?? 1,
    reduce: doc.reduce ?? ((doc.times ?? 1) > 1 ? 'census' : 'last'),
    unit: doc.unit ?? null,
    timeoutMs,
    at: id === null ? keyAt(node, kind) : node.at,
  };
}

function sourceOf(
  context: Context,
  kind: (typeof sourceKeys)[number],
  doc: ProbeDoc,
  node: Node,
  timeoutMs: number,
): ProbeSource {
  const at = child(node, kind);
  switch (kind) {
    case 'run':
      return { kind, command: { ...commandOf(context, { run: doc.run ?? [] }, node, timeoutMs), timeoutMs } };
    case 'http':
      return {
        kind,
        url: templateOf(context, at),
        method: doc.method ?? 'GET',
        headers: templateMap(context, optional(node, 'headers')),
        body: has(node, 'body') ? templateOf(context, child(node, 'body')) : null,
      };
    case 'tcp':
      return { kind, address: templateOf(context, at) };
    case 'sql':
      return {
        kind,
        connection: connectionOf(context, doc.sql ?? '', at),
        query: templateOf(context, child(node, 'query')),
      };
    case 'prometheus':
      return { kind, url: templateOf(context, at), query: templateOf(context, child(node, 'query')) };
    case 'file':
      return { kind, path: templateOf(context, at) };
    case 'ask':
      return { kind, text: templateOf(context, at) };
  }
}

function connectionOf(context: Context, name: string, at: Node): string {
  if (hasPlaces(name)) say(context, 'WB409', at.at, 'The name of a connection must be known before the run.');
  else if (!context.alone) known(context, 'WB307', 'connection', name, context.connections, at.at);
  return name;
}

export function checkPattern(context: Context, node: Node, pattern: string): void {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) say(context, 'WB406', node.at, `\`${pattern}\` is not a pattern: ${compiled.detail}.`);
}

/** A probe by its name, or one written in place. */
export function probeAt(context: Context, doc: string | ProbeDoc, node: Node): Probe | null {
  if (typeof doc !== 'string') return probeOf(context, null, doc, node);
  return known(context, 'WB303', 'probe', doc, Object.keys(context.probes), node.at)
    ? (context.probes[doc] ?? null)
    : null;
}

function toleranceOf(context: Context, doc: ToleranceDoc, node: Node): Tolerance {
  return {
    conditions: conditionKeys
      .filter((key) => key in doc)
      .flatMap((key) => conditionAt(context, key, doc, child(node, key)) ?? []),
    at: node.at,
  };
}

function conditionAt(
  context: Context,
  key: (typeof conditionKeys)[number],
  doc: ToleranceDoc,
  node: Node,
): Condition | null {
  switch (key) {
    case 'equals':
    case 'not':
    case 'all':
      return { kind: key, value: valueOf(context, node) };
    case 'matches':
      checkPattern(context, node, doc.matches ?? '');
      return { kind: key, pattern: doc.matches ?? '' };
    case 'in':
      return {
        kind: key,
        values: node.kind === 'list' ? node.items.flatMap((item) => valueOf(context, item) ?? []) : [],
      };
    case 'between':
      return { kind: key, low: boundOf(context, child(node, 0)), high: boundOf(context, child(node, 1)) };
    case '<':
    case '>':
    case '<=':
    case '>=':
      return { kind: 'compare', op: key, value: boundOf(context, node) };
    case 'exit':
    case 'status':
    case 'count':
      return { kind: key, value: doc[key] ?? 0 };
    case 'header':
      return {
        kind: key,
        name: doc.header?.name ?? '',
        value: has(node, 'value') ? templateOf(context, child(node, 'value')) : null,
        absent: doc.header?.absent ?? false,
      };
    case 'absent':
    case 'fails':
    case 'same':
      return { kind: key, value: doc[key] ?? true };
    case 'cel': {
      // `value` is what was just measured.
      const expression = conditionOf({ ...context, scope: { ...context.scope, value: 'any' } }, node);
      return expression === null ? null : { kind: key, expression };
    }
    case 'words':
      return { kind: key, text: doc.words ?? '' };
  }
}

function boundOf(context: Context, node: Node): number | ReturnType<typeof templateOf> {
  if (node.kind !== 'scalar') return literal('', node.at);
  if (typeof node.value === 'number') return node.value;
  const template = templateOf(context, node);
  const text = plainText(template);
  if (text !== null && !Number.isFinite(Number.parseFloat(text))) {
    say(context, 'WB102', node.at, `\`${text}\` is not a number.`, 'Write a number, or `${{ … }}`.');
  }
  return template;
}

/** Checks come one or several; a debt that stands for several becomes one check each. */
export function checksOf(
  context: Context,
  doc: CheckDoc | readonly CheckDoc[] | undefined,
  node: Node | null,
): readonly Check[] {
  if (doc === undefined || node === null) return [];
  if (Array.isArray(doc))
    return doc.flatMap((one: CheckDoc, index) => checkAt(context, one, child(node, index)));
  return checkAt(context, doc as CheckDoc, node);
}

export function oneCheck(context: Context, doc: CheckDoc | undefined, node: Node | null): Check | null {
  return checksOf(context, doc, node)[0] ?? null;
}

function checkAt(context: Context, doc: CheckDoc, node: Node): readonly Check[] {
  const polls = has(node, 'every') || has(node, 'within') || (doc.stable ?? 1) > 1;
  const everyMs = optionalMs(context, node, 'every', defaults.every);
  const withinMs = optionalMs(context, node, 'within', polls ? defaults.within : null);
  const stable = doc.stable ?? 1;
  if (withinMs !== null && (stable - 1) * everyMs >= withinMs) {
    say(
      context,
      'WB512',
      keyAt(node, has(node, 'within') ? 'within' : 'stable'),
      `${stable} readings in a row do not fit into that time.`,
    );
  }
  const polling = { everyMs, withinMs, stable, at: node.at };
  if (doc.obligation !== undefined) return obligationChecks(context, doc, node, doc.obligation, polling);
  const subject =
    doc.probe === undefined
      ? probeOf(context, null, doc, node)
      : probeAt(context, doc.probe, child(node, 'probe'));
  if (typeof doc.expect === 'string') {
    say(
      context,
      'WB102',
      child(node, 'expect').at,
      '`open` and `closed` belong to a debt; this is a measurement.',
      'Write a tolerance, for example `expect: { equals: open }`.',
    );
    return [];
  }
  if (doc.expect === undefined) {
    if (subject?.source.kind !== 'run') say(context, 'WB513', node.at, 'This check has no `expect`.');
    const expect: Tolerance = { conditions: [{ kind: 'exit', value: 0 }], at: node.at };
    return subject === null ? [] : [{ subject, expect, ...polling }];
  }
  const expect = toleranceOf(context, doc.expect, child(node, 'expect'));
  return subject === null ? [] : [{ subject, expect, ...polling }];
}

function obligationChecks(
  context: Context,
  doc: CheckDoc,
  node: Node,
  obligation: string,
  polling: Omit<Check, 'subject' | 'expect'>,
): readonly Check[] {
  if (doc.expect !== 'open' && doc.expect !== 'closed') {
    say(
      context,
      'WB102',
      keyAt(node, 'expect'),
      'A debt is expected to be `open` or `closed`.',
      'Write `expect: open` or `expect: closed`.',
    );
    return [];
  }
  const state = doc.expect;
  const expect: Tolerance = { conditions: [], at: node.at };
  return debtsOf(context, obligation, child(node, 'obligation')).map((one) => ({
    subject: { obligation: one, state },
    expect,
    ...polling,
  }));
}

/** The debts that a name stands for: its own, or those of the `use` with that id. */
export function debtsOf(context: Context, name: string, node: Node): readonly string[] {
  return known(context, 'WB304', 'obligation', name, context.debts.keys(), node.at)
    ? (context.debts.get(name) ?? [])
    : [];
}

export function opensOf(context: Context, doc: OpensDoc, node: Node): Opens {
  return {
    id: doc.id,
    title: doc.title,
    ...(doc.title.includes('${{') ? { named: templateOf(context, child(node, 'title')) } : {}),
    ttlMs: has(node, 'ttl') ? msOf(context, child(node, 'ttl')) : null,
    ...(doc.overdue === 'hold' ? { overdue: doc.overdue } : {}),
    release: commandOf(context, doc.release, child(node, 'release')),
    ...(doc.before === undefined ? {} : { before: checksOf(context, doc.before, optional(node, 'before')) }),
    proof: oneCheck(context, doc.proof, optional(node, 'proof')),
    later:
      doc.later === undefined
        ? null
        : {
            withinMs: msOf(context, child(child(node, 'later'), 'within')),
            owner: doc.later.owner ?? null,
          },
    at: node.at,
  };
}
