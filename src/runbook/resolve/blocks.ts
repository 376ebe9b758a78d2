import type {
  AuthorityRule,
  Channel,
  Connection,
  Environment,
  EvidenceItem,
  Input,
  Role,
  Runbook,
  Watch,
} from '../model.ts';
import type { Comms, CommsMoment } from '../model/comms.ts';
import type { Invariant } from '../model/data.ts';
import type { Probe } from '../model/values.ts';
import { parseDuration } from '../duration.ts';
import { type Node, child, keyAt } from '../node.ts';
import type { CheckDoc } from '../schema/measures.ts';
import type { RunbookDoc } from '../schema.ts';
import { literal } from '../template.ts';
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
  valueOf,
} from './context.ts';
import { defaults } from './defaults.ts';
import { commandOf, oneCheck, probeOf } from './measures.ts';

/** The blocks before the phases. Each function takes the block and its node, and answers the resolved list. */

export function inputsOf(context: Context, doc: RunbookDoc['inputs'], node: Node): readonly Input[] {
  return Object.entries(doc ?? {}).map(([id, input]): Input => {
    const at = child(node, id);
    const common = { id, type: input.type, at: keyAt(node, id) };
    if (input.ask !== undefined)
      return { ...common, origin: { kind: 'ask', question: input.ask, example: input.example ?? null } };
    if (input.env !== undefined) return { ...common, origin: { kind: 'env', name: input.env } };
    if (input.from !== undefined)
      return {
        ...common,
        origin: { kind: 'probe', probe: probeOf(context, null, input.from, child(at, 'from')) },
      };
    const wanted = { number: 'number', boolean: 'boolean' }[input.type as string] ?? 'string';
    const written = typeof input.value;
    if (written !== wanted && written !== 'string') {
      say(
        context,
        'WB102',
        child(at, 'value').at,
        `\`value\` of \`${id}\` is not ${wanted === 'string' ? 'text' : `a ${wanted}`}.`,
        'Write it in quotes, so that it stays as written.',
      );
    }
    return {
      ...common,
      origin: { kind: 'value', value: valueOf(context, child(at, 'value')) ?? literal('', at.at) },
    };
  });
}

export function environmentsOf(
  context: Context,
  doc: RunbookDoc['environments'],
  node: Node,
): readonly Environment[] {
  return Object.entries(doc ?? {}).map(([id, environment]): Environment => {
    const at = child(node, id);
    const values = child(at, 'values');
    return {
      id,
      values: Object.fromEntries(
        Object.keys(environment.values ?? {}).map((name) => [
          name,
          valueOf(context, child(values, name)) ?? literal('', at.at),
        ]),
      ),
      guard: oneCheck(context, environment.guard, optional(at, 'guard')),
      reviewRequired: environment.review === 'required',
      confirmName: environment.confirm === 'name',
      changeClass: environment.change?.class ?? null,
      drill:
        environment.drill === undefined
          ? null
          : {
              token: requiredCheck(context, environment.drill.token, child(child(at, 'drill'), 'token')),
              faults: (environment.drill.faults ?? []).map((fault, index) => {
                const here = child(child(child(at, 'drill'), 'faults'), index);
                return {
                  id: fault.id,
                  arm: commandOf(context, fault.arm, child(here, 'arm')),
                  disarm: commandOf(context, fault.disarm, child(here, 'disarm')),
                  proof: requiredCheck(context, fault.proof, child(here, 'proof')),
                };
              }),
            },
      at: keyAt(node, id),
    };
  });
}

function requiredCheck(context: Context, doc: CheckDoc, node: Node): NonNullable<Environment['guard']> {
  return (
    oneCheck(context, doc, node) ?? {
      subject: { obligation: '', state: 'closed' },
      expect: { conditions: [], at: node.at },
      everyMs: defaults.every,
      withinMs: null,
      stable: 1,
      at: node.at,
    }
  );
}

export function rolesOf(doc: RunbookDoc['roles']): readonly Role[] {
  return Object.entries(doc ?? {}).map(([id, role]) => ({
    id,
    anyone: role.anyone ?? false,
    users: role.users ?? [],
    signers: role.signers ?? null,
  }));
}

export function authorityOf(
  context: Context,
  doc: RunbookDoc['authority'],
  node: Node,
  phases: readonly string[],
): readonly AuthorityRule[] {
  return (doc ?? []).map((rule, index) => {
    const at = child(node, index);
    for (const [number, role] of rule.start.entries()) {
      known(context, 'WB305', 'role', role, context.roles, child(child(at, 'start'), number).at);
    }
    for (const [number, phase] of (rule.phases ?? []).entries())
      known(context, 'WB634', 'phase', phase, phases, child(child(at, 'phases'), number).at);
    return {
      when: conditionOf(context, optional(at, 'when')),
      start: rule.start,
      ...(rule.phases === undefined ? {} : { phases: rule.phases }),
    };
  });
}

export function overrideOf(
  context: Context,
  doc: RunbookDoc['override'],
  node: Node,
): NonNullable<Runbook['override']> | null {
  if (doc === undefined) return null;
  for (const [number, role] of doc.roles.entries())
    known(context, 'WB305', 'role', role, context.roles, child(child(node, 'roles'), number).at);
  return {
    roles: doc.roles,
    evidence: doc.needs?.evidence ?? 0,
    secondPerson: doc.needs?.second_person ?? false,
    retroApprovalMs: optionalMs(context, node, 'retro_approval', 86_400_000),
  };
}

