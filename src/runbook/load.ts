import { expand, asRunbook } from './expand.ts';
import type { FileReader } from './files.ts';
import { fingerprint, scriptsOf } from './fingerprint.ts';
import { lint } from './lint/lint.ts';
import type { Position, Runbook } from './model.ts';
import { type MapNode, type Node, entryOf, mapOf, textNode } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, inReadingOrder, problem } from './problem.ts';
import { resolveRunbook } from './resolve/runbook.ts';
import { fragmentSchema, runbookSchema } from './schema.ts';
import { validate } from './validate.ts';
import { commandsOf } from './visit.ts';

export type Loaded =
  | {
      readonly ok: true;
      readonly runbook: Runbook;
      readonly warnings: readonly Problem[];
      /** What bars this runbook from production; empty where it may run there. */
      readonly barsProduction: readonly Problem[];
      readonly source: Source;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface Source {
  readonly file: string;
  readonly text: string;
  /** Every file of the runbook that was read as YAML, the runbook itself first. */
  readonly files: readonly string[];
}

/** Reads a runbook, takes its fragments in, checks and resolves it. Starts nothing, and throws for bugs only. */
export function loadRunbook(file: string, files: FileReader): Loaded {
  const read = readRoot(file, files);
  if (!read.ok) return read;
  if (!read.root.entries.has('walkback'))
    return refuse(problem('WB012', read.root.at, 'The file has no `walkback: 1`.'));
  const checked = validate(runbookSchema, read.root);
  if (!checked.ok) return { ok: false, problems: inReadingOrder(checked.problems) };
  return finish(file, files, read, false);
}

/** Checks a fragment by itself: its inputs stand for themselves, names that its runbook will have are not looked up. */
export function loadFragment(file: string, files: FileReader): Loaded {
  const read = readRoot(file, files);
  if (!read.ok) return read;
  if (!read.root.entries.has('walkback_fragment')) {
    return refuse(problem('WB208', read.root.at, 'The file has no `walkback_fragment: 1`.'));
  }
  const checked = validate(fragmentSchema, read.root);
  if (!checked.ok) return { ok: false, problems: inReadingOrder(checked.problems) };
  return finish(file, files, { ...read, root: pretended(read.root) }, true);
}

const refuse = (...problems: readonly Problem[]): Loaded & { readonly ok: false } => ({
  ok: false,
  problems,
});

type Read = { readonly ok: true; readonly root: MapNode; readonly bytes: Uint8Array };

function readRoot(file: string, files: FileReader): Read | (Loaded & { readonly ok: false }) {
  const start: Position = { file, line: 1, column: 1 };
  const read = files.read(file);
  if (!read.ok)
    return refuse(
      problem(read.code === 'outside' ? 'WB202' : 'WB001', start, `The file cannot be read: ${read.detail}.`),
    );
  const parsed = parseYaml(read.bytes, file);
  return parsed.ok
    ? { ok: true, root: parsed.root, bytes: read.bytes }
    : { ok: false, problems: parsed.problems };
}

function finish(file: string, files: FileReader, read: Read, alone: boolean): Loaded {
  const found: Problem[] = [];
  const report = (one: Problem): void => void found.push(one);
  const grown = expand(read.root, file, files, report);
  if (!grown.ok) return { ok: false, problems: inReadingOrder([...found, ...grown.problems]) };
  const { root, groups, debts } = grown.expanded;
  // Values that `with` put in are only now what they will be.
  const checked = validate(runbookSchema, root);
  if (!checked.ok) return { ok: false, problems: inReadingOrder([...found, ...checked.problems]) };

  const given = { file, hash: '', closure: [], groups, debts, alone };
  const resolved = resolveRunbook(checked.doc, root, given, report);
  const read_ = new Map([[file, read.bytes], ...grown.expanded.files]);
  const { hash, closure } = fingerprint(files, file, read_, scriptsOf(commandsOf(resolved)), report);
  const runbook: Runbook = { ...resolved, hash, closure };
  const { problems, barsProduction } = lint(runbook, root, debts, alone);
  const all = inReadingOrder(unique([...found, ...problems]));
  if (all.some(({ severity }) => severity === 'error')) return { ok: false, problems: all };
  const source: Source = { file, text: new TextDecoder().decode(read.bytes), files: [...read_.keys()] };
  return { ok: true, runbook, warnings: all, barsProduction: inReadingOrder(barsProduction), source };
}

/** The same mistake in a fragment that is used twice is one mistake. */
function unique(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Map(
    problems.map((one) => [`${one.code} ${one.at.file}:${one.at.line}:${one.at.column} ${one.message}`, one]),
  );
  return [...seen.values()];
}

const standIns: Readonly<Record<string, string | number | boolean>> = {
  string: 'value',
  number: 1,
  boolean: true,
  version: '1.0.0',
  duration: '1m',
  secret: '${{ session.id }}',
};

/** A fragment as a runbook of its own, each input that has no value standing for one of its type. */
function pretended(fragment: MapNode): MapNode {
  const at = fragment.at;
  const scalar = (value: string | number | boolean): { keyAt: Position; value: Node } => ({
    keyAt: at,
    value: textNode(value, fragment),
  });
  const whole = asRunbook(fragment);
  const inputs = entryOf(whole, 'inputs');
  const given = inputs?.value.kind === 'map' ? inputs.value : null;
  const valued = [...(given?.entries ?? [])].map(([name, entry]) => {
    if (entry.value.kind !== 'map' || entry.value.entries.has('value')) return [name, entry] as const;
    const type = entryOf(entry.value, 'type')?.value;
    const standIn = standIns[type?.kind === 'scalar' ? String(type.value) : 'string'] ?? 'value';
    return [
      name,
      { ...entry, value: mapOf(entry.value.at, [...entry.value.entries, ['value', scalar(standIn)]]) },
    ] as const;
  });
  const entries = [...whole.entries].filter(([key]) => key !== 'walkback_fragment' && key !== 'inputs');
  return mapOf(at, [
    ['walkback', scalar(1)],
    ...entries,
    ['service', scalar('fragment')],
    ['objective', scalar('10m')],
    ['maturity', scalar('production')],
    ...(inputs === null ? [] : [['inputs', { ...inputs, value: mapOf(inputs.value.at, valued) }] as const]),
  ]);
}
