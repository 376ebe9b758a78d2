import { expand } from './expand.ts';
import { type FileReader, joinPath } from './files.ts';
import { type Script, fingerprint, scriptsOf } from './fingerprint.ts';
import { lint } from './lint/lint.ts';
import { lintLiteralSecrets } from './lint/literal-secrets.ts';
import { readManifest } from './manifest.ts';
import type { Position } from './model/values.ts';
import type { Runbook } from './model.ts';
import { type Entry, type MapNode, type Node, child, entryOf, mapOf, textNode } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, inReadingOrder, problem } from './problem.ts';
import { evidenceFile } from './resolve/extent.ts';
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
  return finish(file, files, { ...read, root: using(read.root, file) }, true);
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
  // By itself a fragment is used by a runbook that exists nowhere: it may not look like one that uses itself.
  const grown = expand(read.root, alone ? `${file}#` : file, files, report);
  if (!grown.ok) return { ok: false, problems: inReadingOrder([...found, ...grown.problems]) };
  const { root, groups, debts } = grown.expanded;
  // Values that `with` put in are only now what they will be.
  const checked = validate(runbookSchema, root);
  if (!checked.ok) return { ok: false, problems: inReadingOrder([...found, ...checked.problems]) };

  const manifest = readManifest(file, checked.doc.scope?.manifest ?? null, root, files, report);
  const everyFile = new Map([[file, read.bytes], ...grown.expanded.files, ...(manifest?.files ?? [])]);
  const readFile = (path: string, at: Position): string | null => {
    const bytes = readBeside(files, file, path, at, report);
    if (bytes !== null) everyFile.set(joinPath(file, path) ?? path, bytes);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  };
  const yaml = [...everyFile.keys()];
  const given = {
    file,
    hash: '',
    closure: [],
    groups,
    debts,
    alone,
    readFile,
    manifest: manifest?.manifest ?? null,
  };
  const resolved = resolveRunbook(checked.doc, root, given, report);
  const named = [...scriptsOf(commandsOf(resolved)), ...evidenceOf(resolved), ...signersOf(resolved, root)];
  const { hash, closure } = fingerprint(files, file, everyFile, named, report);
  const runbook: Runbook = { ...resolved, hash, closure };
  const { problems, barsProduction } = lint(runbook, root, debts, alone);
  const texts = new Map(yaml.map((path) => [path, new TextDecoder().decode(everyFile.get(path))]));
  const all = inReadingOrder(unique([...found, ...problems, ...lintLiteralSecrets(texts, root)]));
  if (all.some(({ severity }) => severity === 'error')) return { ok: false, problems: all };
  const source: Source = { file, text: new TextDecoder().decode(read.bytes), files: yaml };
  return { ok: true, runbook, warnings: all, barsProduction: inReadingOrder(barsProduction), source };
}

/** A file that the runbook names and reads; what is wrong with its path is reported. */
function readBeside(
  files: FileReader,
  file: string,
  path: string,
  at: Position,
  report: (found: Problem) => void,
): Uint8Array | null {
  const inside = joinPath(file, path);
  const found = inside === null ? null : files.read(inside);
  if (found?.ok === true) return found.bytes;
  if (found === null || found.code === 'outside')
    report(problem('WB202', at, `\`${path}\` leads out of the runbook’s folder.`));
  else report(problem('WB201', at, `\`${path}\` cannot be read: ${found.detail}.`));
  return null;
}

/** Files that stand for a pair of versions: evidence that is not there proves nothing. */
const evidenceOf = (runbook: Runbook): readonly Script[] =>
  (runbook.compat ?? []).flatMap(({ evidence, at }) => {
    const path = evidenceFile(evidence);
    return path === null ? [] : [{ path, at }];
  });

/** Who may sign is part of what was reviewed; a list that is not there yet lets nobody sign. */
function signersOf({ roles }: Runbook, root: Node): readonly Script[] {
  const lists = new Map<string, Script>();
  for (const { id, signers } of roles) {
    if (signers === null || lists.has(signers)) continue;
    const { at } = child(child(child(root, 'roles'), id), 'signers');
    lists.set(signers, { path: signers, at, missing: 'nobody_signs' });
  }
  return [...lists.values()];
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

/** A runbook that does nothing but use a fragment, each input that has no value of its own getting one of its type. */
function using(fragment: MapNode, file: string): MapNode {
  const at = fragment.at;
  const entry = (value: Node): Entry => ({ keyAt: at, value });
  const scalar = (value: string | number | boolean): Entry => entry(textNode(value, fragment));
  const list = (item: Node): Entry => entry({ kind: 'list', items: [item], at });
  const id = entryOf(fragment, 'id')?.value ?? textNode('fragment', fragment);
  const inputs = entryOf(fragment, 'inputs')?.value;
  const given = [...(inputs?.kind === 'map' ? inputs.entries : [])].flatMap(([name, { value: input }]) => {
    if (entryOf(input, 'value') !== null) return [];
    const type = entryOf(input, 'type')?.value;
    const named = type?.kind === 'scalar' ? String(type.value) : 'string';
    if (named === 'argv') return [[name, list(textNode('program', fragment))] as const];
    return [[name, scalar(standIns[named] ?? 'value')] as const];
  });
  const step = mapOf(at, [
    ['id', entry(id)],
    ['use', scalar(file.split('/').at(-1) ?? file)],
    ['with', entry(mapOf(at, given))],
  ]);
  const phase = mapOf(at, [
    ['id', scalar('fragment_alone')],
    ['title', scalar('The fragment')],
    ['steps', list(step)],
  ]);
  return mapOf(at, [
    ['walkback', scalar(1)],
    ['id', entry(id)],
    ['title', entryOf(fragment, 'title') ?? scalar('Fragment')],
    ['service', scalar('fragment')],
    ['objective', scalar('10m')],
    ['maturity', scalar('production')],
    ['phases', list(phase)],
  ]);
}