export function escalateOf(context: Context, doc: RunbookDoc['escalate'], node: Node): Runbook['escalate'] {
  return (doc ?? []).map((one, index) => {
    const at = child(node, index);
    known(context, 'WB305', 'role', one.to, context.roles, child(at, 'to').at);
    return {
      afterMs: msOf(context, child(at, 'after')),
      to: one.to,
      command: one.run === undefined ? null : commandOf(context, { run: one.run }, at, 30_000),
    };
  });
}

export function connectionsOf(
  context: Context,
  doc: RunbookDoc['connections'],
  node: Node,
): Readonly<Record<string, Connection>> {
  return Object.fromEntries(
    Object.keys(doc ?? {}).map((id): [string, Connection] => {
      const at = child(node, id);
      return has(at, 'sqlite')
        ? [id, { kind: 'sqlite', path: templateOf(context, child(at, 'sqlite')) }]
        : [id, { kind: 'postgres', url: templateOf(context, child(at, 'postgres')) }];
    }),
  );
}

export function channelsOf(
  context: Context,
  doc: RunbookDoc['channels'],
  node: Node,
): Readonly<Record<string, Channel>> {
  return Object.fromEntries(
    Object.entries(doc ?? {}).map(([id, channel]): [string, Channel] => {
      const at = child(node, id);
      if (channel.run !== undefined)
        return [id, { kind: 'run', command: commandOf(context, { run: channel.run }, at, defaults.notify) }];
      if (channel.http !== undefined)
        return [id, { kind: 'http', url: templateOf(context, child(at, 'http')) }];
      return [id, { kind: 'file', path: templateOf(context, child(at, 'file')) }];
    }),
  );
}

export function probesOf(
  context: Context,
  doc: RunbookDoc['probes'],
  node: Node,
): Readonly<Record<string, Probe>> {
  return Object.fromEntries(
    Object.entries(doc ?? {}).map(([id, probe]) => [
      id,
      { ...probeOf(context, id, probe, child(node, id)), at: keyAt(node, id) },
    ]),
  );
}

export function invariantsOf(
  context: Context,
  doc: RunbookDoc['invariants'],
  node: Node,
): readonly Invariant[] {
  return (doc ?? []).flatMap((invariant, index) => {
    const at = child(node, index);
    const { id, on_fail: onFail = 'block', at: moments, ...rest } = invariant;
    const check = oneCheck(context, rest, at);
    return check === null ? [] : { id, check, onFail, ...(moments === undefined ? {} : { at: moments }) };
  });
}

export function watchesOf(context: Context, doc: RunbookDoc['watch'], node: Node): readonly Watch[] {
  return (doc ?? []).flatMap((watch, index) => {
    const at = child(node, index);
    const everyMs = msOf(context, child(at, 'every'));
    const { from = null, on_breach: onBreach = 'hold', every: _, ...rest } = watch;
    const read = oneCheck(context, rest, at);
    // `every` is the watch's own: each round is one reading.
    return read === null ? [] : { check: { ...read, withinMs: null, everyMs }, from, everyMs, onBreach };
  });
}

export function evidenceOf(context: Context, doc: RunbookDoc['evidence'], node: Node): Runbook['evidence'] {
  if (doc === undefined) return null;
  const minObservationMs = has(node, 'min_observation')
    ? msOf(context, child(node, 'min_observation'))
    : null;
  return {
    budgetMs: has(node, 'budget') ? msOf(context, child(node, 'budget')) : 0,
    items: (doc.items ?? []).map(({ id, ...item }, index): EvidenceItem => {
      const at = child(child(node, 'items'), index);
      if (item.sql === undefined) return { id, command: commandOf(context, item, at, evidenceMs) };
      return { id, rows: probeOf(context, null, { ...item, sql: item.sql }, at, evidenceMs) };
    }),
    minObservationMs,
  };
}

/** How long one item may take where it does not say so. */
const evidenceMs = 20_000;

export function commsOf(
  context: Context,
  doc: RunbookDoc['comms'],
  node: Node,
  phases: readonly string[],
): readonly Comms[] {
  return (doc ?? []).map((one, index) => {
    const at = child(node, index);
    known(context, 'WB306', 'channel', one.to, context.channels, child(at, 'to').at);
    return {
      id: `comms_${index + 1}`,
      at: one.at,
      moment: momentOf(context, one.at, phases, child(at, 'at')),
      to: one.to,
      audience: one.audience ?? null,
      text: has(at, 'text') ? templateOf(context, child(at, 'text')) : literal('', at.at),
      ack: one.ack ?? false,
    };
  });
}

const shortestRhythmMs = 60_000;

function momentOf(context: Context, text: string, phases: readonly string[], node: Node): CommsMoment {
  const [word = '', rest = ''] = text.split(':', 2);
  if (word === 'phase') {
    known(context, 'WB802', 'phase', rest, phases, node.at);
    return { kind: 'phase', phase: rest };
  }
  if (word === 'every') {
    const ms = parseDuration(rest) ?? 0;
    if (ms < shortestRhythmMs)
      say(context, 'WB801', node.at, `\`${text}\` is not a rhythm of a minute or more.`);
    return { kind: 'every', ms: Math.max(shortestRhythmMs, ms) };
  }
  return { kind: word as Exclude<CommsMoment['kind'], 'phase' | 'every'> };
}
