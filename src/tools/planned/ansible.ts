import { z } from 'zod';
import { noPlan, plainText, type Plan } from './plan.ts';

interface Change {
  readonly task: string;
  readonly order: number;
  readonly host: string;
  readonly diff: string;
}

/**
 * The plan in the output of `ansible-playbook --check --diff`, as its default callback writes it: each task that would
 * change a host, with its diff, in the order of tasks and hosts. Hosts that failed or were not reached have no plan.
 */
export function ansiblePlan(output: string): Plan {
  const text = plainText(output);
  const hosts = recapOf(text);
  if (hosts.size === 0) throw noPlan('the play reached no host', text);
  const lost = [...hosts].filter(([, { unreachable, failed }]) => unreachable + failed > 0);
  if (lost.length > 0)
    throw noPlan(`not every host could be read (${lost.map(([name]) => name).join(', ')})`, text);
  const changes = changesOf(text);
  const counted = [...hosts.values()].reduce((sum, { changed }) => sum + changed, 0);
  // a task of another callback, or one that hides its result: what is not seen cannot be agreed to
  if (counted > 0 && changes.length === 0)
    throw noPlan('the output names no task that changes something', text);
  return {
    text: changes.map(({ task, host, diff }) => `${host}: ${task}\n${diff}`).join('\n'),
    canonical: JSON.stringify(changes.map(({ task, host, diff }) => [task, host, diff])),
    changes: counted,
    destroys: changes
      .filter(
        ({ diff }) =>
          /^-\s*"?state"?: "?(?:file|directory|link)"?/m.test(diff) &&
          /^\+\s*"?state"?: "?absent/m.test(diff),
      )
      .map(({ host, task }) => `${host}: ${task}`),
    drift: [],
    hosts: [...hosts.keys()].toSorted(),
  };
}

/** One change as it is hashed: task, host, diff. */
const agreedSchema = z.array(z.tuple([z.string(), z.string(), z.string()]));

/**
 * Whether a plan for some of the hosts is what was agreed to for all of them: the same changes on these hosts, none
 * more and none less.
 * @param agreed the canonical text of the whole plan
 */
export function isPartOf(plan: Plan, agreed: string): boolean {
  const whole = agreedSchema.safeParse(parsedOr(agreed));
  const part = agreedSchema.safeParse(parsedOr(plan.canonical));
  const hosts = new Set(plan.hosts ?? []);
  if (!whole.success || !part.success || hosts.size === 0) return false;
  const theirs = whole.data.filter(([, host]) => hosts.has(host));
  return JSON.stringify(theirs) === JSON.stringify(part.data);
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

interface Recap {
  readonly changed: number;
  readonly unreachable: number;
  readonly failed: number;
}

function recapOf(text: string): ReadonlyMap<string, Recap> {
  const after = text.slice(text.lastIndexOf('PLAY RECAP'));
  const lines = after.matchAll(/^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)/gm);
  return new Map(
    [...lines].map(([, host = '', changed, unreachable, failed]) => [
      host,
      { changed: Number(changed), unreachable: Number(unreachable), failed: Number(failed) },
    ]),
  );
}

function changesOf(text: string): readonly Change[] {
  const changes: Change[] = [];
  let task = '';
  let order = 0;
  let above: string[] = [];
  for (const line of text.slice(0, text.lastIndexOf('PLAY RECAP')).split('\n')) {
    const heading = /^(?:TASK|RUNNING HANDLER) \[(.*)\] \*+$/.exec(line);
    const result = /^(ok|changed|skipping|included|rescued|ignored): \[([^\]]+)\](.*)$/.exec(line);
    if (heading !== null) {
      task = heading[1] ?? '';
      order += 1;
      above = [];
    } else if (result !== null) {
      const [, how, host = '', rest = ''] = result;
      if (how === 'changed')
        changes.push({
          task: `${task}${rest.replace(/ => \{.*$/, '')}`,
          order,
          host: host.replace(/ -> .*$/, ''),
          diff: diffOf(above),
        });
      above = [];
    } else above.push(line);
  }
  return changes.toSorted(
    (one, other) =>
      one.order - other.order ||
      compare(one.host, other.host) ||
      compare(one.task, other.task) ||
      compare(one.diff, other.diff),
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** A diff without the temporary file that the new text was rendered into. */
const diffOf = (lines: readonly string[]): string =>
  lines
    .map((line) =>
      line.replace(
        /^(\+\+\+ after|--- before): \S*(?:\/\.ansible\/tmp\/|\/ansible[-_])\S*$/,
        '$1: (new text)',
      ),
    )
    .filter((line) => line !== '')
    .join('\n');
