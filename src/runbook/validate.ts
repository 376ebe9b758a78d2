import type { z } from 'zod';
import { type MapNode, type Node, child, keyAt, positionAt, toPlain } from './node.ts';
import { type Problem, problem } from './problem.ts';
import { type RuleCode, rules } from './rules.ts';
import { laterBlocks } from './schema.ts';
import { unknownKeys } from './schema/steps.ts';

export type Validated<Doc> =
  { readonly ok: true; readonly doc: Doc } | { readonly ok: false; readonly problems: readonly Problem[] };

/** Holds a document against its schema; every issue comes back at the place where the author can mend it. */
export function validate<Doc>(schema: z.ZodType<Doc>, root: Node): Validated<Doc> {
  // without making code for the schema, which takes longer than reading a runbook does
  const result = schema.safeParse(toPlain(root), { error: unknownKeys, jitless: true });
  if (result.success) return { ok: true, doc: result.data };
  return { ok: false, problems: result.error.issues.flatMap((issue) => fromIssue(issue, root)) };
}

type Issue = z.core.$ZodIssue;

function fromIssue(issue: Issue, root: Node): readonly Problem[] {
  const { path } = issue;
  const at = positionAt(root, path);
  const what = nameOf(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const here = nodeAt(root, path);
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) =>
        path.length === 0 && laterBlocks.has(key)
          ? problem('WB109', keyAt(here, key), `\`${key}\` is not available in this version.`)
          : problem('WB101', keyAt(here, key), messages[index] ?? `Unknown key \`${key}\`.`),
      );
    }
    case 'custom': {
      const code = codeOf(issue);
      const place =
        code === 'WB104' || code === 'WB101' || code === 'WB109' ? keyPosition(root, path, at) : at;
      const message =
        code === 'WB106' || code === 'WB105' || code === 'WB102'
          ? `${what} ${issue.message}.`
          : ended(issue.message);
      return [
        problem(
          code,
          place,
          code === 'WB109' ? `${issue.message} is not available in this version.` : message,
        ),
      ];
    }
    case 'invalid_union':
      return fromUnion(issue, root);
    case 'invalid_key':
    case 'invalid_element': {
      const [inner] = issue.issues;
      const place = keyPosition(root, path, at);
      if (inner === undefined) return [problem('WB102', place, `${what} is not valid.`)];
      return [
        problem(
          inner.code === 'custom' ? codeOf(inner) : 'WB102',
          place,
          `\`${String(path.at(-1))}\` ${inner.message}.`,
        ),
      ];
    }
    case 'invalid_type':
      if (!present(root, path)) {
        return [problem('WB103', at, `${what} is missing.`, `Add ${what}.`)];
      }
      return [
        problem(
          'WB102',
          at,
          `${what} is not ${article(issue.expected)}.`,
          fixFor(issue.expected, nodeAt(root, path)),
        ),
      ];
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (!present(root, path)) return [problem('WB103', at, `${what} is missing.`, `Add ${what}.`)];
      if (path.length === 1 && (path[0] === 'walkback' || path[0] === 'walkback_fragment'))
        return [problem('WB110', at, `${issue.message}.`)];
      return [problem('WB107', at, `${what} is not one of: ${values.join(', ')}.`)];
    }
    case 'too_small':
      return [
        problem(
          'WB102',
          at,
          `${what} ${issue.origin === 'array' ? 'is an empty list' : `is less than ${issue.minimum}`}.`,
        ),
      ];
    case 'too_big':
      return [problem('WB102', at, `${what} is more than ${issue.maximum}.`)];
    default:
      return [problem('WB102', at, `${what} is not valid: ${issue.message}.`)];
  }
}

/** Of several shapes, the one that the author was probably writing: the one that fails deepest. */
function fromUnion(issue: z.core.$ZodIssueInvalidUnion, root: Node): readonly Problem[] {
  const depth = (issues: readonly Issue[]): number => {
    const kinds = issues.some(
      (one) => one.path.length === 0 && (one.code === 'invalid_type' || one.code === 'invalid_value'),
    );
    return kinds ? -1 : Math.max(...issues.map((one) => one.path.length));
  };
  const [best] = issue.errors.toSorted((a, b) => depth(b) - depth(a));
  if (best !== undefined && depth(best) >= 0) {
    return best.flatMap((one) => fromIssue({ ...one, path: [...issue.path, ...one.path] }, root));
  }
  const at = positionAt(root, issue.path);
  const what = nameOf(issue.path);
  if (!present(root, issue.path)) return [problem('WB103', at, `${what} is missing.`, `Add ${what}.`)];
  const values = issue.errors.flatMap((issues) =>
    issues.flatMap((one) => (one.code === 'invalid_value' ? one.values.map(String) : [])),
  );
  const node = nodeAt(root, issue.path);
  if (values.length > 0 && node.kind === 'scalar')
    return [problem('WB107', at, `${what} is not one of: ${values.join(', ')}.`)];
  const kinds = new Set(
    issue.errors.flatMap((issues) =>
      issues.flatMap((one) => (one.code === 'invalid_type' ? [article(one.expected)] : [])),
    ),
  );
  return [problem('WB102', at, `${what} is not ${[...kinds].join(' or ')}.`)];
}

function codeOf(issue: Issue): RuleCode {
  const params: unknown = 'params' in issue ? issue.params : undefined;
  const code = typeof params === 'object' && params !== null && 'rule' in params ? params.rule : null;
  return typeof code === 'string' && Object.hasOwn(rules, code) ? (code as RuleCode) : 'WB102';
}

function nodeAt(root: Node, path: readonly PropertyKey[]): Node {
  return path.reduce<Node>((node, key) => (typeof key === 'symbol' ? node : child(node, key)), root);
}

function present(root: Node, path: readonly PropertyKey[]): boolean {
  const key = path.at(-1);
  if (key === undefined) return true;
  const parent = nodeAt(root, path.slice(0, -1));
  if (parent.kind === 'map') return parent.entries.has(String(key));
  return parent.kind === 'list' && typeof key === 'number' && key < parent.items.length;
}

function keyPosition(root: Node, path: readonly PropertyKey[], fallback: Problem['at']): Problem['at'] {
  const key = path.at(-1);
  const parent: Node | MapNode = nodeAt(root, path.slice(0, -1));
  return typeof key === 'string' && parent.kind === 'map' ? keyAt(parent, key) : fallback;
}

const nameOf = (path: readonly PropertyKey[]): string => {
  const names = path.filter((key) => typeof key === 'string');
  const last = names.at(-1);
  if (last === undefined) return 'The file';
  return typeof path.at(-1) === 'number' ? `This item of \`${last}\`` : `\`${last}\``;
};

const article = (expected: string): string => {
  const words: Readonly<Record<string, string>> = {
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    tuple: 'a list',
    object: 'a mapping',
    record: 'a mapping',
    null: 'empty',
  };
  return words[expected] ?? expected;
};

function fixFor(expected: string, node: Node): string {
  if (expected === 'string' && node.kind === 'scalar' && node.value !== null)
    return `Write it in quotes: "${String(node.value)}".`;
  return `Write ${article(expected)}.`;
}

const ended = (message: string): string =>
  message.endsWith('?') || message.endsWith('.') ? message : `${message}.`;
